import { randomBytes } from 'node:crypto';
import CircuitBreaker from 'opossum';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Call } from '../contract/kit.ts';
import type { NotSent, Rejected, Unknown } from '../contract/outcome.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { OpenAccount } from './accounts.ts';
import { isSent } from './life-cycle.ts';
import { shapeFault } from './outcome-shape.ts';
import { createQuarantine, type Quarantine } from './quarantine.ts';
import { runBlamed } from './strays.ts';
import { makeWire, type WireTrace } from './wire.ts';
import { createWireAgents, type WireAgents } from './wire-agents.ts';

export type Operation = 'pay' | 'query' | 'close' | 'capture' | 'refund' | 'query_refund' | 'callback' | 'probe' | 'statement' | 'identify';

export interface CallerDeps {
  readonly agent: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly breaker: { readonly volumeThreshold: number; readonly errorThresholdPercentage: number; readonly resetTimeoutMs: number };
  readonly quarantineAfterBugs: number;
  readonly timeoutMs: number;
}

/** A day of a large merchant is hundreds of megabytes, and its documents are read within the call. */
const statementTimeoutMs = 30 * 60_000;

type Deps = CallerDeps & { readonly agents: WireAgents; readonly quarantine: Quarantine };

type Faulty = NotSent | Unknown;

/** An exception where an outcome was due: what it is taken for, and that the channel's health is not what it should be. */
interface Thrown {
  readonly kind: 'thrown';
  readonly outcome: Unknown | Rejected;
}

/** Calls a plugin's method. The only caller there is: breaker, deadline, metrics and the wire trace are here and nowhere else. */
export interface Caller {
  call<T extends { readonly kind: string }>(
    account: OpenAccount,
    operation: Operation,
    work: (call: Call) => Promise<T>,
  ): Promise<T | Faulty | Rejected>;
  /** Whether calls of this account and operation are being refused at once. */
  isOpen(accountId: string, operation: Operation): boolean;
  /** Whether its code has failed so often in a row that it gets no new payments until it is opened anew. */
  isQuarantined(account: OpenAccount): boolean;
  /** Ends the breakers, and the connections that were opened with merchants' certificates. */
  shutdown(): Promise<void>;
}

/** Carries an outcome through the breaker as the failure it is to the vendor's health. */
class FaultyOutcome extends Error {
  readonly outcome: Faulty | Rejected;
  constructor(outcome: Faulty | Rejected) {
    super(outcome.reason);
    this.outcome = outcome;
  }
}

const shut: NotSent = { kind: 'notSent', reason: 'breaker' };
/** The account's status does not permit it. */
const notServed: NotSent = { kind: 'notSent', reason: 'local' };

type Work = () => Promise<{ readonly kind: string }>;

export function createCaller(given: CallerDeps): Caller {
  const agents = createWireAgents(given.agent, Math.min(given.timeoutMs, 5000));
  const quarantine = createQuarantine(given.quarantineAfterBugs);
  const deps: Deps = { ...given, agents, quarantine };
  const breakers = new Map<string, CircuitBreaker<[Work], { readonly kind: string }>>();
  const breakerOf = (account: OpenAccount, operation: Operation) => {
    const name = `${account.id}:${operation}`;
    const known = breakers.get(name);
    if (known !== undefined) return known;
    const made = makeBreaker(deps, account, operation);
    breakers.set(name, made);
    return made;
  };
  return {
    async call(account, operation, work) {
      const startedAt = performance.now();
      const refusal = refusalOf(quarantine, account, operation);
      const outcome = refusal ?? (await fire(breakerOf(account, operation), () => runOnce(deps, account, operation, work)));
      const labels = { channel: account.channelId, account: account.id, operation, result: outcome.kind };
      deps.metrics.channelRequest(labels, (performance.now() - startedAt) / 1000);
      return outcome as never;
    },
    isOpen: (accountId, operation) => breakers.get(`${accountId}:${operation}`)?.opened === true,
    isQuarantined: (account) => quarantine.has(account),
    shutdown: () => {
      for (const breaker of breakers.values()) breaker.shutdown();
      return deps.agents.close();
    },
  };
}

