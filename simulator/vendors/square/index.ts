import { hmac, spoiled } from '../../hmac.ts';
import { bearerOf, findRoute } from '../../requests.ts';
import type { Vendor, VendorModule } from '../../types.ts';
import type { World } from '../../world.ts';
import { problem } from './common.ts';
import { describePayment, describeRefund } from './objects.ts';
import { makeRoutes } from './routes.ts';

export interface Merchant {
  readonly locationId: string;
  readonly token: string;
  readonly signatureKey: string;
}
export type SquareWorld = World<readonly Merchant[]>;

const forgery = 'key-of-a-stranger';

function openSquare(world: SquareWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (token: string | null) => world.keys.find((merchant) => merchant.token === token);
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(bearerOf(wire))?.locationId ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(bearerOf(wire));
      const found = findRoute(routes, wire);
      if (merchant === undefined) return { answer: problem(401, 'AUTHENTICATION_ERROR', 'UNAUTHORIZED') };
      if (found === null) return { answer: problem(404, 'INVALID_REQUEST_ERROR', 'NOT_FOUND') };
      return found.run({ wire, parts: found.parts, merchant, twist });
    },
    async fail(wire, trouble, code) {
      if (trouble === 'http_500') return problem(500, 'API_ERROR', 'INTERNAL_SERVER_ERROR');
      if (trouble === 'rate_limited') return problem(429, 'RATE_LIMIT_ERROR', 'RATE_LIMITED');
      const isRefund = wire.path === '/v2/refunds';
      return isRefund
        ? problem(400, 'REFUND_ERROR', code ?? 'REFUND_DECLINED')
        : problem(402, 'PAYMENT_METHOD_ERROR', code ?? 'CARD_DECLINED');
    },
    events(_, happening) {
      if (happening === 'paid') return ['payment.created', 'payment.updated'];
      return happening === 'refunded' ? ['refund.updated'] : [];
    },
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.find(({ locationId }) => locationId === order.account);
      const told = twist.forged ? { ...order, state: 'paid' as const, paidAt: world.now() } : order;
      const refund = order.refunds.find(({ number }) => number === callback.refund);
      const object = refund === undefined ? { payment: describePayment(told, twist) } : { refund: describeRefund(order, refund, twist) };
      const kind = refund === undefined ? 'payment' : 'refund';
      const data = { type: kind, id: refund?.vendorNo ?? order.vendorNo, object };
      const facts = {
        merchant_id: 'MLSIMULATED',
        type: callback.event,
        event_id: callback.id,
        created_at: new Date(world.now()).toISOString(),
      };
      const body = JSON.stringify({ ...facts, data });
      const key = twist.forged || merchant === undefined ? forgery : merchant.signatureKey;
      const signature = spoiled(await hmac('SHA-256', key, `${callback.url}${body}`), twist.badSignature);
      const headers = { 'content-type': 'application/json', 'x-square-hmacsha256-signature': signature.toString('base64') };
      return { headers, body };
    },
    accepts: (status) => status >= 200 && status < 300,
    async returnTo(order) {
      if (order.returnUrl === null) return null;
      const url = new URL(order.returnUrl);
      url.searchParams.set('transactionId', order.facts['orderId'] ?? '');
      return url.href;
    },
    cancelTo: () => null,
    open: async () => null,
  };
}

export default {
  channel: 'square',
  title: 'Square',
  registersCallbacks: true,
  // Answers carry no signature. Every object names its location.
  shows: { bad_signature: [], wrong_amount: ['query', 'refund'], wrong_account: ['query'] },
  async loadKeys(vault) {
    return ['1', '2'].map((index) => ({
      locationId: `LSIMULATED000${index}`,
      token: `EAAA${vault.secret(`token-${index}`, 60)}`,
      signatureKey: vault.secret(`signature-${index}`, 22),
    }));
  },
  accounts: (keys) =>
    keys.map(({ locationId, token, signatureKey }) => ({
      id: locationId,
      configure: (baseUrl) => ({
        base_url: baseUrl,
        access_token: token,
        location_id: locationId,
        webhook_signature_key: signatureKey,
      }),
    })),
  open: openSquare,
} satisfies VendorModule<readonly Merchant[]>;
