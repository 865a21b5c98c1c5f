import { type Dispatcher, request } from 'undici';
import type { Download, Http, WireRequest, WireStream } from '../contract/kit.ts';
import type { NotSent, Unknown } from '../contract/outcome.ts';
import type { WireAgents } from './wire-agents.ts';
import { exchange, joinHeaders } from './wire-answer.ts';

/** What one call did on the wire, as the kernel saw it and whatever the plugin says of it. */
export interface WireTrace {
  /** True once a request may have reached the vendor. */
  maybeSent: boolean;
}

/** One request to a vendor and what became of it, in words that may be logged: no query, no headers, no bodies. */
interface Exchange {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** The HTTP status; null when no answer came. */
  readonly status: number | null;
  /** Why no answer came; null when one did. */
  readonly lost: string | null;
  readonly duration_ms: number;
}

/** What one call of a channel sends its requests with. */
export interface Wire {
  readonly http: Http;
  readonly download: Download;
}

/**
 * The wire of one call: bound to its deadline, and to a trace of whether anything left. A request
 * counts as sent from its first moment, because a channel may throw, or be given up, while it is under way.
 */
export function makeWire(
  agents: Pick<WireAgents, 'pick'>,
  deadline: AbortSignal,
  trace: WireTrace,
  tell: (exchange: Exchange) => void,
): Wire {
  const send = makeSend(agents, deadline, trace);
  const told = async <T extends Answered>(wire: WireRequest, ask: Ask<T>) => {
    const startedAt = performance.now();
    const url = readAddress(wire.url);
    const sent = url === null ? notAnAddress : await send(wire, url, ask);
    tell(describeExchange(wire.method, url, sent, Math.round(performance.now() - startedAt)));
    return sent;
  };
  return { http: (wire) => told(wire, exchange), download: (wire) => told(wire, openAnswer) };
}

interface Answered {
  readonly kind: 'answered';
  readonly status: number;
}

/** Sends a request, once, and fails with what undici fails with. */
type Ask<T extends Answered> = (dispatcher: Dispatcher, wire: WireRequest, url: URL, deadline: AbortSignal) => Promise<T>;

const notAnAddress: NotSent = { kind: 'notSent', reason: 'local' };

function readAddress(text: string): URL | null {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : null;
}

/** Some vendors take signatures and parameters in the query, so only host and path are kept of an address. */
function describeExchange(
  method: WireRequest['method'],
  url: URL | null,
  answer: Answered | NotSent | Unknown,
  durationMs: number,
): Exchange {
  const isAnswered = answer.kind === 'answered';
  return {
    method,
    host: url?.host ?? '',
    path: url?.pathname ?? '',
    status: isAnswered ? answer.status : null,
    lost: isAnswered ? null : answer.reason,
    duration_ms: durationMs,
  };
}

function makeSend(agents: Pick<WireAgents, 'pick'>, deadline: AbortSignal, trace: WireTrace) {
  let maybeReached = 0;
  return async <T extends Answered>(wire: WireRequest, url: URL, ask: Ask<T>): Promise<T | NotSent | Unknown> => {
    const dispatcher = pickAgent(agents, wire);
    if (dispatcher === null) return { kind: 'notSent', reason: 'tls' };
    const counts = wire.isLogin === true ? 0 : 1;
    maybeReached += counts;
    trace.maybeSent = maybeReached > 0;
    try {
      return await ask(dispatcher, wire, url, deadline);
    } catch (error) {
      const lost = classify(error);
      if (lost.kind === 'notSent') maybeReached -= counts;
      trace.maybeSent = maybeReached > 0;
      return lost;
    }
  };
}

/** Null for a certificate or key that cannot be used. OpenSSL's error is dropped: it may quote what it was given. */
function pickAgent(agents: Pick<WireAgents, 'pick'>, { tls }: WireRequest): Dispatcher | null {
  try {
    return agents.pick(tls);
  } catch {
    return null;
  }
}

/** Opens an answer that is read as it comes. */
async function openAnswer(dispatcher: Dispatcher, wire: WireRequest, url: URL, signal: AbortSignal): Promise<WireStream> {
  const { method, headers, body = null } = wire;
  const answer = await request(url, { method, headers: { ...headers }, body, dispatcher, signal, bodyTimeout: 0, headersTimeout: 0 });
  return { kind: 'answered', status: answer.statusCode, headers: joinHeaders(answer.headers), content: answer.body };
}

const refused = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
const unresolved = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/**
 * Only an error that can arise nowhere but before the first byte proves that nothing was sent.
 * A reset may have hit an idle connection that we reused, or one whose request was already read:
 * nobody can tell, so it is unknown.
 */
export function classify(error: unknown): NotSent | Unknown {
  const { code, syscall } = causeOf(error);
  // On a connection that stands, the system may report the same codes when the network fails after the request has left.
  if (refused.has(code) && (syscall === 'connect' || code === 'UND_ERR_CONNECT_TIMEOUT')) return { kind: 'notSent', reason: 'refused' };
  if (unresolved.has(code)) return { kind: 'notSent', reason: 'dns' };
  if (
    code.startsWith('ERR_TLS_CERT') ||
    code.startsWith('CERT_') ||
    code.includes('SELF_SIGNED') ||
    code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  ) {
    return { kind: 'notSent', reason: 'tls' };
  }
  if (code === 'UND_ERR_INVALID_ARG') return { kind: 'notSent', reason: 'local' };
  const timedOut = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError' || code.endsWith('_TIMEOUT'));
  return { kind: 'unknown', reason: timedOut ? 'timeout' : 'reset' };
}

interface Cause {
  readonly code: string;
  /** The call to the system that failed; empty where the error names none. */
  readonly syscall: string;
}

function causeOf(error: unknown): Cause {
  if (typeof error !== 'object' || error === null) return { code: '', syscall: '' };
  const { code, cause, errors, syscall } = error as { code?: unknown; cause?: unknown; errors?: unknown; syscall?: unknown };
  // A host with several addresses fails with all their errors at once; they count as refused only when each was.
  if (Array.isArray(errors) && errors.length > 0) {
    const causes = errors.map(causeOf);
    const isRefused = causes.every((one) => refused.has(one.code) && one.syscall === 'connect');
    return isRefused ? { code: 'ECONNREFUSED', syscall: 'connect' } : { code: '', syscall: '' };
  }
  if (typeof code === 'string') return { code, syscall: typeof syscall === 'string' ? syscall : '' };
  return cause === undefined ? { code: '', syscall: '' } : causeOf(cause);
}