/** Why the channel's code is not even run; null where it is. */
function refusalOf(quarantine: Quarantine, account: OpenAccount, operation: Operation): NotSent | null {
  if (!isSent(account.record.status, operation)) return notServed;
  return operation === 'pay' && quarantine.has(account) ? shut : null;
}

/**
 * No `fallback`, no cache, no shared AbortController, and no timeout of the breaker's own: its
 * timeout would free the slot while the call runs on and then drop a late success. The HTTP
 * deadline decides instead, call by call.
 */
function makeBreaker(deps: CallerDeps, account: OpenAccount, operation: Operation) {
  const breaker = new CircuitBreaker<[Work], { readonly kind: string }>((work: Work) => work(), {
    name: `${account.id}:${operation}`,
    timeout: false,
    volumeThreshold: deps.breaker.volumeThreshold,
    errorThresholdPercentage: deps.breaker.errorThresholdPercentage,
    resetTimeout: deps.breaker.resetTimeoutMs,
    rollingCountTimeout: 10_000,
  });
  openAfterRow(breaker, deps.breaker.volumeThreshold);
  const labels = { channel: account.channelId, account: account.id, operation };
  breaker.on('open', () => deps.metrics.breakerState(labels, 'open'));
  breaker.on('halfOpen', () => deps.metrics.breakerState(labels, 'half_open'));
  breaker.on('close', () => deps.metrics.breakerState(labels, 'closed'));
  return breaker;
}

/**
 * Opossum divides failures by all calls that were begun in the window, those under way among them. At 500 calls a second
 * a vendor that went dark would be called for another five seconds, until the failures outnumber what went well before.
 * As many failures in a row as a breaker needs calls are an outage whatever came earlier.
 */
function openAfterRow(breaker: CircuitBreaker<[Work], { readonly kind: string }>, limit: number): void {
  let failedInRow = 0;
  const begin = () => {
    failedInRow = 0;
  };
  breaker.on('success', begin);
  breaker.on('close', begin);
  breaker.on('failure', () => {
    failedInRow += 1;
    if (failedInRow >= limit) breaker.open();
  });
}

async function fire(breaker: CircuitBreaker<[Work], { readonly kind: string }>, work: Work): Promise<{ readonly kind: string }> {
  try {
    return await breaker.fire(work);
  } catch (error) {
    if (error instanceof FaultyOutcome) return error.outcome;
    const code = (error as { code?: unknown }).code;
    if (code === 'EOPENBREAKER' || code === 'ESHUTDOWN' || code === 'ESEMLOCKED') return { kind: 'notSent', reason: 'breaker' } as NotSent;
    throw error;
  }
}

async function runOnce(deps: Deps, account: OpenAccount, operation: Operation, work: (call: Call) => Promise<{ readonly kind: string }>) {
  const trace: WireTrace = { maybeSent: false };
  const result = await guarded(deps, account, operation, trace, work);
  if (result.kind === 'thrown') return takeBug(deps, account, operation, (result as Thrown).outcome);
  deps.quarantine.worked(account, operation);
  const outcome = withinTruth(result, account, trace);
  if (outcome.kind === 'unknown' || (outcome.kind === 'notSent' && (outcome as NotSent).reason !== 'local')) {
    throw new FaultyOutcome(outcome as Faulty);
  }
  return outcome;
}

/** A bug opens the breaker as silence of the vendor does; but not the one of callbacks, which strangers could open then. */
function takeBug(deps: Deps, account: OpenAccount, operation: Operation, outcome: Unknown | Rejected): Unknown | Rejected {
  countBug(deps, account, operation);
  if (operation === 'callback') return outcome;
  throw new FaultyOutcome(outcome);
}

