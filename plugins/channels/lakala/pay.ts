import type { PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Action, Outcome, VendorError } from '../../../core/contract/outcome.ts';
import { saysProcessing } from './errors.ts';
import { ask, type Data, isRecord, type LakalaAccount, textOf } from './gateway.ts';
import { echoOf, readPaid, unreadable } from './trade.ts';

interface Product {
  readonly accountType: 'WECHAT' | 'ALIPAY' | 'UQRCODEPAY';
  /** 41: a QR code. 51: inside the wallet. 71: in a mini program of WeChat. Lakala makes no QR code for WeChat. */
  readonly transType: '41' | '51' | '71';
  readonly read: (fields: Data) => Action | null;
}

const products: Readonly<Record<string, Product>> = {
  wechat_jsapi: { accountType: 'WECHAT', transType: '51', read: readWechat },
  wechat_mini: { accountType: 'WECHAT', transType: '71', read: readWechat },
  alipay_qr: { accountType: 'ALIPAY', transType: '41', read: readCode },
  alipay_jsapi: { accountType: 'ALIPAY', transType: '51', read: readAlipay },
  unionpay_qr: { accountType: 'UQRCODEPAY', transType: '41', read: readCode },
};

/** Lakala keeps an order open for fifteen minutes at most. */
const longestMinutes = 15;
const longestSubject = 42;

export function pay(account: LakalaAccount, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.product === 'barcode') return payBarCode(account, request, call);
  const product = Object.hasOwn(products, request.product) ? products[request.product] : undefined;
  return product === undefined ? Promise.resolve({ kind: 'rejected', reason: 'unsupported' }) : preorder(account, product, request, call);
}

async function preorder(account: LakalaAccount, product: Product, request: PayRequest, call: Call): Promise<Outcome> {
  const isWechat = product.accountType === 'WECHAT';
  if (isWechat && account.wechatAppId === null) {
    return { kind: 'rejected', reason: 'config', vendor: { code: 'wechat_appid', message: 'WeChat needs wechat_appid in the account' } };
  }
  const answer = await ask(account, call, '/api/v3/labs/trans/preorder', {
    ...orderOf(account, request),
    account_type: product.accountType,
    trans_type: product.transType,
    acc_busi_fields: {
      timeout_express: String(minutesOf(request)),
      ...(isWechat && { sub_appid: account.wechatAppId }),
      ...(product.transType !== '41' && { user_id: request.payer.openid }),
    },
  });
  if (answer.kind === 'fault') return undecided(answer.fault);
  if (answer.kind !== 'data') return answer;
  const { acc_resp_fields: fields } = answer.data;
  const channelNo = textOf(answer.data['trade_no']);
  const action = isRecord(fields) ? product.read(fields) : null;
  if (channelNo === null || action === null || !isAbout(account, request, answer.data)) return unreadable;
  return { kind: 'action', action, channelNo };
}

async function payBarCode(account: LakalaAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, '/api/v3/labs/trans/micropay', {
    ...orderOf(account, request),
    auth_code: request.payer.authCode,
  });
  if (answer.kind === 'fault') {
    if (saysProcessing(answer.fault)) return { kind: 'ok', report: { state: 'processing', echo: {} } };
    return undecided(answer.fault);
  }
  if (answer.kind !== 'data') return answer;
  const { need_query: needsQuery = '0' } = answer.data;
  if (needsQuery !== '0') return { kind: 'ok', report: { state: 'processing', echo: echoOf(answer.data) } };
  const report = readPaid(account.kit, answer.data);
  return report?.echo.number === undefined ? unreadable : { kind: 'ok', report };
}

function orderOf({ requestIp }: LakalaAccount, request: PayRequest): Data {
  return {
    out_trade_no: request.number,
    total_amount: String(request.money.amount),
    subject: [...request.subject].slice(0, longestSubject).join(''),
    notify_url: request.callbackUrl,
    location_info: { request_ip: request.payer.clientIp ?? requestIp },
  };
}

/** From the attempt's own times, so that a repeat says the same. */
function minutesOf({ createdAt, expiresAt }: PayRequest): number {
  const minutes = Math.ceil((expiresAt.getTime() - createdAt.getTime()) / 60_000);
  return Math.min(Math.max(minutes, 1), longestMinutes);
}

/** No code of these calls is documented as a final no, so a query decides. */
function undecided(fault: VendorError): Outcome {
  return { kind: 'unknown', reason: 'unmapped', vendor: fault };
}

/** What an action opens must be ours: the kernel compares only reports. */
function isAbout({ merchantNo }: LakalaAccount, { number }: PayRequest, data: Data): boolean {
  return data['out_trade_no'] === number && data['merchant_no'] === merchantNo;
}

function readCode({ code }: Data): Action | null {
  const qrContent = textOf(code);
  return qrContent === null ? null : { type: 'qr', qrContent };
}

function readAlipay({ prepay_id: prepayId }: Data): Action | null {
  const tradeNO = textOf(prepayId);
  return tradeNO === null ? null : { type: 'sdk', params: { tradeNO } };
}

function readWechat(fields: Data): Action | null {
  const params = {
    appId: fields['app_id'],
    timeStamp: fields['time_stamp'],
    nonceStr: fields['nonce_str'],
    package: fields['package'],
    signType: fields['sign_type'],
    paySign: fields['pay_sign'],
  };
  return Object.values(params).every((value) => typeof value === 'string' && value !== '') ? { type: 'sdk', params } : null;
}
