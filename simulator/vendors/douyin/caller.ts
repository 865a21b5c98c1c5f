import { canonicalJson } from '../../fields.ts';
import { toChinaRfc3339 } from '../../time.ts';
import type { Caller } from '../../types.ts';
import { describeOrder, describeRefund, strangerOf } from './answers.ts';
import type { DouyinWorld } from './keys.ts';
import { proveMessage, seal } from './sign.ts';

const events: Readonly<Record<string, readonly string[]>> = {
  paid: ['TRANSACTION.SUCCESS'],
  failed: ['TRANSACTION.FAIL'],
  refunded: ['REFUND.SUCCESS'],
};

/** Douyin Pay's notifications: sealed under the merchant's key, signed with the platform's. */
export function makeCaller(world: DouyinWorld): Caller {
  return {
    events: (_, happening) => events[happening] ?? [],
    callbackUrl: (order, refund) => (refund === null ? order.notifyUrl : (refund.facts['notifyUrl'] ?? null)),
    async compose(order, callback, twist) {
      const merchant = world.keys.merchants.find(({ mchid }) => mchid === order.account);
      const platform = world.keys.platform.get(merchant?.platformSerial ?? '');
      if (merchant === undefined || platform === undefined) throw new Error(`no merchant ${order.account}`);
      const refund = order.refunds.find(({ number }) => number === callback.refund);
      const isPaid = callback.event === 'TRANSACTION.SUCCESS';
      const told =
        refund === undefined
          ? describeOrder(order, merchant, twist, world.now(), isPaid)
          : { ...describeRefund(order, refund, twist), refund_status: 'SUCCESS' };
      const type = refund === undefined ? 'transaction' : 'refund';
      const mchid = twist.wrongAccount ? strangerOf(merchant.mchid) : merchant.mchid;
      const body = JSON.stringify({
        id: callback.id,
        create_time: toChinaRfc3339(world.now()),
        event_type: callback.event,
        resource_type: 'encrypt-resource',
        summary: type === 'refund' ? '退款成功' : '支付结果',
        resource: { original_type: type, mchid, ...(await seal(merchant.encryptKey, canonicalJson(told), type)) },
      });
      const key = twist.forged ? (await world.forger()).sign : platform.sign;
      const proof = await proveMessage(key, { serial: merchant.platformSerial, body, nowMs: world.now(), spoil: twist.badSignature });
      return { headers: { 'content-type': 'application/json', ...proof }, body };
    },
    accepts: (status) => status === 200 || status === 204,
  };
}
