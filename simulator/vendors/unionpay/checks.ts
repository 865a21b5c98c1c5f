import type { Params } from './sign.ts';

interface Kind {
  readonly path: string;
  readonly product: (params: Params) => string;
  readonly fields: Readonly<Record<string, RegExp>>;
  readonly optional?: Readonly<Record<string, RegExp>>;
}

const address = /^https?:\/\/\S{1,250}$/;
const time = /^\d{14}$/;
const amount = /^[1-9]\d{0,11}$/;
const order = { orderId: /^[0-9A-Za-z]{8,40}$/, txnTime: time };
const envelope = {
  version: /^5\.1\.0$/,
  encoding: /^utf-8$/i,
  signMethod: /^01$/,
  certId: /^\d{1,40}$/,
  signature: /^[0-9A-Za-z+/]+=*$/,
  accessType: /^0$/,
  merId: /^[0-9A-Za-z]{15}$/,
};
const sale = { ...order, txnType: /^01$/, channelType: /^0[78]$/, txnAmt: amount, currencyCode: /^156$/, backUrl: address };
const gateway = { ...sale, txnSubType: /^01$/, bizType: /^000201$/ };

/** What the gateway is asked for, told apart by address, type and subtype. */
const kinds: readonly Kind[] = [
  {
    path: 'frontTransReq.do 01 01',
    product: ({ channelType, issInsCode }) => (channelType === '08' ? 'wap' : issInsCode ? 'netbank' : 'web'),
    fields: gateway,
    optional: { frontUrl: address, payTimeout: time, issInsCode: /^[A-Z0-9]{2,20}$/ },
  },
  { path: 'appTransReq.do 01 01', product: () => 'app', fields: { ...gateway, channelType: /^08$/ }, optional: { payTimeout: time } },
  {
    path: 'backTransReq.do 01 07',
    product: () => 'qr',
    fields: { ...sale, txnSubType: /^07$/, bizType: /^000000$/ },
    optional: { payTimeout: time },
  },
  {
    path: 'backTransReq.do 01 06',
    product: () => 'barcode',
    fields: { ...sale, txnSubType: /^06$/, bizType: /^000000$/, qrNo: /^62\d{17}$/ },
    optional: { termId: /^[0-9A-Za-z]{8}$/ },
  },
  {
    path: 'backTransReq.do 04 00',
    product: () => 'refund',
    fields: {
      ...order,
      txnType: /^04$/,
      txnSubType: /^00$/,
      bizType: /^000(000|201)$/,
      channelType: /^0[78]$/,
      txnAmt: amount,
      origQryId: /^\d{21}$/,
      backUrl: address,
    },
  },
  {
    path: ' 76 01',
    product: () => 'statement',
    fields: { txnTime: time, txnType: /^76$/, txnSubType: /^01$/, bizType: /^000000$/, settleDate: /^\d{4}$/, fileType: /^00$/ },
  },
  {
    path: 'queryTrans.do 00 00',
    product: () => 'query',
    fields: { ...order, txnType: /^00$/, txnSubType: /^00$/, bizType: /^000(000|201)$/ },
  },
];

/** Which product a request is for; null for an address and types that do not go together. */
export function productOf(path: string, params: Params): string | null {
  const name = `${path.split('/').at(-1)} ${params.txnType ?? ''} ${params.txnSubType ?? ''}`;
  return kinds.find((kind) => kind.path === name)?.product(params) ?? null;
}

/** The first fault of the fields, as the gateway's code and words; null when there is none. */
export function faultOf(path: string, params: Params): readonly [code: string, message: string] | null {
  const name = `${path.split('/').at(-1)} ${params.txnType ?? ''} ${params.txnSubType ?? ''}`;
  const kind = kinds.find((one) => one.path === name);
  if (kind === undefined) return ['10', '报文格式错误[txnType]'];
  const fields = { ...envelope, ...kind.fields };
  const missing = Object.keys(fields).find((field) => !params[field]);
  if (missing !== undefined) return ['13', `报文交易要素缺失[${missing}]`];
  const rules: Readonly<Record<string, RegExp>> = { ...fields, ...kind.optional };
  const wrong = Object.entries(params).find(([field, value]) => !rules[field]?.test(value));
  return wrong === undefined ? null : ['10', `报文格式错误[${wrong[0]}]`];
}
