import { canonicalJson } from '../../fields.ts';
import { toChinaRfc3339 } from '../../time.ts';
import type { Caller, Order, Twist } from '../../types.ts';
import { describeRefundNotice, describeTransaction } from './answers.ts';
import { describeCombined } from './combine.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';
import { shownOrder } from './refunds.ts';
import { seal, signMessage } from './sign.ts';

/** What is sealed inside a notification. */
function describeEvent(world: WechatWorld, order: Order, refundNumber: string | null, merchant: WechatMerchant, twist: Twist) {
  const isCombined = order.product === 'combine';
  if (refundNumber === null && isCombined)
    return { type: 'transaction', plain: describeCombined(order, merchant, twist, world.now(), true) };
  if (refundNumber === null) return { type: 'transaction', plain: describeTransaction(order, merchant, twist, world.now(), true) };
  const refund = order.refunds.find(({ number }) => number === refundNumber);
  if (refund === undefined) throw new Error(`no refund ${refundNumber}`);
  return { type: 'refund', plain: describeRefundNotice(shownOrder(order, refund), refund, merchant, twist) };
}

/** WeChat Pay's notifications: sealed under the merchant's key, signed with the platform's. */
export function makeCaller(world: WechatWorld): Caller {
  return {
    events: (_, happening) => (happening === 'paid' ? ['TRANSACTION.SUCCESS'] : happening === 'refunded' ? ['REFUND.SUCCESS'] : []),
    callbackUrl: (order, refund) => (refund === null ? order.notifyUrl : (refund.facts.notifyUrl ?? null)),
    async compose(order, callback, twist) {
      const merchant = world.keys.merchants.find(({ mchid }) => mchid === order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const { plain, type } = describeEvent(world, order, callback.refund, merchant, twist);
      const body = JSON.stringify({
        id: callback.id,
        create_time: toChinaRfc3339(world.now()),
        resource_type: 'encrypt-resource',
        event_type: callback.event,
        summary: type === 'refund' ? '退款成功' : '支付成功',
        resource: { original_type: type, ...seal(merchant.apiV3Key, canonicalJson(plain), type) },
      });
      const platform = world.keys.platform[merchant.platformSerial];
      const key = twist.forged ? (await world.forger()).sign : platform?.pair.sign;
      if (key === undefined) throw new Error(`no platform key ${merchant.platformSerial}`);
      const proof = await signMessage(key, { serial: merchant.platformSerial, body, nowMs: world.now(), spoil: twist.badSignature });
      return { headers: { 'content-type': 'application/json', ...proof }, body };
    },
    accepts: (status) => status === 200 || status === 204,
  };
}
