import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { type AddressRules, checkUrl, ForbiddenAddress, isAllowed, type Mode, type Resolve, resolveAllowed } from './address.ts';
import { toBlockList } from './networks.ts';

/** What became of one request. `interrupted`: we ended it ourselves, and nothing is known. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: 'lost'; readonly reason: LostReason }
  | { readonly kind: 'interrupted' };

export type LostReason = 'forbidden_address' | 'timeout' | 'dns' | 'refused' | 'tls' | 'reset';

export interface Parcel {
  readonly url: string;
  readonly mode: Mode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Poster {
  /** Sends once. Never throws for what the other side or the network does, and follows no redirect. */
  post(parcel: Parcel): Promise<Answer>;
  /** Ends every request under way. */
  interrupt(): void;
  close(): Promise<void>;
}

export interface PosterOptions {
  /** For everything together: name, connection, headers and body. */
  readonly timeoutMs: number;
  readonly allowNetworks: readonly string[];
  readonly resolve: Resolve;
}

/** The answer's body means nothing to us. It is read so far, for the connection's sake, and then cut off. */
const maxBodyBytes = 65_536;
const maxDrainMs = 1000;

const tooLate: Answer = { kind: 'lost', reason: 'timeout' };
const interrupted: Answer = { kind: 'interrupted' };

/** Opens the way to merchants: one agent for each mode, because an idle connection is used again without a further check. */
export function createPoster({ timeoutMs, allowNetworks, resolve }: PosterOptions): Poster {
  const allowed = toBlockList(allowNetworks);
  const open = (mode: Mode) => {
    const rules: AddressRules = { mode, allowed };
    return { rules, agent: new Agent({ connect: guardConnections(rules, resolve, timeoutMs), headersTimeout: 0, bodyTimeout: 0 }) };
  };
  const ways = { live: open('live'), test: open('test') };
  const underWay = new Set<AbortController>();
  return {
    async post(parcel) {
      const { rules, agent } = ways[parcel.mode];
      // How it is spelt was judged when it was given. What older versions let in goes where it always went.
      if (checkUrl(URL.parse(parcel.url)?.href ?? '', rules).kind === 'refused') return { kind: 'lost', reason: 'forbidden_address' };
      const ending = new AbortController();
      const end = Promise.withResolvers<Answer>();
      ending.signal.addEventListener('abort', () => end.resolve(ending.signal.reason as Answer));
      const timer = setTimeout(() => ending.abort(tooLate), timeoutMs);
      underWay.add(ending);
      try {
        // A race, because the library hears of an abort only once there is a connection.
        const head = await Promise.race([send(agent, parcel, ending.signal), end.promise]);
        return 'kind' in head ? head : await readAnswer(head);
      } catch (error) {
        return { kind: 'lost', reason: reasonOf(error) };
      } finally {
        clearTimeout(timer);
        underWay.delete(ending);
      }
    },
    interrupt() {
      for (const ending of underWay) ending.abort(interrupted);
    },
    async close() {
      await Promise.all([ways.live.agent.destroy(), ways.test.agent.destroy()]);
    },
  };
}

function send(agent: Dispatcher, { url, headers, body }: Parcel, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  return request(url, { method: 'POST', headers, body, dispatcher: agent, signal });
}

async function readAnswer(answer: Dispatcher.ResponseData): Promise<Answer> {
  const retryAfter = answer.headers['retry-after'];
  await drain(answer.body);
  return { kind: 'answered', status: answer.statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : null };
}

/** The status has decided already: a body that is too long, too slow or broken off changes nothing. */
async function drain(body: Dispatcher.ResponseData['body']): Promise<void> {
  const timer = setTimeout(() => body.destroy(), maxDrainMs);
  // It fails where the body was cut off, by us or by them.
  await body.dump({ limit: maxBodyBytes }).catch(() => undefined);
  clearTimeout(timer);
}

/**
 * Connects to checked addresses only. The check is inside the connection's own look-up, so that
 * there is no second one that could answer differently; numbers are not looked up by Node at all
 * and are checked before; and what was really connected to is compared in the end.
 */
function guardConnections(rules: AddressRules, resolve: Resolve, timeoutMs: number): buildConnector.connector {
  const open = (protocol: string) =>
    buildConnector({ timeout: timeoutMs, allowH2: false, lookup: guardLookup(protocol, rules, resolve) } as buildConnector.BuildOptions);
  const connectors: Readonly<Record<string, buildConnector.connector>> = { 'http:': open('http:'), 'https:': open('https:') };
  return (options, callback) => {
    const connect = connectors[options.protocol];
    const mayTry = isIP(options.hostname) === 0 || isAllowed(options.hostname, options.protocol, rules);
    if (connect === undefined || !mayTry) {
      callback(new ForbiddenAddress('not a public address'), null);
      return;
    }
    connect(options, (...result) => {
      const [failure, socket] = result;
      // On a failure there is no socket at all, whatever the types of the library say.
      if (failure !== null || isAllowed(socket.remoteAddress ?? '', options.protocol, rules)) {
        callback(...result);
        return;
      }
      socket.destroy();
      callback(new ForbiddenAddress('connected to an address that was not checked'), null);
    });
  };
}

function guardLookup(protocol: string, rules: AddressRules, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolveAllowed(hostname, protocol, rules, resolve).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first?.address ?? '', first?.family ?? 0);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

const refused = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

function reasonOf(error: unknown): LostReason {
  if (error instanceof ForbiddenAddress) return 'forbidden_address';
  const { code = '', cause } = error as { code?: unknown; cause?: unknown };
  if (cause instanceof Error) return reasonOf(cause);
  const text = String(code);
  if (refused.has(text)) return 'refused';
  if (text === 'ENOTFOUND' || text === 'EAI_AGAIN') return 'dns';
  if (text.endsWith('TIMEOUT') || text === 'ETIMEDOUT') return 'timeout';
  return /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)|SELF_SIGNED/.test(text) ? 'tls' : 'reset';
}
