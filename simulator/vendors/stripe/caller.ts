import type { Caller, Order, Till, Twist } from '../../types.ts';
import { apiVersion } from './common.ts';
import type { StripeWorld } from './keys.ts';
import { describeCharge, describeIntent, describeRefund, describeSession, readFacts } from './objects.ts';
import { signEvent } from './sign.ts';

/** The object that an event is about, as it is now. */
function describeSubject(world: StripeWorld, order: Order, event: string, refundNo: string | null, twist: Twist): unknown {
  const refund = order.refunds.find(({ number }) => number === refundNo);
  if (event.startsWith('checkout.session.')) {
    return describeSession(order, twist, { nowMs: world.now(), pagesUrl: world.pagesUrl, expand: [] });
  }
  if (event === 'charge.refunded') return describeCharge(order, twist);
  if (refund !== undefined) return describeRefund(order, refund, twist);
  return describeIntent(order, twist, [], event === 'payment_intent.payment_failed');
}

/** Stripe's events, sent to the address that was registered for the account. */
export function makeCaller(world: StripeWorld): Caller {
  return {
    events(order, happening) {
      switch (happening) {
        case 'paid':
          return order.product === 'checkout' ? ['payment_intent.succeeded', 'checkout.session.completed'] : ['payment_intent.succeeded'];
        case 'refunded':
          return ['charge.refunded', 'refund.updated'];
        case 'closed':
          return ['payment_intent.canceled'];
        case 'failed':
          return ['payment_intent.payment_failed'];
        case 'expired':
          return ['checkout.session.expired'];
        case 'approved':
          return [];
      }
    },
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.merchants.find(({ accountId }) => accountId === order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const told: Order = twist.forged ? { ...order, state: 'paid', paidAt: world.now() } : order;
      const body = JSON.stringify({
        id: `evt_${callback.id}`,
        object: 'event',
        api_version: apiVersion,
        created: Math.trunc(world.now() / 1000),
        data: { object: describeSubject(world, told, callback.event, callback.refund, twist) },
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
  };
}

/** What the shopper was given is a session's address or an intent's client secret. */
export function makeTill(world: StripeWorld): Till {
  return {
    returnTo: async (order) => order.returnUrl?.replaceAll('{CHECKOUT_SESSION_ID}', order.token) ?? null,
    cancelTo: (order) => readFacts(order).cancelUrl,
    async open(target) {
      const session = /cs_test_[0-9a-f]+/.exec(target)?.[0];
      if (session !== undefined) return world.store.findByToken('stripe', session) ?? null;
      const intent = /(pi_3[0-9a-f]+)_secret_/.exec(target)?.[1];
      return intent === undefined ? null : (world.store.findByVendorNo('stripe', intent) ?? null);
    },
  };
}
