import { type Dispatcher, request } from 'undici';
import type { Download, Http, WireAnswer, WireRequest, WireStream } from '../contract/kit.ts';
import type { NotSent, Unknown } from '../contract/outcome.ts';
import type { WireAgents } from './wire-agents.ts';

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
  const told = async <T>(wire: WireRequest, read: (answer: Dispatcher.ResponseData) => Promise<T>) => {
    const startedAt = performance.now();
    const sent = await send(wire, read);
    tell(describeExchange(wire, sent, Math.round(performance.now() - startedAt)));
    return sent.kind === 'answered' ? sent.answer : sent;
  };
  return { http: (wire) => told(wire, readWhole), download: (wire) => told(wire, readAsItComes) };
}

interface Answered<T> {
  readonly kind: 'answered';
  readonly status: number;
  readonly answer: T;
}

/** Some vendors take signatures and parameters in the query, so only host and path are kept of an address. */
function describeExchange({ method, url }: WireRequest, answer: Answered<unknown> | NotSent | Unknown, durationMs: number): Exchange {
  const parsed = URL.parse(url);
  const isAnswered = answer.kind === 'answered';
  return {
    method,
    host: parsed?.host ?? '',
    path: parsed?.pathname ?? '',
    status: isAnswered ? answer.status : null,
    lost: isAnswered ? null : answer.reason,
    duration_ms: durationMs,
  };
}

function makeSend(agents: Pick<WireAgents, 'pick'>, deadline: AbortSignal, trace: WireTrace) {
  let maybeReached = 0;
  return async <T>(wire: WireRequest, read: (answer: Dispatcher.ResponseData) => Promise<T>): Promise<Answered<T> | NotSent | Unknown> => {
    const dispatcher = pickAgent(agents, wire);
    if (dispatcher === null) return { kind: 'notSent', reason: 'tls' };
    const counts = wire.isLogin === true ? 0 : 1;
    maybeReached += counts;
    trace.maybeSent = maybeReached > 0;
    try {
      const answer = await request(wire.url, {
        method: wire.method,
        headers: { ...wire.headers },
        body: wire.body ?? null,
        dispatcher,
        signal: deadline,
        bodyTimeout: 0,
        headersTimeout: 0,
      });
      return { kind: 'answered', status: answer.statusCode, answer: await read(answer) };
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

/** Vendors answer in kilobytes; what is larger is read as it comes. */
const maxAnswerBytes = 4 * 1024 * 1024;

async function readWhole(answer: Dispatcher.ResponseData): Promise<WireAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw new Error('the answer is larger than any vendor’s');
    chunks.push(chunk);
  }
  return { ...readHead(answer), body: Buffer.concat(chunks) };
}

async function readAsItComes(answer: Dispatcher.ResponseData): Promise<WireStream> {
  return { ...readHead(answer), content: answer.body };
}

function readHead({ statusCode, headers: given }: Dispatcher.ResponseData) {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { kind: 'answered' as const, status: statusCode, headers };
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
  if (code === 'UND_ERR_INVALID_ARG' || code === 'ERR_INVALID_URL') return { kind: 'notSent', reason: 'local' };
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
