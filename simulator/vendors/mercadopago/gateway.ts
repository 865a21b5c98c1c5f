import { randomUUID } from 'node:crypto';
import { hmac, spoiled } from '../../hmac.ts';
import { answerOnce, type Outcome } from '../../once.ts';
import { bearerOf, findRoute, headerOf, type Route, readJson } from '../../requests.ts';
import type { Answer, Caller, Done, Twist, Vendor, Wire } from '../../types.ts';
import type { MercadoMerchant, MercadoWorld } from './keys.ts';
import { createPreference, createRefund, problem, readPayment, readPreference, readRefund, searchPayments } from './payments.ts';
import { searchByTime } from './search.ts';

type Parts = readonly string[];
type Run = (world: MercadoWorld, merchant: MercadoMerchant, parts: Parts, twist: Twist, wire: Wire) => Done;
type Create = (world: MercadoWorld, merchant: MercadoMerchant, body: unknown, parts: Parts, key: string) => Outcome;

const once =
  (create: Create): Run =>
  (world, merchant, parts, twist, wire) => {
    const key = headerOf(wire, 'x-idempotency-key');
    if (key === null || key.length > 64) return { answer: problem(400, 'bad_request', 'Header X-Idempotency-Key is needed') };
    const body = readJson(wire);
    if (body === undefined) return { answer: problem(400, 'bad_request', 'The body is not JSON') };
    const asked = { account: merchant.userId, key, content: Buffer.concat([Buffer.from(wire.path), wire.body]), twist };
    const conflict = () => problem(400, 'bad_request', 'The key was used for another request');
    return answerOnce(world, asked, { conflict }, () => create(world, merchant, body, parts, key));
  };

/** The same search finds one payment and lists a day's. */
const isStatement = (wire: Wire) => new URLSearchParams(wire.query).has('range');

const routes: readonly Route<Run>[] = [
  ['POST', /^\/checkout\/preferences$/, 'pay', once(createPreference)],
  ['GET', /^\/checkout\/preferences\/([^/]+)$/, 'query', readPreference],
  [
    'GET',
    /^\/v1\/payments\/search$/,
    'query',
    (world, merchant, _parts, twist, wire) =>
      isStatement(wire) ? searchByTime(world, merchant, wire.query) : searchPayments(world, merchant, wire.query, twist),
  ],
  ['GET', /^\/v1\/payments\/(\d+)$/, 'query', readPayment],
  ['POST', /^\/v1\/payments\/(\d+)\/refunds$/, 'refund', once(createRefund)],
  ['GET', /^\/v1\/payments\/(\d+)\/refunds\/(\d+)$/, 'query', readRefund],
];

const merchantOf = (world: MercadoWorld, wire: Wire) => world.keys.find(({ accessToken }) => accessToken === bearerOf(wire));

function toFailure(trouble: 'http_500' | 'rate_limited' | 'decline', code: string | null): Answer {
  if (trouble === 'http_500') return problem(500, 'internal_error', 'Something went wrong on the simulated side.');
  if (trouble === 'rate_limited') return problem(429, 'too_many_requests', 'Too many requests.');
  return problem(400, code ?? 'bad_request', 'The request was declined.');
}

/** The signature covers the number in the address, the request's id and the time: the body proves nothing. */
function makeCaller(world: MercadoWorld): Caller {
  return {
    events(_order, happening) {
      if (happening === 'paid') return ['payment.created'];
      return happening === 'refunded' ? ['payment.updated'] : [];
    },
    callbackUrl: (order) => order.notifyUrl,
    async compose(order, callback, twist) {
      const merchant = world.keys.find(({ userId }) => userId === order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const [id, requestId, ts] = [order.vendorNo, randomUUID(), String(world.now())];
      const secret = twist.forged ? 'the secret of a stranger' : merchant.webhookSecret;
      const proof = spoiled(await hmac('SHA-256', secret, `id:${id};request-id:${requestId};ts:${ts};`), twist.badSignature);
      const body = JSON.stringify({
        ...{ id: callback.id, live_mode: false, type: 'payment', api_version: 'v1', action: callback.event, data: { id } },
        ...{ date_created: new Date(world.now()).toISOString(), user_id: Number(order.account) + (twist.wrongAccount ? 9 : 0) },
      });
      const headers = {
        'content-type': 'application/json',
        'x-request-id': requestId,
        'x-signature': `ts=${ts},v1=${proof.toString('hex')}`,
      };
      return { headers, body, query: new URLSearchParams({ 'data.id': id, type: 'payment' }).toString() };
    },
    accepts: (status) => status === 200 || status === 201,
  };
}

/** Mercado Pago's API as a merchant's server sees it: Checkout Pro, payments and refunds. */
export function makeMercadoPago(world: MercadoWorld): Vendor {
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      const operation = isStatement(wire) ? 'statement' : (found?.operation ?? null);
      return found && { operation, account: merchantOf(world, wire)?.userId ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(world, wire);
      if (merchant === undefined) return { answer: problem(401, 'unauthorized', 'invalid access token') };
      const found = findRoute(routes, wire);
      if (found === null) return { answer: problem(404, 'not_found', 'There is no such address.') };
      return found.run(world, merchant, found.parts, twist, wire);
    },
    fail: async (_wire, trouble, code) => toFailure(trouble, code),
    ...makeCaller(world),
    returnTo: async (order) => order.returnUrl,
    cancelTo: (order) => order.facts.failureUrl ?? null,
    open: async () => null,
  };
}
