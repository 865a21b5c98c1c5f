import { toChinaText } from '../../time.ts';
import type { Caller, Order, Till } from '../../types.ts';
import { toYuan } from '../../yuan.ts';
import { describeNotice } from './answers.ts';
import type { AlipayWorld } from './keys.ts';
import { shownTrade } from './merge.ts';
import { signNotice } from './sign.ts';

/** Alipay's notifications: signed forms about the whole trade. */
export function makeCaller(world: AlipayWorld): Caller {
  return {
    events: (_, happening) => (happening === 'paid' || happening === 'refunded' ? ['trade_status_sync'] : []),
    // A refund is told to the address that was given for the trade.
    callbackUrl: (order) => order.notifyUrl,
    async compose(order, callback, twist) {
      const merchant = world.keys.merchants.find(({ appId }) => appId === order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const refund = order.refunds.find(({ number }) => number === callback.refund) ?? null;
      const params = { ...describeNotice(shownTrade(order, refund), refund, merchant, twist, world.now()), notify_id: callback.id };
      const key = twist.forged ? (await world.forger()).sign : world.keys.platform.sign;
      const body = new URLSearchParams(await signNotice(key, params, twist.badSignature)).toString();
      return { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body };
    },
    accepts: (status, body) => status === 200 && body.trim() === 'success',
  };
}

/** The shopper's way back, with signed facts. The way in is a signed address or form, which any browser can follow. */
export function makeTill(world: AlipayWorld): Omit<Till, 'open'> {
  async function returnTo(order: Order): Promise<string | null> {
    const merchant = world.keys.merchants.find(({ appId }) => appId === order.account);
    if (order.returnUrl === null || !URL.canParse(order.returnUrl) || merchant === undefined) return null;
    const params = {
      charset: 'utf-8',
      out_trade_no: order.number,
      method: `alipay.trade.${order.product}.pay.return`,
      total_amount: toYuan(order.amount),
      trade_no: order.vendorNo,
      auth_app_id: merchant.appId,
      version: '1.0',
      app_id: merchant.appId,
      seller_id: merchant.sellerId,
      timestamp: toChinaText(world.now()),
    };
    const url = new URL(order.returnUrl);
    for (const [name, value] of Object.entries(await signNotice(world.keys.platform.sign, params, false)))
      url.searchParams.set(name, value);
    return url.href;
  }

  return {
    returnTo,
    cancelTo: (order) => order.facts.quitUrl || null,
  };
}
