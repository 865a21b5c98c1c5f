import { createHash, randomBytes } from 'node:crypto';
import { bearerOf, findRoute, type Route } from '../../requests.ts';
import type { StoredAnswer } from '../../truth.ts';
import { type Answer, type Done, honest, type Order, type Twist, type Vendor, type Wire } from '../../types.ts';
import { listBalance } from './balance.ts';
import { makeCaller, makeTill } from './caller.ts';
import { apiVersion, problem, type StripeRequest, type StripeResult } from './common.ts';
import { parseForm } from './form.ts';
import { cancelIntent, createIntent, readIntent } from './intents.ts';
import type { StripeMerchant, StripeWorld } from './keys.ts';
import { createRefund, readRefund } from './refunds.ts';
import { createSession, expireSession, readSession } from './sessions.ts';

type Run = (world: StripeWorld, request: StripeRequest, twist: Twist) => StripeResult;

const longestKey = 255;
const routes: readonly Route<Run>[] = [
  ['POST', /^\/v1\/checkout\/sessions$/, 'pay', createSession],
  ['GET', /^\/v1\/checkout\/sessions\/([^/]+)$/, 'query', readSession],
  ['POST', /^\/v1\/checkout\/sessions\/([^/]+)\/expire$/, 'close', expireSession],
  ['POST', /^\/v1\/payment_intents$/, 'pay', createIntent],
  ['GET', /^\/v1\/payment_intents\/([^/]+)$/, 'query', readIntent],
  ['POST', /^\/v1\/payment_intents\/([^/]+)\/cancel$/, 'close', cancelIntent],
  ['POST', /^\/v1\/refunds$/, 'refund', createRefund],
  ['GET', /^\/v1\/balance_transactions$/, 'statement', listBalance],
  ['GET', /^\/v1\/refunds\/([^/]+)$/, 'query', readRefund],
];

const routeOf = (wire: Wire) => findRoute(routes, wire);
const merchantOf = (world: StripeWorld, wire: Wire) => world.keys.merchants.find(({ secretKey }) => secretKey === bearerOf(wire));

/** Ends a session by itself when its time is over. */
function watchExpiry(world: StripeWorld, order: Order): void {
  if (order.product !== 'checkout' || order.state !== 'open') return;
  const expire = () => {
    if (order.state !== 'open') return;
    order.state = 'closed';
    order.closedAt = world.now();
    const owed = world.callbacks.owe(order, 'expired', null);
    world.store.save(order);
    void world.callbacks.deliver(order, owed);
  };
  setTimeout(expire, Math.max(0, order.expiresAt - world.now())).unref();
}

function toAnswer(status: number, body: string, more: Readonly<Record<string, string>> = {}): Answer {
  const requestId = `req_${randomBytes(12).toString('hex')}`;
  return { status, headers: { 'content-type': 'application/json', 'request-id': requestId, 'stripe-version': apiVersion, ...more }, body };
}

function toError(status: number, error: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}): Answer {
  return toAnswer(status, JSON.stringify({ error: { type: 'invalid_request_error', ...error } }), more);
}

/** Runs the endpoint of a request whose key is known. */
function carryOut(world: StripeWorld, wire: Wire, merchant: StripeMerchant, twist: Twist): StripeResult {
  const found = routeOf(wire);
  if (found === null) return problem(404, { message: `Unrecognized request URL (${wire.method}: ${wire.path}).` });
  const form = parseForm(wire.method === 'GET' ? wire.query : wire.body.toString('utf8'));
  if (form === null) return problem(400, { message: 'The request body contradicts itself.' });
  return found.run(world, { account: merchant.accountId, form, id: found.parts[0] ?? '' }, twist);
}

/** Writes what an endpoint has done, together with its answer where the merchant gave a key for it. */
function record(world: StripeWorld, { order, changed, status, show }: StripeResult, key: string | null, request: string): void {
  // Faults found before anything is carried out are not kept: the same key may be used again.
  if (order === undefined || changed === undefined) return;
  const answer: StoredAnswer | undefined = key === null ? undefined : { key, request, status, body: JSON.stringify(show(honest)) };
  world.store.save(order, changed.happened, answer);
  watchExpiry(world, order);
}

/** Carries a request out, or says again what its idempotency key has been answered. */
function answerOnce(world: StripeWorld, wire: Wire, merchant: StripeMerchant, twist: Twist, key: string | null): Done {
  const request = createHash('sha256').update(`${wire.method} ${wire.path}\n`).update(wire.body).digest('base64');
  const earlier = key === null ? undefined : world.store.findAnswer(key);
  if (earlier !== undefined && earlier.request !== request) {
    const message = 'Keys for idempotent requests can only be used with the same parameters they were first used with.';
    return { answer: toError(400, { type: 'idempotency_error', message }) };
  }
  if (earlier !== undefined) return { answer: toAnswer(earlier.status, earlier.body, { 'idempotent-replayed': 'true' }) };
  const result = carryOut(world, wire, merchant, twist);
  record(world, result, key, request);
  const { order, changed } = result;
  const afterwards = order && changed ? () => void world.callbacks.deliver(order, changed.owed) : undefined;
  return {
    answer: toAnswer(result.status, JSON.stringify(result.show(twist))),
    ...(order && { order }),
    ...(afterwards && { afterwards }),
  };
}

/** Trouble and declines in Stripe's words. */
function toFailure(wire: Wire, trouble: 'http_500' | 'rate_limited' | 'decline', code: string | null): Answer {
  if (trouble === 'http_500') return toError(500, { type: 'api_error', message: 'Something went wrong on the simulated side.' });
  if (trouble === 'rate_limited') return toError(429, { code: 'rate_limit', message: 'Too many requests.' }, { 'retry-after': '1' });
  if (routeOf(wire)?.operation !== 'pay')
    return toError(400, { code: code ?? 'balance_insufficient', message: 'The request was declined.' });
  const reason = { code: 'card_declined', decline_code: code ?? 'generic_decline' };
  return toError(402, { type: 'card_error', ...reason, message: 'Your card was declined.' });
}

/** Stripe's API as a merchant's server sees it: forms in, JSON out, nothing signed but the events. */
export function makeStripe(world: StripeWorld): Vendor {
  const inFlight = new Set<string>();

  async function execute(wire: Wire, twist: Twist): Promise<Done> {
    const merchant = merchantOf(world, wire);
    if (merchant === undefined) return { answer: toError(401, { message: 'Invalid API Key provided.' }) };
    const given = wire.method === 'POST' ? wire.headers['idempotency-key'] : undefined;
    if (typeof given !== 'string' || given === '') return answerOnce(world, wire, merchant, twist, null);
    if (given.length > longestKey) return { answer: toError(400, { message: `Idempotency keys have at most ${longestKey} characters.` }) };
    const key = `${merchant.accountId}/${given}`;
    if (inFlight.has(key)) {
      const message = 'There is currently another in-progress request using this key.';
      return { answer: toError(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message }) };
    }
    inFlight.add(key);
    const done = answerOnce(world, wire, merchant, twist, key);
    const release = () => {
      inFlight.delete(key);
      done.afterwards?.();
    };
    return { ...done, afterwards: release };
  }

  return {
    identify(wire) {
      const found = routeOf(wire);
      return found ? { operation: found.operation, account: merchantOf(world, wire)?.accountId ?? null } : null;
    },
    execute,
    fail: async (wire, trouble, code) => toFailure(wire, trouble, code),
    resume: (order) => watchExpiry(world, order),
    ...makeCaller(world),
    ...makeTill(world),
  };
}
