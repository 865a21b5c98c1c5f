import type { Payer, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Action } from '../../../core/contract/outcome.ts';
import type { WechatAccount } from './gateway.ts';
import { signMessage, toUnixSeconds, writeCashierMessage } from './sign.ts';
import { type Data, isText } from './texts.ts';

/** What sets one product's orders apart from the others'. */
interface Product {
  /** The end of the path under which its orders are made. */
  readonly path: string;
  readonly appidOf: (account: WechatAccount) => string;
  /** The part of the order that only this product has; null when the merchant left out what it needs. */
  readonly describeShopper: (payer: Payer) => Data | null;
  /** What the shopper is handed; null when the answer does not hold it. */
  readonly readAction: (account: WechatAccount, request: PayRequest, data: Data, call: Call) => Promise<Action | null>;
}

const describeOpenid = ({ openid }: Payer) => (openid === undefined ? null : { payer: { openid } });

/** The products whose orders are single and made by APIv3. */
export const products: Readonly<Record<string, Product>> = {
  native: { path: 'native', appidOf: ({ appid }) => appid, describeShopper: () => ({}), readAction: readCode },
  jsapi: { path: 'jsapi', appidOf: ({ appid }) => appid, describeShopper: describeOpenid, readAction: readCashier },
  // A mini program is an app of its own at WeChat, and its openids are other ones: they fit no other appid.
  mini: { path: 'jsapi', appidOf: ({ miniAppid }) => miniAppid, describeShopper: describeOpenid, readAction: readCashier },
  app: { path: 'app', appidOf: ({ appAppid }) => appAppid, describeShopper: () => ({}), readAction: readAppCall },
  h5: {
    path: 'h5',
    appidOf: ({ appid }) => appid,
    describeShopper: ({ clientIp }) =>
      clientIp === undefined ? null : { scene_info: { payer_client_ip: clientIp, h5_info: { type: 'Wap' } } },
    readAction: readPage,
  },
};

/** A QR code. The combined order's answer has the same form. */
export async function readCode(_account: WechatAccount, _request: PayRequest, data: Data): Promise<Action | null> {
  return isText(data.code_url) ? { type: 'qr', qrContent: data.code_url } : null;
}

async function readPage(_account: WechatAccount, { returnUrl }: PayRequest, data: Data): Promise<Action | null> {
  if (!isText(data.h5_url) || !/^https?:\/\//.test(data.h5_url)) return null;
  if (returnUrl === null) return { type: 'redirect', url: data.h5_url };
  const mark = data.h5_url.includes('?') ? '&' : '?';
  return { type: 'redirect', url: `${data.h5_url}${mark}redirect_url=${encodeURIComponent(returnUrl)}` };
}

async function readCashier(account: WechatAccount, { product }: PayRequest, data: Data, call: Call): Promise<Action | null> {
  if (!isText(data.prepay_id)) return null;
  const appId = product === 'mini' ? account.miniAppid : account.appid;
  const parts = { appId, timeStamp: toUnixSeconds(call.now()), nonceStr: call.nonce(), package: `prepay_id=${data.prepay_id}` };
  const paySign = await signMessage(account.privateKey, writeCashierMessage(parts));
  return { type: 'sdk', params: { ...parts, signType: 'RSA', paySign } };
}

/** The members are named as WeChat's SDK for Android names them. The signature covers the bare order id, not `packageValue`. */
async function readAppCall(account: WechatAccount, _request: PayRequest, data: Data, call: Call): Promise<Action | null> {
  if (!isText(data.prepay_id)) return null;
  const [appId, prepayId] = [account.appAppid, data.prepay_id];
  const [timeStamp, nonceStr] = [toUnixSeconds(call.now()), call.nonce()];
  const sign = await signMessage(account.privateKey, writeCashierMessage({ appId, timeStamp, nonceStr, package: prepayId }));
  return { type: 'sdk', params: { appId, partnerId: account.mchid, prepayId, packageValue: 'Sign=WXPay', nonceStr, timeStamp, sign } };
}
