import { hmac, spoiled } from '../../hmac.ts';
import { endRefund } from '../../orders.ts';
import { basicOf, findRoute } from '../../requests.ts';
import type { Happening, Order, Vendor, VendorModule, Wire } from '../../types.ts';
import type { World } from '../../world.ts';
import { invalid, isRecord, problem, seconds } from './common.ts';
import { describeOrder, describePayment, describeRefund } from './objects.ts';
import { makeRoutes } from './routes.ts';

export interface Merchant {
  /** Names the account. */
  readonly keyId: string;
  readonly keySecret: string;
  readonly webhookSecret: string;
  /** `acc_…`, which only callbacks say. */
  readonly accountId: string;
}
export type RazorpayWorld = World<readonly Merchant[]>;

const told: Partial<Record<Happening, readonly string[]>> = {
  paid: ['payment.captured', 'order.paid'],
  failed: ['payment.failed'],
  refunded: ['refund.processed'],
};

/** The order that a window was opened with, as the vendor's script in the browser would look it up. */
function openCheckout(world: RazorpayWorld, target: string): Order | null {
  if (!target.includes('"order_id"')) return null;
  try {
    const options: unknown = JSON.parse(target);
    if (!isRecord(options) || typeof options['name'] !== 'string') return null;
    const order = world.store.findByVendorNo(world.channel, String(options['order_id']).replace(/^order_/, 'pay_'));
    const isSame = order?.account === options['key'] && order?.amount === options['amount'] && order?.currency === options['currency'];
    return isSame && order?.facts['orderId'] === options['order_id'] ? (order ?? null) : null;
  } catch {
    return null;
  }
}

function openRazorpay(world: RazorpayWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (wire: Wire) => {
    const given = basicOf(wire);
    return world.keys.find(({ keyId, keySecret }) => keyId === given?.user && keySecret === given.password);
  };
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: basicOf(wire)?.user ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(wire);
      const found = findRoute(routes, wire);
      if (merchant === undefined) return { answer: problem(401, 'BAD_REQUEST_ERROR', 'Authentication failed') };
      if (found === null) return { answer: problem(404, 'BAD_REQUEST_ERROR', 'The requested URL was not found on the server.') };
      return found.run({ wire, parts: found.parts, merchant, twist });
    },
    async fail(_, trouble, code) {
      if (trouble === 'http_500') return problem(500, 'SERVER_ERROR', 'We are facing some trouble completing your request');
      if (trouble === 'rate_limited') return problem(429, 'BAD_REQUEST_ERROR', 'Request failed');
      return invalid(code ?? 'Your account does not have enough balance to carry out the refund operation.');
    },
    events: (_, happening) => told[happening] ?? [],
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.find(({ keyId }) => keyId === order.account);
      const shown = twist.forged ? { ...order, state: 'paid' as const, paidAt: world.now() } : order;
      // A callback shows the payment as it was when it was captured, whatever has been refunded since.
      const asPaid = callback.event.startsWith('refund.') ? shown : { ...shown, refunds: [] };
      const refund = order.refunds.find(({ vendorNo, number }) => callback.refund === number || callback.refund === vendorNo);
      const payload = {
        payment: { entity: describePayment(asPaid, twist) },
        ...(callback.event === 'order.paid' ? { order: { entity: describeOrder(shown, twist) } } : {}),
        ...(refund === undefined ? {} : { refund: { entity: describeRefund(order, refund, twist) } }),
      };
      const accountId = merchant === undefined || twist.wrongAccount ? 'acc_SomebodyElse01' : merchant.accountId;
      const facts = { entity: 'event', account_id: accountId, event: callback.event, contains: Object.keys(payload) };
      const body = JSON.stringify({ ...facts, payload, created_at: seconds(world.now()) });
      const secret = twist.forged || merchant === undefined ? 'the-secret-of-a-stranger' : merchant.webhookSecret;
      const signature = spoiled(await hmac('SHA-256', secret, body), twist.badSignature).toString('hex');
      const headers = { 'content-type': 'application/json', 'x-razorpay-signature': signature, 'x-razorpay-event-id': callback.id };
      return { headers, body };
    },
    accepts: (status) => status >= 200 && status < 300,
    returnTo: async () => null,
    cancelTo: () => null,
    open: async (target) => openCheckout(world, target),
    resume: (order) => {
      for (const refund of order.refunds) void endRefund(world, order, refund);
    },
  };
}

export default {
  channel: 'razorpay',
  title: 'Razorpay',
  // Receipts may come again.
  orderKey: 'vendorNo',
  registersCallbacks: true,
  // Answers carry no signature and do not name their merchant: only callbacks do.
  shows: { bad_signature: [], wrong_amount: ['pay', 'query', 'refund'], wrong_account: [] },
  async loadKeys(vault) {
    return ['1', '2'].map((index) => ({
      keyId: `rzp_test_${vault.secret(`key-${index}`, 14)}`,
      keySecret: vault.secret(`secret-${index}`, 24),
      webhookSecret: vault.secret(`webhook-${index}`, 32),
      accountId: `acc_${vault.secret(`account-${index}`, 14)}`,
    }));
  },
  accounts: (keys) =>
    keys.map(({ keyId, keySecret, webhookSecret, accountId }) => ({
      id: keyId,
      configure: (baseUrl) => ({
        base_url: baseUrl,
        key_id: keyId,
        key_secret: keySecret,
        webhook_secret: webhookSecret,
        business_name: 'Tea & Co.',
        account_id: accountId,
      }),
    })),
  open: openRazorpay,
} satisfies VendorModule<readonly Merchant[]>;
