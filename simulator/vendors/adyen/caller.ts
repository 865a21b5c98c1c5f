import type { Callback, Caller, Order, Till, Twist } from '../../types.ts';
import type { AdyenMerchant, AdyenWorld } from './keys.ts';
import { isRefused } from './refunds.ts';
import { signNotice, type UnsignedItem } from './sign.ts';

const refusedTry = 'AUTHORISATION refused';

/** The members of an item that Adyen signs. A refused try has a number of its own, made of the callback's. */
function itemOf(order: Order, callback: Callback, { wrongAmount, wrongAccount }: Twist): UnsignedItem {
  const refund = order.refunds.find(({ number }) => number === callback.refund);
  const common = { merchantAccountCode: wrongAccount ? 'SimulatedOtherECOM' : order.account };
  const amount = { currency: order.currency, value: (refund ?? order).amount + (wrongAmount ? 1 : 0) };
  if (refund !== undefined) {
    const numbers = { pspReference: refund.vendorNo, originalReference: order.vendorNo, merchantReference: refund.number };
    return { ...common, amount, ...numbers, eventCode: 'REFUND', success: isRefused(refund) ? 'false' : 'true' };
  }
  const isRefusal = callback.event === refusedTry;
  const pspReference = isRefusal ? callback.id.slice(0, 16).toUpperCase() : order.vendorNo;
  return {
    ...common,
    amount,
    pspReference,
    merchantReference: order.number,
    eventCode: 'AUTHORISATION',
    success: isRefusal ? 'false' : 'true',
  };
}

function describeRest(order: Order, item: UnsignedItem, nowMs: number) {
  const isYes = item.success === 'true';
  return {
    eventDate: new Date(nowMs).toISOString().replace(/\.\d+Z$/, '+00:00'),
    paymentMethod: 'visa',
    reason: isYes ? '' : item.eventCode === 'REFUND' ? 'Insufficient balance on payment' : 'Refused',
    ...(item.eventCode === 'AUTHORISATION' && isYes && { operations: ['REFUND'] }),
    ...(item.originalReference !== undefined && { originalReference: item.originalReference }),
    ...(order.product === 'link' ? { link: { paymentLinkId: order.token } } : { link: { checkoutSessionId: order.token } }),
  };
}

const loginOf = ({ login }: AdyenMerchant) =>
  login === null ? {} : { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` };

/** Adyen's standard notifications, sent to the address that was registered for the account. */
export function makeCaller(world: AdyenWorld): Caller {
  return {
    events(_order, happening) {
      if (happening === 'paid') return ['AUTHORISATION'];
      if (happening === 'failed') return [refusedTry];
      return happening === 'refunded' ? ['REFUND'] : [];
    },
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.merchants.find(({ account }) => account === order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const item = itemOf(order, callback, twist);
      const { link, ...rest } = describeRest(order, item, world.now());
      const hmacSignature = await signNotice(twist.forged ? 'AB'.repeat(32) : merchant.hmacKey, item, twist.badSignature);
      const captureDelay = item.eventCode === 'AUTHORISATION' ? { captureDelayHours: '0' } : {};
      const whole = { additionalData: { ...link, ...captureDelay, hmacSignature }, ...item, ...rest };
      const body = JSON.stringify({ live: 'false', notificationItems: [{ NotificationRequestItem: whole }] });
      return { headers: { 'content-type': 'application/json; charset=utf-8', ...loginOf(merchant) }, body };
    },
    accepts: (status, body) => status >= 200 && status < 300 && body.trim() === '[accepted]',
  };
}

/** What the shopper was given is a link's address, or what Adyen's client library is started with. */
export function makeTill(world: AdyenWorld): Till {
  return {
    returnTo: async (order) => order.returnUrl,
    cancelTo: () => null,
    async open(target) {
      const params = readParams(target);
      const order = params === null ? undefined : world.store.findByToken('adyen', params.id);
      const merchant = world.keys.merchants.find(({ account }) => account === order?.account);
      if (order?.product !== 'session' || params === null || merchant === undefined) return null;
      const isOurs = params.sessionData === order.facts.sessionData && params.clientKey === merchant.clientKey;
      return isOurs && params.environment === 'test' ? order : null;
    },
  };
}

interface Params {
  readonly id: string;
  readonly sessionData: string;
  readonly clientKey: string;
  readonly environment: string;
}

function readParams(target: string): Params | null {
  if (!target.startsWith('{')) return null;
  try {
    const params = JSON.parse(target) as Params;
    return /^CS[0-9A-F]+$/.test(params.id) ? params : null;
  } catch {
    return null;
  }
}
