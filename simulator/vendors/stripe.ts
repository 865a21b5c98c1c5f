import { createHash, randomBytes } from 'node:crypto';
import type { StripeMerchant } from '../keys.ts';
import type { StoredAnswer } from '../truth.ts';
import { type Answer, type Done, honest, type Operation, type Order, type Twist, type Vendor, type Wire } from '../types.ts';
import type { World } from '../world.ts';
import { problem, type StripeRequest, type StripeResult } from './stripe-common.ts';
import { parseForm } from './stripe-form.ts';
import { cancelIntent, createIntent, readIntent } from './stripe-intents.ts';
import { describeCharge, describeIntent, describeRefund, describeSession, readFacts } from './stripe-objects.ts';
import { createRefund, readRefund } from './stripe-refunds.ts';
import { createSession, expireSession, readSession } from './stripe-sessions.ts';
import { signEvent } from './stripe-sign.ts';

type Run = (world: World, request: StripeRequest, twist: Twist) => StripeResult;

const apiVersion = '2023-08-16';
const routes: readonly (readonly [method: string, path: RegExp, operation: Operation, run: Run])[] = [
  ['POST', /^\/v1\/checkout\/sessions$/, 'pay', createSession],
  ['GET', /^\/v1\/checkout\/sessions\/([^/]+)$/, 'query', readSession],
  ['POST', /^\/v1\/checkout\/sessions\/([^/]+)\/expire$/, 'close', expireSession],
  ['POST', /^\/v1\/payment_intents$/, 'pay', createIntent],
  ['GET', /^\/v1\/payment_intents\/([^/]+)$/, 'query', readIntent],
  ['POST', /^\/v1\/payment_intents\/([^/]+)\/cancel$/, 'close', cancelIntent],
  ['POST', /^\/v1\/refunds$/, 'refund', createRefund],
  ['GET', /^\/v1\/refunds\/([^/]+)$/, 'query', readRefund],
];

const routeOf = (wire: Wire) => routes.find(([method, path]) => method === wire.method && path.test(wire.path));
const bearerOf = (wire: Wire) => /^Bearer (\S+)$/.exec(String(wire.headers.authorization ?? ''))?.[1];
const randomId = () => randomBytes(12).toString('hex');

/** Ends a session by itself when its time is over. */
export function watchExpiry(world: World, order: Order): void {
  if (order.channel !== 'stripe' || order.product !== 'checkout' || order.state !== 'open') return;
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
  return {
    status,
    headers: { 'content-type': 'application/json', 'request-id': `req_${randomId()}`, 'stripe-version': apiVersion, ...more },
    body,
  };
}