function countBug({ quarantine, metrics, log }: Deps, account: OpenAccount, operation: Operation): void {
  metrics.channelBug({ channel: account.channelId, account: account.id, operation });
  if (!quarantine.bug(account, operation)) return;
  log.error('a channel account is quarantined: it gets no new payments until it is opened anew', {
    channel: account.channelId,
    account: account.id,
  });
}

/** Runs the plugin's code; whatever it throws, and a plugin that never returns, becomes an outcome. */
async function guarded(
  deps: Deps,
  account: OpenAccount,
  operation: Operation,
  trace: WireTrace,
  work: (call: Call) => Promise<{ readonly kind: string }>,
): Promise<{ readonly kind: string }> {
  const deadline = startDeadline(operation === 'statement' ? statementTimeoutMs : deps.timeoutMs);
  const log = deps.log.child({ channel: account.channelId, account: account.id, operation }, account.secrets);
  const blame = (error: unknown) => {
    log.error('the channel left something behind that threw', { error });
    countBug(deps, account, operation);
  };
  const call: Call = {
    ...makeWire(deps.agents, deadline.signal, trace, (exchange) => log.debug('vendor exchange', { ...exchange })),
    now: () => deps.clock.now(),
    nonce: () => randomBytes(16).toString('hex'),
    log: boundLog(log),
  };
  try {
    const outcome: unknown = await Promise.race([runBlamed(blame, () => work(call)), deadline.expired]);
    const fault = shapeFault(outcome);
    if (fault !== null) throw new TypeError(fault);
    return outcome as { readonly kind: string };
  } catch (error) {
    log.error('the channel threw', { error });
    const outcome = trace.maybeSent ? { kind: 'unknown', reason: 'unmapped' } : { kind: 'rejected', reason: 'config' };
    return { kind: 'thrown', outcome } as Thrown;
  } finally {
    deadline.end();
  }
}

/** How much one call may write: a few lines for each request, and then some. Whatever it leaves running writes into the same. */
const linesPerCall = 100;
const charactersPerLine = 4096;

function boundLog(log: Log): Call['log'] {
  let lines = 0;
  return (level, message, fields) => {
    lines += 1;
    if (lines < linesPerCall) log.write(level, String(message).slice(0, charactersPerLine), fields);
    if (lines === linesPerCall) log.warn('the channel writes too much: the rest of this call is left out');
  };
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Resolves a little after the signal, so that the plugin's own reading of a timeout comes first. */
  readonly expired: Promise<Unknown>;
  /** Ends whatever the call left running, and lets go of it. */
  end(): void;
}

/** One for all calls: without a reason each abort makes an exception with a stack, 5 µs that nobody reads. */
const over = new DOMException('the call is over', 'AbortError');

/** Not `AbortSignal.timeout`: that one cannot be cleared, and at 1500 calls a second it kept the last ten seconds of them, 30 MiB, in memory. */
function startDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController();
  const { promise: expired, resolve } = Promise.withResolvers<Unknown>();
  const giveUp = () => resolve({ kind: 'unknown', reason: 'timeout' });
  const cut = setTimeout(() => controller.abort(new DOMException('the call took too long', 'TimeoutError')), timeoutMs).unref();
  const late = setTimeout(giveUp, timeoutMs + 250).unref();
  const end = () => {
    clearTimeout(cut);
    clearTimeout(late);
    controller.abort(over);
  };
  return { signal: controller.signal, expired, end };
}

/** "Not sent" moves money elsewhere, so it is believed only where the wire agrees, or the vendor documents it. */
function withinTruth(outcome: { readonly kind: string }, account: OpenAccount, trace: WireTrace): { readonly kind: string } {
  if (outcome.kind !== 'notSent' || !trace.maybeSent) return outcome;
  const documented = (outcome as NotSent).reason === 'rate_limited' && account.manifest.rateLimited === 'notSent';
  return documented ? outcome : ({ kind: 'unknown', reason: 'unmapped' } as Unknown);
}
