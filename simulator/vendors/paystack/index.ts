import { jsonAnswer } from '../../answers.ts';
import { hmac, spoiled } from '../../hmac.ts';
import { bearerOf, findRoute } from '../../requests.ts';
import type { Vendor, VendorModule } from '../../types.ts';
import type { World } from '../../world.ts';
import { problem } from './common.ts';
import { describeTransaction } from './objects.ts';
import { makeRoutes } from './routes.ts';

export interface Merchant {
  readonly secretKey: string;
  /** Names the account. */
  readonly publicKey: string;
}
export type PaystackWorld = World<readonly Merchant[]>;

function openPaystack(world: PaystackWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (secretKey: string | null) => world.keys.find((merchant) => merchant.secretKey === secretKey);
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(bearerOf(wire))?.publicKey ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(bearerOf(wire));
      const found = findRoute(routes, wire);
      if (merchant === undefined) return { answer: problem(401, 'invalid_Key', 'Invalid key') };
      return found === null
        ? { answer: problem(404, 'not_found', 'No such address') }
        : found.run({ wire, parts: found.parts, merchant, twist });
    },
    async fail(wire, trouble, code) {
      if (trouble === 'http_500') return jsonAnswer(500, { status: false, message: 'An error occurred' });
      if (trouble === 'rate_limited') return problem(429, 'rate_limited', 'Too many requests');
      const isRefund = wire.path === '/refund';
      return problem(400, code ?? (isRefund ? 'insufficient_balance' : 'invalid_params'), 'Declined');
    },
    // The vendor tells of refunds too, without a number by which a merchant could find them.
    events: (_, happening) => (happening === 'paid' ? ['charge.success'] : happening === 'refunded' ? ['refund.processed'] : []),
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.find(({ publicKey }) => publicKey === order.account);
      const told = twist.forged ? { ...order, state: 'paid' as const, paidAt: world.now() } : order;
      const data =
        callback.event === 'charge.success'
          ? describeTransaction(told, twist)
          : { status: 'processed', transaction_reference: order.number, amount: order.amount, currency: order.currency, domain: 'test' };
      const body = JSON.stringify({ event: callback.event, data });
      const secret = twist.forged || merchant === undefined ? 'sk_test_of_a_stranger' : merchant.secretKey;
      const signature = spoiled(await hmac('SHA-512', secret, body), twist.badSignature).toString('hex');
      return { headers: { 'content-type': 'application/json', 'x-paystack-signature': signature }, body };
    },
    accepts: (status) => status === 200,
    async returnTo(order) {
      if (order.returnUrl === null) return null;
      const url = new URL(order.returnUrl);
      url.searchParams.set('trxref', order.number);
      url.searchParams.set('reference', order.number);
      return url.href;
    },
    cancelTo: () => null,
    open: async () => null,
  };
}

export default {
  channel: 'paystack',
  title: 'Paystack',
  registersCallbacks: true,
  // Answers carry no signature, and no object names its merchant.
  shows: { bad_signature: [], wrong_amount: ['query', 'refund'], wrong_account: [] },
  async loadKeys(vault) {
    return ['1', '2'].map((index) => ({
      secretKey: `sk_test_${vault.secret(`secret-${index}`, 40)}`,
      publicKey: `pk_test_${vault.secret(`public-${index}`, 40)}`,
    }));
  },
  accounts: (keys) =>
    keys.map(({ secretKey, publicKey }) => ({
      id: publicKey,
      configure: (baseUrl) => ({ base_url: baseUrl, secret_key: secretKey, public_key: publicKey }),
    })),
  open: openPaystack,
} satisfies VendorModule<readonly Merchant[]>;
