import type { Clock, Stopwatch } from '../clock.ts';
import type { Log } from '../log.ts';
import { writeBody } from './body.ts';
import type { Claimed } from './claim.ts';
import type { Endpoints } from './endpoints.ts';
import type { Answer, Poster } from './post.ts';
import { delayAfter, readRetryAfter } from './schedule.ts';
import { signHeaders } from './sign.ts';

export interface AttemptDeps {
  readonly endpoints: Endpoints;
  readonly poster: Pick<Poster, 'post'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly stopwatch: Pick<Stopwatch, 'elapsedMs'>;
  readonly log: Pick<Log, 'error'>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What a claimed delivery has come to, and what is to be written of it. */
export interface Result {
  readonly delivery: Claimed;
  readonly state: 'delivered' | 'pending' | 'dead' | 'disabled';
  /** When it is due again; null unless it is pending. */
  readonly dueAt: number | null;
  /** The try that was made; null when there was none. */
  readonly tried: Tried | null;
}

export interface Tried {
  readonly at: number;
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: string | null;
}

/** A directory may be a moment behind the server that wrote the delivery. */
const unknownForMs = 60_000;

/** Makes one try. Whatever is wrong with this delivery counts as its failure and stops no other. */
export async function attempt(deps: AttemptDeps, delivery: Claimed): Promise<Result> {
  const at = deps.clock.now();
  const startedAt = deps.stopwatch.elapsedMs();
  const ended = (status: number | null, error: string | null): Tried => ({
    at: at.getTime(),
    durationMs: Math.round(deps.stopwatch.elapsedMs() - startedAt),
    status,
    error,
  });
  try {
    const answer = await post(deps, delivery, at);
    if (answer === 'unknown_receiver') return missReceiver(deps, delivery, ended(null, answer));
    if (answer.kind === 'interrupted') return putOff(delivery, deps.clock.now().getTime());
    if (answer.kind === 'lost') return fail(deps, delivery, ended(null, answer.reason), null);
    const { status, retryAfter } = answer;
    if (status >= 200 && status < 300) return { delivery, state: 'delivered', dueAt: null, tried: ended(status, null) };
    // The receiver says that it is gone for good (Standard Webhooks 1.0): it is not asked again.
    if (status === 410) return { delivery, state: 'disabled', dueAt: null, tried: ended(status, 'gone') };
    return fail(deps, delivery, ended(status, `status_${status}`), readRetryAfter(retryAfter, deps.clock.now()));
  } catch (error) {
    deps.log.error('a notification cannot be sent', { delivery: delivery.id, event: delivery.event.id, error });
    return fail(deps, delivery, ended(null, 'not_sendable'), null);
  }
}

/** Gives a claimed delivery back without a try. */
export function putOff(delivery: Claimed, dueAt: number): Result {
  return { delivery, state: 'pending', dueAt, tried: null };
}

async function post({ endpoints, poster }: AttemptDeps, delivery: Claimed, at: Date): Promise<Answer | 'unknown_receiver'> {
  const app = endpoints.app(delivery.appId);
  const secrets = endpoints.secretsOf(delivery.appId, delivery.endpointId);
  if (app === undefined || secrets === null) return 'unknown_receiver';
  if (delivery.event.data === '') throw new Error('the event is missing');
  const body = writeBody(delivery.event);
  const message = { id: delivery.event.id, timestampSec: Math.floor(at.getTime() / 1000), body };
  const headers = { 'content-type': 'application/json', 'user-agent': 'paymux/1', ...signHeaders(message, secrets) };
  return poster.post({ url: delivery.url, mode: app.livemode ? 'live' : 'test', headers, body });
}

function missReceiver(deps: AttemptDeps, delivery: Claimed, tried: Tried): Result {
  if (tried.at - delivery.createdAt > unknownForMs) return { delivery, state: 'disabled', dueAt: null, tried };
  return fail(deps, delivery, tried, null);
}

function fail({ clock, random }: AttemptDeps, delivery: Claimed, tried: Tried, retryAfterMs: number | null): Result {
  const delayMs = delayAfter(delivery.tries + 1, retryAfterMs, random());
  if (delayMs === null) return { delivery, state: 'dead', dueAt: null, tried };
  return { delivery, state: 'pending', dueAt: clock.now().getTime() + delayMs, tried };
}