/** Stripe's API as a merchant's server sees it: forms in, JSON out, nothing signed but the events. */
export function makeStripe(world: World): Vendor {
  const inFlight = new Set<string>();
  const merchantOf = (wire: Wire) => world.keys.stripe.find(({ secretKey }) => secretKey === bearerOf(wire));
  const merchantById = (id: string) => world.keys.stripe.find(({ accountId }) => accountId === id);

  function carryOut(wire: Wire, merchant: StripeMerchant, twist: Twist): StripeResult {
    const [method, path, , run] = routeOf(wire) ?? [];
    if (!path || !run) return problem(404, { message: `Unrecognized request URL (${wire.method}: ${wire.path}).` });
    const form = parseForm(method === 'GET' ? wire.query : wire.body.toString('utf8'));
    if (form === null) return problem(400, { message: 'The request body contradicts itself.' });
    return run(world, { account: merchant.accountId, form, id: decodeURIComponent(path.exec(wire.path)?.[1] ?? '') }, twist);
  }

  /** Writes what an endpoint has done, together with its answer where the merchant gave a key for it. */
  function record(result: StripeResult, key: string | null, requestHash: string): void {
    const { order, changed, status } = result;
    const body = JSON.stringify(result.show(honest));
    const answer: StoredAnswer | undefined = key === null ? undefined : { key, request: requestHash, status, body };
    // Faults found before anything is carried out are not kept: the same key may be used again.
    if (order === undefined || changed === undefined) return;
    world.store.save(order, changed.happened, answer);
    watchExpiry(world, order);
  }

  function run(wire: Wire, merchant: StripeMerchant, twist: Twist, key: string | null): Done {
    const requestHash = createHash('sha256').update(`${wire.method} ${wire.path}\n`).update(wire.body).digest('base64');
    const earlier = key === null ? undefined : world.store.findAnswer(key);
    if (earlier !== undefined && earlier.request !== requestHash) {
      const error = {
        type: 'idempotency_error',
        message: 'Keys for idempotent requests can only be used with the same parameters they were first used with.',
      };
      return { answer: toAnswer(400, JSON.stringify({ error })) };
    }
    if (earlier !== undefined) return { answer: toAnswer(earlier.status, earlier.body, { 'idempotent-replayed': 'true' }) };
    const result = carryOut(wire, merchant, twist);
    record(result, key, requestHash);
    const { order, changed } = result;
    const afterwards = order && changed ? () => void world.callbacks.deliver(order, changed.owed) : undefined;
    return {
      answer: toAnswer(result.status, JSON.stringify(result.show(twist))),
      ...(order && { order }),
      ...(afterwards && { afterwards }),
    };
  }

  async function execute(wire: Wire, twist: Twist): Promise<Done> {
    const merchant = merchantOf(wire);
    if (merchant === undefined) {
      const error = {
        type: 'invalid_request_error',
        message: bearerOf(wire) === undefined ? 'You did not provide an API key.' : 'Invalid API Key provided.',
      };
      return { answer: toAnswer(401, JSON.stringify({ error })) };
    }
    const given = wire.method === 'POST' ? wire.headers['idempotency-key'] : undefined;
    if (typeof given === 'string' && given.length > 255) {
      return {
        answer: toAnswer(
          400,
          JSON.stringify({ error: { type: 'invalid_request_error', message: 'Idempotency keys have at most 255 characters.' } }),
        ),
      };
    }
    const key = typeof given === 'string' && given !== '' ? `${merchant.accountId}/${given}` : null;
    if (key === null) return run(wire, merchant, twist, null);
    if (inFlight.has(key)) {
      const error = {
        type: 'idempotency_error',
        code: 'idempotency_key_in_use',
        message: 'There is currently another in-progress request using this key.',
      };
      return { answer: toAnswer(409, JSON.stringify({ error })) };
    }
    inFlight.add(key);
    const done = run(wire, merchant, twist, key);
    const release = () => {
      inFlight.delete(key);
      done.afterwards?.();
    };
    return { ...done, afterwards: release };
  }

  function describeEventObject(order: Order, event: string, refundNo: string | null, twist: Twist): unknown {
    const refund = order.refunds.find(({ number }) => number === refundNo);
    if (event.startsWith('checkout.session.'))
      return describeSession(order, twist, { nowMs: world.now(), pagesUrl: world.pagesUrl, expand: [] });
    if (event === 'charge.refunded') return describeCharge(order, twist);
    if (refund !== undefined) return describeRefund(order, refund, twist);
    return describeIntent(order, twist, [], event === 'payment_intent.payment_failed');
  }

  return {
    channel: 'stripe',
    identify(wire) {
      const found = routeOf(wire);
      return found ? { operation: found[2], account: merchantOf(wire)?.accountId ?? null } : null;
    },
    execute,
    async fail(wire, trouble, code) {
      if (trouble === 'http_500')
        return toAnswer(500, JSON.stringify({ error: { type: 'api_error', message: 'Something went wrong on the simulated side.' } }));
      if (trouble === 'rate_limited')
        return toAnswer(
          429,
          JSON.stringify({ error: { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests.' } }),
          { 'retry-after': '1' },
        );
      const message = 'Your card was declined.';
      if (routeOf(wire)?.[2] === 'pay')
        return toAnswer(
          402,
          JSON.stringify({ error: { type: 'card_error', code: 'card_declined', decline_code: code ?? 'generic_decline', message } }),
        );
      return toAnswer(
        400,
        JSON.stringify({
          error: { type: 'invalid_request_error', code: code ?? 'balance_insufficient', message: 'The request was declined.' },
        }),
      );
    },
    events(order, happening) {
      const isSession = order.product === 'checkout';
      switch (happening) {
        case 'paid':
          return isSession ? ['payment_intent.succeeded', 'checkout.session.completed'] : ['payment_intent.succeeded'];
        case 'refunded':
          return ['charge.refunded', 'refund.updated'];
        case 'closed':
          return ['payment_intent.canceled'];
        case 'failed':
          return ['payment_intent.payment_failed'];
        case 'expired':
          return ['checkout.session.expired'];
      }
    },
    callbackUrl: (order) => world.store.readSetting(`callbacks/stripe/${order.account}`) ?? null,
    async compose(order, callback, twist) {
      const merchant = merchantById(order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const paidNow: Order = twist.forged ? { ...order, state: 'paid', paidAt: world.now() } : order;
      const body = JSON.stringify({
        id: `evt_${callback.id}`,
        object: 'event',
        api_version: apiVersion,
        created: Math.trunc(world.now() / 1000),
        data: { object: describeEventObject(paidNow, callback.event, callback.refund, twist) },
        livemode: false,
        pending_webhooks: 1,
        request: { id: null, idempotency_key: null },
        type: callback.event,
        ...(twist.wrongAccount && { account: `${order.account.slice(0, -1)}9` }),
      });
      const secret = twist.forged ? 'whsec_of_a_stranger' : merchant.webhookSecret;
      const signature = await signEvent(secret, body, { nowMs: world.now(), spoil: twist.badSignature });
      return { headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature }, body };
    },
    accepts: (status) => status >= 200 && status < 300,
    async returnTo(order) {
      return order.returnUrl?.replaceAll('{CHECKOUT_SESSION_ID}', order.token) ?? null;
    },
    cancelTo: (order) => readFacts(order).cancelUrl,
    async open(target) {
      const session = /cs_test_[0-9a-f]+/.exec(target)?.[0];
      const intent = /(pi_3[0-9a-f]+)_secret_/.exec(target)?.[1];
      const order = session
        ? world.store.findByToken('stripe', session)
        : intent
          ? world.store.findByVendorNo('stripe', intent)
          : undefined;
      return order ?? null;
    },
  };
}
