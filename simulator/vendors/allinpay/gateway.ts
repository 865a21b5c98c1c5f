import { randomBytes, randomInt } from 'node:crypto';
import { jsonAnswer, pageAnswer } from '../../answers.ts';
import { closeOrder, draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import { findRoute, type Route, readForm } from '../../requests.ts';
import { importPrivateKey, type Key, signText, verifyText } from '../../rsa.ts';
import { toChinaDay, toChinaText } from '../../time.ts';
import type { Done, Order, Twist, Vendor, Wire } from '../../types.ts';
import type { World } from '../../world.ts';

type Params = Readonly<Record<string, string>>;

interface Merchant {
  readonly cusid: string;
  readonly appid: string;
  readonly privatePem: string;
  /** The interface signs with SHA-1. */
  readonly verify: Key;
}

export interface AllinpayKeys {
  readonly merchants: readonly Merchant[];
  readonly publicPem: string;
  readonly sign: Key;
}

type AllinpayWorld = World<AllinpayKeys>;

/** What a request came to, before it is signed. */
interface Result {
  readonly fields: Params;
  readonly order?: Order;
  readonly afterwards?: () => void;
}
type Handler = (merchant: Merchant, params: Params, twist: Twist) => Result;

const payTypes: Readonly<Record<string, string>> = { W01: 'VSP501', A01: 'VSP511', U01: 'VSP551' };
const refundTypes: Readonly<Record<string, string>> = { VSP501: 'VSP503', VSP511: 'VSP513', VSP551: 'VSP553' };
const longestMinutes = 24 * 60;

/** Non-empty parameters by name, `name=value` with & between them, without the signature. */
const textToSign = (params: Params): string =>
  Object.keys(params)
    .filter((name) => name !== 'sign' && params[name] !== '')
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');

const toDigits = (atMs: number) => toChinaText(atMs).replace(/\D/g, '');
const failed = (trxstatus: string, errmsg: string, order?: Order): Result => ({ fields: { trxstatus, errmsg }, ...(order && { order }) });
const makeNo = (nowMs: number) => `${toChinaDay(nowMs).slice(2)}${Array.from({ length: 9 }, () => randomInt(10)).join('')}`;

function pay(world: AllinpayWorld, merchant: Merchant, params: Params): Result {
  const { reqsn = '', trxamt = '', paytype = '', body = '', notify_url: notifyUrl = '', validtime = '5' } = params;
  if (!/^[\w-]{1,32}$/.test(reqsn)) return failed('3999', 'reqsn');
  if (!/^[1-9]\d{0,14}$/.test(trxamt)) return failed('3999', 'trxamt');
  if (!Object.hasOwn(payTypes, paytype)) return failed('3999', 'paytype');
  if (Buffer.byteLength(body) > 200 || !/^https?:\/\//.test(notifyUrl)) return failed('3999', 'body, notify_url');
  if (!/^[1-9]\d{0,3}$/.test(validtime) || Number(validtime) > longestMinutes) return failed('3999', 'validtime');
  if (world.store.findOrder('allinpay', merchant.cusid, reqsn) !== undefined) return failed('3999', '商户订单号重复');
  const order = draftOrder(world, {
    account: merchant.cusid,
    number: reqsn,
    product: paytype,
    vendorNo: makeNo(world.now()),
    amount: Number(trxamt),
    currency: 'CNY',
    subject: body,
    expiresAt: world.now() + Number(validtime) * 60_000,
    notifyUrl,
    facts: { trxcode: payTypes[paytype] ?? '' },
  });
  world.store.save(order);
  return { fields: { trxid: order.vendorNo, reqsn, trxstatus: '0000', payinfo: world.payPage(order) }, order };
}

function statusOf(order: Order, nowMs: number): string {
  if (order.state === 'paid') return '0000';
  return order.state === 'closed' || nowMs >= order.expiresAt ? '3045' : '2008';
}

function query(world: AllinpayWorld, merchant: Merchant, params: Params, twist: Twist): Result {
  const found = world.store.findRefund('allinpay', merchant.cusid, params.reqsn ?? '');
  const order = found?.order ?? world.store.findOrder('allinpay', merchant.cusid, params.reqsn ?? '');
  const bornAt = found?.refund.createdAt ?? order?.createdAt ?? 0;
  if (order === undefined || world.now() - bornAt < twist.notFoundUntilMs) return failed('1001', '交易不存在', order);
  const { number, vendorNo, amount } = found?.refund ?? order;
  const code = order.facts.trxcode ?? '';
  const trxstatus = found === undefined ? statusOf(order, world.now()) : '0000';
  const fields = {
    trxid: vendorNo,
    reqsn: number,
    trxcode: found === undefined ? code : (refundTypes[code] ?? ''),
    trxamt: String(amount + (twist.wrongAmount ? 1 : 0)),
    trxstatus,
    ...(trxstatus === '0000' && { fintime: toDigits(found?.refund.createdAt ?? order.paidAt) }),
  };
  return { fields, order };
}

function close(world: AllinpayWorld, merchant: Merchant, params: Params): Result {
  const order = world.store.findOrder('allinpay', merchant.cusid, params.oldreqsn ?? '');
  if (order === undefined) return failed('1001', '原交易不存在');
  if (order.state === 'paid') return failed('3999', '原交易已支付', order);
  if (order.state === 'open') closeOrder(world, order);
  return { fields: { trxstatus: '0000' }, order };
}

function refund(world: AllinpayWorld, merchant: Merchant, params: Params): Result {
  const { reqsn = '', trxamt = '', oldreqsn = '' } = params;
  const order = world.store.findOrder('allinpay', merchant.cusid, oldreqsn);
  if (order === undefined) return failed('1001', '原交易不存在');
  if (!/^[\w-]{1,32}$/.test(reqsn) || !/^[1-9]\d{0,14}$/.test(trxamt)) return failed('3999', 'reqsn, trxamt', order);
  if (world.store.findRefund('allinpay', merchant.cusid, reqsn) !== undefined) return failed('3999', '商户订单号重复', order);
  if (order.state !== 'paid' || refundedOf(order) + Number(trxamt) > order.amount) return failed('3999', '退款金额超限', order);
  const made = refundOrder(world, order, { number: reqsn, vendorNo: makeNo(world.now()), amount: Number(trxamt), done: true });
  const fields = { trxid: made.refund.vendorNo, reqsn, trxstatus: '0000', fintime: toDigits(world.now()) };
  return { fields, order, afterwards: made.afterwards };
}

async function signed(key: Key, fields: Params, spoil: boolean): Promise<Params> {
  return { ...fields, sign: await signText(key, textToSign(fields), { spoil }) };
}

async function compose(world: AllinpayWorld, order: Order, twist: Twist & { readonly forged: boolean }) {
  const merchant = world.keys.merchants.find(({ cusid }) => cusid === order.account);
  const amount = String(order.amount + (twist.wrongAmount ? 1 : 0));
  const fields = {
    appid: merchant?.appid ?? '',
    cusid: twist.wrongAccount ? '990000000000000' : order.account,
    trxcode: order.facts.trxcode ?? '',
    trxid: order.vendorNo,
    outtrxid: order.number,
    cusorderid: order.number,
    initamt: amount,
    trxamt: amount,
    trxdate: toChinaDay(order.paidAt || world.now()),
    paytime: toDigits(order.paidAt || world.now()),
    trxstatus: '0000',
    fee: '0',
    acct: '',
    signtype: 'RSA',
  };
  const key = twist.forged ? await importPrivateKey((await world.forger()).privatePem, 'SHA-1') : world.keys.sign;
  const body = new URLSearchParams(await signed(key, fields, twist.badSignature)).toString();
  return { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body };
}

export function makeAllinpay(world: AllinpayWorld): Vendor {
  const routes: readonly Route<Handler>[] = [
    ['POST', /^\/apiweb\/unitorder\/pay$/, 'pay', (merchant, params) => pay(world, merchant, params)],
    ['POST', /^\/apiweb\/unitorder\/query$/, 'query', (merchant, params, twist) => query(world, merchant, params, twist)],
    ['POST', /^\/apiweb\/unitorder\/close$/, 'close', (merchant, params) => close(world, merchant, params)],
    ['POST', /^\/apiweb\/unitorder\/refund$/, 'refund', (merchant, params) => refund(world, merchant, params)],
  ];
  const refuse = (retmsg: string): Done => ({ answer: jsonAnswer(200, { retcode: 'FAIL', retmsg }) });

  async function execute(wire: Wire, twist: Twist): Promise<Done> {
    const params = readForm(wire);
    const merchant = world.keys.merchants.find(({ cusid, appid }) => cusid === params?.cusid && appid === params.appid);
    const found = findRoute(routes, wire);
    if (params === null || merchant === undefined || found === null) return refuse('商户号或应用ID不存在');
    if (params.version !== '11' || params.signtype !== 'RSA' || !params.randomstr) return refuse('参数错误');
    if (!(await verifyText(merchant.verify, textToSign(params), params.sign ?? ''))) return refuse('签名错误');
    const { fields, order, afterwards } = found.run(merchant, params, twist);
    const cusid = twist.wrongAccount ? '990000000000000' : merchant.cusid;
    const content = { retcode: 'SUCCESS', cusid, appid: merchant.appid, randomstr: randomBytes(8).toString('hex'), ...fields };
    const answer = jsonAnswer(200, await signed(world.keys.sign, content, twist.badSignature));
    return { answer, ...(order && { order }), ...(afterwards && { afterwards }) };
  }

  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: readForm(wire)?.cusid ?? null };
    },
    execute,
    async fail(wire, trouble, code) {
      if (trouble === 'http_500') return pageAnswer(500, '<h1>500</h1>');
      if (trouble === 'rate_limited') return pageAnswer(429, '<h1>429</h1>');
      const fields = { retcode: 'SUCCESS', cusid: readForm(wire)?.cusid ?? '', trxstatus: code ?? '3999', errmsg: '其他错误' };
      return jsonAnswer(200, await signed(world.keys.sign, fields, false));
    },
    events: (_order, happening) => (happening === 'paid' ? ['0000'] : []),
    callbackUrl: (order) => order.notifyUrl,
    compose: (order, _callback, twist) => compose(world, order, twist),
    accepts: (status, body) => status === 200 && body.trim() === 'success',
    returnTo: async () => null,
    cancelTo: () => null,
    open: async () => null,
  };
}
