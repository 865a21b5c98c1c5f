import { jsonAnswer } from '../../../../simulator/answers.ts';
import { hmac, spoiled } from '../../../../simulator/hmac.ts';
import { findRoute, headerOf } from '../../../../simulator/requests.ts';
import type { Answer, Twist, Vendor, VendorModule, Wire } from '../../../../simulator/types.ts';
import type { World } from '../../../../simulator/world.ts';
import { describeOrder, describeRefund } from './objects.ts';
import { makeRoutes } from './routes.ts';

export interface Merchant {
  readonly id: string;
  readonly key: string;
  /** The same for all merchants. */
  readonly callbackKey: string;
}
export type TeapotWorld = World<readonly Merchant[]>;

function openTeapot(world: TeapotWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (wire: Wire) => world.keys.find(({ id }) => id === headerOf(wire, 'x-merchant'));
  const signed = async (answer: Answer, key: string, { badSignature }: Pick<Twist, 'badSignature'>): Promise<Answer> => {
    const signature = spoiled(await hmac('SHA-256', key, answer.bytes ?? answer.body), badSignature).toString('hex');
    return { ...answer, headers: { ...answer.headers, 'x-signature': signature } };
  };
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(wire)?.id ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(wire);
      const found = findRoute(routes, wire);
      const asked = Buffer.concat([Buffer.from(`${wire.method} ${wire.path}\n`), wire.body]);
      const isGenuine = merchant && headerOf(wire, 'x-signature') === (await hmac('SHA-256', merchant.key, asked)).toString('hex');
      if (merchant === undefined || found === null || !isGenuine) return { answer: jsonAnswer(401, { code: 'signature' }) };
      const done = found.run({ wire, parts: found.parts, merchant, twist });
      return { ...done, answer: await signed(done.answer, merchant.key, twist) };
    },
    async fail(wire, trouble, code) {
      const status = { http_500: 500, rate_limited: 429, decline: 402 }[trouble];
      return signed(jsonAnswer(status, { code: code ?? trouble }), merchantOf(wire)?.key ?? '', { badSignature: false });
    },
    events: (_, happening) => (happening === 'paid' || happening === 'refunded' ? [happening] : []),
    callbackUrl: (order) => order.notifyUrl,
    async compose(order, callback, twist) {
      const told = twist.forged ? { ...order, state: 'paid' as const } : order;
      const refund = order.refunds.find(({ number }) => number === callback.refund);
      // Written with spaces: a channel that signs what it has read anew comes to other bytes.
      const body = JSON.stringify(refund ? describeRefund(order, refund, twist) : describeOrder(told, twist), null, 1);
      const time = String(world.now());
      const key = twist.forged ? 'the key of a stranger' : (world.keys[0]?.callbackKey ?? '');
      const signature = spoiled(await hmac('SHA-256', key, `${time}\n${callback.id}\n${body}`), twist.badSignature).toString('hex');
      return {
        headers: { 'content-type': 'application/json', 'x-time': time, 'x-event': callback.id, 'x-signature': signature },
        body,
      };
    },
    accepts: (status) => status === 200,
    returnTo: async (order) => order.returnUrl,
    cancelTo: () => null,
    open: async () => null,
  };
}

const operations = ['pay', 'query', 'refund', 'close'] as const;

export default {
  channel: 'teapot',
  title: 'Teapot Pay',
  refusesOldCallbacks: true,
  shows: { bad_signature: operations, wrong_amount: ['query', 'refund'], wrong_account: ['query', 'refund'] },
  loadKeys: async (vault) =>
    ['120034', '120035'].map((id) => ({ id, key: vault.secret(`key-${id}`, 32), callbackKey: vault.secret('callbacks', 32) })),
  accounts: (keys) =>
    keys.map(({ id, key, callbackKey }) => ({
      id,
      configure: (baseUrl) => ({ base_url: baseUrl, merchant: id, key, callback_key: callbackKey }),
    })),
  open: openTeapot,
} satisfies VendorModule<readonly Merchant[]>;
