import { createHash } from 'node:crypto';

export type Params = Readonly<Record<string, string>>;

const orderFields =
  'inputCharset pageUrl bgUrl version language signType merchantAcctId payerName payerContactType payerContact orderId orderAmount orderTime productName productNum productId productDesc ext1 ext2 payType bankId redoFlag pid';
const noticeFields =
  'merchantAcctId version language signType payType bankId orderId orderTime orderAmount bindCard bindMobile dealId bankDealId dealTime payAmount fee ext1 ext2 payResult errCode';
const questionFields = 'inputCharset version signType merchantAcctId queryType queryMode startTime endTime requestPage orderId';
const replyFields = 'version signType merchantAcctId errCode currentPage pageCount pageSize recordCount';
const detailFields = 'orderId orderAmount orderTime dealTime payResult payType payAmount fee dealId';

/** The fields in the order of the gateway's document, empty ones left out. */
const join = (fields: string, params: Params): string =>
  fields
    .split(' ')
    .filter((name) => params[name])
    .map((name) => `${name}=${params[name]}`)
    .join('&');

export const orderText = (params: Params) => join(orderFields, params);
export const noticeText = (params: Params) => join(noticeFields, params);

const digest = (text: string, key: string) => createHash('md5').update(`${text}&key=${key}`, 'utf8').digest('hex').toUpperCase();

/** The query has a key of its own and MD5, which WebCrypto lacks. */
export const signQuestion = (params: Params, key: string) => digest(join(questionFields, params), key);
export const signReply = (params: Params, key: string) => digest(join(replyFields, params), key);
export const signDetail = (params: Params, key: string) => digest(join(detailFields, params), key);
