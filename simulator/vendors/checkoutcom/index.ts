import { hmac, spoiled } from '../../hmac.ts';
import { endRefund } from '../../orders.ts';
import { bearerOf, findRoute } from '../../requests.ts';
import type { Happening, Vendor, VendorModule } from '../../types.ts';
import type { World } from '../../world.ts';
import { invalid, missing, problem } from './common.ts';
import { makeRoutes } from './routes.ts';

export interface Merchant {
  readonly secretKey: string;
  /** Names the account. */
  readonly channelId: string;
  readonly signatureKey: string;
}
export type CheckoutWorld = World<readonly Merchant[]>;

const told: Partial<Record<Happening, readonly string[]>> = {
  paid: ['payment_approved', 'payment_captured'],
  failed: ['payment_declined'],
  refunded: ['payment_refunded'],
};

/** Keys are written in base 32, which has no 0, 1, 8 and 9: the vendor's library tells keys by it, and sends others without `Bearer`. */
const toBase32 = (digits: string) => digits.replace(/[0189]/g, (digit) => ({ 0: 'w', 1: 'x', 8: 'y', 9: 'z' })[digit] ?? digit);

function openCheckout(world: CheckoutWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (key: string | null) => world.keys.find(({ secretKey }) => secretKey === key);
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(bearerOf(wire))?.channelId ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(bearerOf(wire));
      const found = findRoute(routes, wire);
      if (merchant === undefined) return { answer: problem(401, '') };
      return found === null ? { answer: missing() } : found.run({ wire, parts: found.parts, merchant, twist });
    },
    async fail(wire, trouble, code) {
      if (trouble === 'http_500') return problem(500, '');
      if (trouble === 'rate_limited') return problem(429, 'request_throttled', 'too_many_requests');
      return invalid(code ?? (wire.path.endsWith('/refunds') ? 'refund_amount_exceeds_balance' : 'amount_invalid'));
    },
    events: (_, happening) => told[happening] ?? [],
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.find(({ channelId }) => channelId === order.account);
      const refund = order.refunds.find(({ number, vendorNo }) => callback.refund === number || callback.refund === vendorNo);
      const amount = (refund ?? order).amount + (twist.wrongAmount ? 1 : 0);
      const data = {
        id: order.vendorNo,
        action_id: refund?.vendorNo ?? `act_${order.vendorNo.slice(4)}`,
        reference: refund?.number ?? order.number,
        amount,
        currency: order.currency,
        processed_on: new Date(refund?.createdAt ?? (order.paidAt || world.now())).toISOString(),
        response_code: callback.event === 'payment_declined' ? '20005' : '10000',
      };
      const facts = { id: `evt_${callback.id.replaceAll(/[^A-Za-z0-9]/g, '')}`, type: callback.event, version: '1.0.29' };
      const body = JSON.stringify({ ...facts, created_on: new Date(world.now()).toISOString(), data });
      const key = twist.forged || merchant === undefined ? 'the-key-of-a-stranger' : merchant.signatureKey;
      const signature = spoiled(await hmac('SHA-256', key, body), twist.badSignature).toString('hex');
      return { headers: { 'content-type': 'application/json', 'cko-signature': signature }, body };
    },
    accepts: (status) => status >= 200 && status < 300,
    async returnTo(order) {
      if (order.returnUrl === null) return null;
      const url = new URL(order.returnUrl);
      url.searchParams.set('cko-payment-id', order.vendorNo);
      return url.href;
    },
    cancelTo: (order) => order.facts['cancelUrl'] ?? null,
    open: async () => null,
    resume: (order) => {
      for (const refund of order.refunds) void endRefund(world, order, refund);
    },
  };
}

export default {
  channel: 'checkoutcom',
  title: 'Checkout.com',
  // References may come again.
  orderKey: 'vendorNo',
  registersCallbacks: true,
  // Answers carry no signature and do not name their merchant; a refund's says no amount.
  shows: { bad_signature: [], wrong_amount: ['query'], wrong_account: [] },
  async loadKeys(vault) {
    return ['1', '2'].map((index) => ({
      secretKey: `sk_sbox_${toBase32(vault.secret(`secret-${index}`, 26))}*`,
      channelId: `pc_${vault.secret(`channel-${index}`, 26)}`,
      signatureKey: vault.secret(`signature-${index}`, 40),
    }));
  },
  accounts: (keys) =>
    keys.map(({ secretKey, channelId, signatureKey }) => ({
      id: channelId,
      configure: (baseUrl) => ({
        base_url: baseUrl,
        secret_key: secretKey,
        processing_channel_id: channelId,
        signature_key: signatureKey,
        default_country: 'GB',
      }),
    })),
  open: openCheckout,
} satisfies VendorModule<readonly Merchant[]>;
