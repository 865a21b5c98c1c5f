import { createHash, randomBytes, randomInt } from 'node:crypto';
import { xmlAnswer } from '../../answers.ts';
import { hmac } from '../../hmac.ts';
import { chargeOrder, closeOrder, draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import { whyUnpayable } from '../../shopper.ts';
import { toChinaDay, toChinaText } from '../../time.ts';
import type { Answer, Done, Operation, Order, Twist, Wire } from '../../types.ts';
import { readXml, textsOf, writeXml } from '../../xml.ts';
import { strangerOf } from './answers.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';

type Fields = Readonly<Record<string, string>>;

interface Result {
  readonly fields: Fields;
  readonly order?: Order;
  readonly afterwards?: () => void;
}

type Handler = (world: WechatWorld, merchant: WechatMerchant, fields: Fields, twist: Twist) => Result;

/** How shoppers behave, by the last digits of their codes; every other one pays at once. */
const waitsForPassword = /0003$/;
const hasNoMoney = /0051$/;
const lifeMs = 24 * 3600_000;
const tokenOf = (code: string) => `code-${code}`;
const reverseOf = (order: Order) => `${order.number}-reverse`;
const compact = (atMs: number) => toChinaText(atMs).replace(/\D/g, '');
const fault = (code: string, message: string): Result => ({ fields: { result_code: 'FAIL', err_code: code, err_code_des: message } });

/** Fields of a request to `micropay`: those that must be there, and how each is written. */
const micropayRules: Readonly<Record<string, RegExp>> = {
  body: /^.{1,128}$/su,
  out_trade_no: /^[0-9A-Za-z_\-|*]{6,32}$/,
  total_fee: /^[1-9]\d{0,9}$/,
  spbill_create_ip: /^[0-9a-fA-F.:]{3,45}$/,
  auth_code: /^\d{18}$/,
};
const envelope = ['appid', 'mch_id', 'nonce_str', 'sign', 'sign_type'];
const micropayFields = new Set([...envelope, ...Object.keys(micropayRules), 'fee_type', 'device_info', 'detail', 'attach', 'goods_tag']);

function describePaid(order: Order, twist: Twist): Fields {
  return {
    openid: 'oSimulatedShopper0000000001',
    is_subscribe: 'N',
    trade_type: 'MICROPAY',
    bank_type: 'OTHERS',
    total_fee: String(order.amount + (twist.wrongAmount ? 1 : 0)),
    fee_type: order.currency,
    cash_fee: String(order.amount),
    transaction_id: order.vendorNo,
    out_trade_no: order.number,
    time_end: compact(order.paidAt),
  };
}

function micropay(world: WechatWorld, merchant: WechatMerchant, fields: Fields, twist: Twist): Result {
  const stray = Object.keys(fields).find((name) => !micropayFields.has(name));
  const wrong = Object.keys(micropayRules).find((name) => !micropayRules[name]?.test(fields[name] ?? ''));
  if (stray !== undefined || wrong !== undefined) return fault('PARAM_ERROR', `参数错误: ${stray ?? wrong}`);
  if ((fields.fee_type ?? 'CNY') !== 'CNY') return fault('PARAM_ERROR', '参数错误: fee_type');
  const [number, code] = [fields.out_trade_no ?? '', fields.auth_code ?? ''];
  const earlier = world.store.findOrder('wechat', merchant.mchid, number);
  if (earlier?.state === 'paid') return fault('ORDERPAID', '该订单已支付');
  if (earlier?.state === 'closed') return fault('ORDERREVERSED', '该订单已撤销');
  if (earlier !== undefined) return fault('USERPAYING', '需要用户输入支付密码');
  if (!/^1[0-5]/.test(code)) return fault('AUTH_CODE_INVALID', '请扫描微信支付被扫条码/二维码');
  if (hasNoMoney.test(code)) return fault('NOTENOUGH', '余额不足');
  if (waitsForPassword.test(code) && world.store.findByToken('wechat', tokenOf(code))) return fault('AUTHCODEEXPIRE', '二维码已过期');
  const nowMs = world.now();
  const order = draftOrder(world, {
    account: merchant.mchid,
    number,
    product: 'barcode',
    ...(waitsForPassword.test(code) && { token: tokenOf(code) }),
    vendorNo: `4200000${toChinaDay(nowMs)}${Array.from({ length: 13 }, () => randomInt(10)).join('')}`,
    amount: Number(fields.total_fee),
    currency: 'CNY',
    subject: fields.body ?? '',
    expiresAt: nowMs + lifeMs,
  });
  if (waitsForPassword.test(code)) {
    world.store.save(order);
    return { ...fault('USERPAYING', '需要用户输入支付密码'), order };
  }
  const afterwards = chargeOrder(world, order);
  return { fields: { result_code: 'SUCCESS', ...describePaid(order, twist) }, order, afterwards: () => void afterwards() };
}

function stateOf(world: WechatWorld, order: Order): string {
  if (order.refunds.some(({ number }) => number === reverseOf(order))) return 'REVOKED';
  if (order.state === 'paid') return order.refunds.length > 0 ? 'REFUND' : 'SUCCESS';
  if (order.product !== 'barcode') return order.state === 'closed' ? 'CLOSED' : 'NOTPAY';
  return order.state === 'closed' || whyUnpayable(order, world.now()) !== null ? 'REVOKED' : 'USERPAYING';
}

const find = (world: WechatWorld, merchant: WechatMerchant, fields: Fields) =>
  world.store.findOrder('wechat', merchant.mchid, fields.out_trade_no ?? '');

function orderquery(world: WechatWorld, merchant: WechatMerchant, fields: Fields, twist: Twist): Result {
  const order = find(world, merchant, fields);
  if (order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs) return fault('ORDERNOTEXIST', '此交易订单号不存在');
  const told = { result_code: 'SUCCESS', trade_state: stateOf(world, order), trade_state_desc: '订单状态', out_trade_no: order.number };
  return { fields: order.state === 'paid' ? { ...told, ...describePaid(order, twist) } : told, order };
}

/** An unpaid order is ended, a paid one refunded. Twice is once. */
function reverse(world: WechatWorld, merchant: WechatMerchant, fields: Fields): Result {
  const order = find(world, merchant, fields);
  if (order === undefined) return fault('ORDERNOTEXIST', '此交易订单号不存在');
  if (order.product !== 'barcode') return fault('INVALID_REQUEST', '只有付款码订单可以撤销');
  if (order.state === 'open') closeOrder(world, order);
  const amount = order.state === 'paid' ? order.amount - refundedOf(order) : 0;
  const given = { number: reverseOf(order), vendorNo: `${order.vendorNo}-reverse`, amount, done: true };
  if (amount > 0) refundOrder(world, order, given);
  return { fields: { result_code: 'SUCCESS', recall: 'N' }, order };
}

/** Over plain HTTP nobody can show a certificate, so that `secapi` asks for one cannot be played here. */
const routes: Readonly<Record<string, { readonly operation: Operation; readonly run: Handler }>> = {
  '/pay/micropay': { operation: 'pay', run: micropay },
  '/pay/orderquery': { operation: 'query', run: orderquery },
  '/secapi/pay/reverse': { operation: 'close', run: reverse },
};

/** The signature that the merchant's key gives to these fields. */
async function sign(fields: Fields, key: string, signType: string): Promise<string> {
  const names = Object.keys(fields).filter((name) => name !== 'sign' && fields[name] !== '');
  const text = `${names
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&')}&key=${key}`;
  const made = signType === 'MD5' ? createHash('md5').update(text).digest() : await hmac('SHA-256', key, text);
  return made.toString('hex').toUpperCase();
}

function readFields(wire: Wire): Fields {
  const root = readXml(wire.body.toString('utf8'));
  return root?.name === 'xml' ? textsOf(root) : {};
}

/** What the gateway of version 2 answers to bytes that it cannot read or believe. Never signed. */
const refusal = (message: string): Answer =>
  xmlAnswer(200, writeXml('xml', [writeXml('return_code', 'FAIL'), writeXml('return_msg', message)]));

async function show(merchant: WechatMerchant, signType: string, fields: Fields, twist: Twist): Promise<Answer> {
  const told: Fields = {
    return_code: 'SUCCESS',
    return_msg: 'OK',
    appid: merchant.appid,
    mch_id: twist.wrongAccount ? strangerOf(merchant.mchid) : merchant.mchid,
    nonce_str: randomBytes(16).toString('hex'),
    ...fields,
  };
  const right = await sign(told, merchant.apiV2Key, signType);
  const proof = twist.badSignature ? `${right.startsWith('0') ? '1' : '0'}${right.slice(1)}` : right;
  const children = Object.entries({ ...told, sign: proof }).map(([name, value]) => writeXml(name, value));
  return xmlAnswer(200, writeXml('xml', children));
}

/** The part of WeChat Pay that still speaks API version 2, in XML under a shared key: bar codes. */
export function makeV2(world: WechatWorld) {
  const merchantOf = (fields: Fields) => world.keys.merchants.find(({ mchid }) => mchid === fields.mch_id);
  const routeOf = (wire: Wire) => (wire.method === 'POST' && Object.hasOwn(routes, wire.path) ? routes[wire.path] : undefined);

  return {
    identify(wire: Wire) {
      const route = routeOf(wire);
      return route === undefined ? null : { operation: route.operation, account: readFields(wire).mch_id ?? null };
    },
    async execute(wire: Wire, twist: Twist): Promise<Done> {
      const fields = readFields(wire);
      const [merchant, route] = [merchantOf(fields), routeOf(wire)];
      if (merchant === undefined || route === undefined) return { answer: refusal('mch_id不存在') };
      const { sign_type: signType = 'MD5' } = fields;
      if (fields.sign !== (await sign(fields, merchant.apiV2Key, signType))) return { answer: refusal('签名失败') };
      const isOwn = fields.appid === merchant.appid;
      const result = isOwn ? route.run(world, merchant, fields, twist) : fault('APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配');
      const { order, afterwards } = result;
      const answer = await show(merchant, signType, result.fields, twist);
      return { answer, ...(order && { order }), ...(afterwards && { afterwards }) };
    },
    async fail(wire: Wire, trouble: 'http_500' | 'rate_limited' | 'decline', code: string | null, twist: Twist): Promise<Answer> {
      const fields = readFields(wire);
      const merchant = merchantOf(fields);
      if (trouble === 'http_500' || merchant === undefined) return { status: 500, headers: {}, body: 'Internal Server Error' };
      const word = trouble === 'rate_limited' ? 'FREQUENCY_LIMITED' : (code ?? 'NOTENOUGH');
      return show(merchant, fields.sign_type ?? 'MD5', fault(word, '业务失败').fields, twist);
    },
    /** The order that waits for the password of whoever showed this code. */
    open: (target: string) => (/^\d{18}$/.test(target) ? (world.store.findByToken('wechat', tokenOf(target)) ?? null) : null),
  };
}
