import type { Caller, Order, Till } from '../../types.ts';
import type { XenditWorld } from './keys.ts';
import { describePayment, describeRefund } from './objects.ts';

/** Xendit's callbacks: nothing of them is signed, a token in a header is all their proof. */
export function makeCaller(world: XenditWorld): Caller {
  return {
    events(_order, happening) {
      if (happening === 'paid') return ['payment.succeeded'];
      if (happening === 'refunded') return ['refund.succeeded'];
      return happening === 'failed' ? ['payment.failed'] : [];
    },
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.find(({ businessId }) => businessId === order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const told: Order = twist.forged ? { ...order, state: 'paid', paidAt: world.now() } : order;
      const refund = order.refunds.find(({ number }) => number === callback.refund);
      const body = JSON.stringify({
        event: callback.event,
        business_id: twist.wrongAccount ? `${order.account.slice(0, -1)}9` : order.account,
        created: new Date(world.now()).toISOString(),
        data: refund === undefined ? describePayment(world, told, twist) : describeRefund(order, refund, twist),
      });
      const isFalse = twist.forged || twist.badSignature;
      const token = isFalse ? merchant.callbackToken.split('').reverse().join('') : merchant.callbackToken;
      return { headers: { 'content-type': 'application/json', 'x-callback-token': token, 'webhook-id': callback.id }, body };
    },
    accepts: (status) => status >= 200 && status < 300,
  };
}

/** The shopper is given a page, a code with the page's address, or the number of an account. */
export function makeTill(world: XenditWorld): Till {
  return {
    returnTo: async (order) => order.returnUrl,
    cancelTo: (order) => (JSON.parse(order.facts.given ?? '{}') as { failure_return_url?: string }).failure_return_url ?? null,
    async open(target) {
      const [bank, number] = readTransfer(target);
      if (number === undefined) return null;
      const mayBe = [...world.store.orders.values()].filter(({ channel, facts }) => channel === world.channel && facts.account === number);
      return mayBe.find(({ facts }) => facts.code === bank && facts.type === 'VIRTUAL_ACCOUNT') ?? null;
    },
  };
}

/** The bank and the account that the merchant showed to transfer to. */
function readTransfer(target: string): readonly [bank?: string, number?: string] {
  try {
    const { bank, account_number: number } = JSON.parse(target) as Readonly<Record<string, unknown>>;
    return typeof bank === 'string' && typeof number === 'string' ? [bank, number] : [];
  } catch {
    return [];
  }
}
