import type { Payer } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Action } from '../../../core/contract/outcome.ts';
import type { DouyinAccount } from './gateway.ts';
import { signMessage, toUnixSeconds, writeCashierMessage } from './sign.ts';
import { type Data, isText } from './texts.ts';

/** What sets one product's orders apart from the others'. Its name is the end of the path under which they are made. */
interface Product {
  /** The part of the order that only this product has; null when the merchant left out what it needs. */
  readonly describeShopper: (payer: Payer) => Data | null;
  /** What the shopper is handed; null when the answer does not hold it. */
  readonly readAction: (account: DouyinAccount, data: Data, call: Call) => Promise<Action | null>;
}

const describeNobody = ({ clientIp }: Payer): Data => (clientIp === undefined ? {} : { scene_info: { payer_client_ip: clientIp } });

export const products: Readonly<Record<string, Product>> = {
  native: { describeShopper: describeNobody, readAction: readCode },
  // The vendor's field for the shopper is optional: its libraries have it, and public clients leave it out.
  jsapi: {
    describeShopper: (payer) => ({ ...describeNobody(payer), ...(payer.openid === undefined ? {} : { payer: { openid: payer.openid } }) }),
    readAction: readCashier,
  },
  app: { describeShopper: describeNobody, readAction: readAppCall },
  h5: {
    describeShopper: ({ clientIp }) =>
      clientIp === undefined ? null : { scene_info: { payer_client_ip: clientIp, h5_info: { type: 'Wap' } } },
    readAction: readPage,
  },
};

async function readCode(_account: DouyinAccount, data: Data): Promise<Action | null> {
  return isText(data.code_url) ? { type: 'qr', qrContent: data.code_url } : null;
}

async function readPage(_account: DouyinAccount, data: Data): Promise<Action | null> {
  return isText(data.h5_url) && /^https?:\/\//.test(data.h5_url) ? { type: 'redirect', url: data.h5_url } : null;
}

async function readCashier(account: DouyinAccount, data: Data, call: Call): Promise<Action | null> {
  if (!isText(data.prepay_id)) return null;
  const [appId, timeStamp, nonceStr] = [account.appid, toUnixSeconds(call.now()), call.nonce()];
  const wrapped = `prepay_id=${data.prepay_id}`;
  const paySign = await signMessage(account.privateKey, writeCashierMessage(appId, timeStamp, nonceStr, wrapped));
  return { type: 'sdk', params: { appId, timeStamp, nonceStr, package: wrapped, signType: 'DouyinPay-RSA', paySign } };
}

/** From an app the signature covers the bare order id. */
async function readAppCall(account: DouyinAccount, data: Data, call: Call): Promise<Action | null> {
  if (!isText(data.prepay_id)) return null;
  const [appid, prepayid] = [account.appid, data.prepay_id];
  const [timestamp, noncestr] = [toUnixSeconds(call.now()), call.nonce()];
  const sign = await signMessage(account.privateKey, writeCashierMessage(appid, timestamp, noncestr, prepayid));
  return { type: 'sdk', params: { appid, partnerid: account.mchid, prepayid, package: 'Sign=DYPay', noncestr, timestamp, sign } };
}
