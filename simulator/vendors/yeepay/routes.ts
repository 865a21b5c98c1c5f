import { randomInt } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import { chargeOrder, closeOrder, draftOrder, endRefund, refundedOf, refundOrder } from '../../orders.ts';
import type { Route } from '../../requests.ts';
import type { Answer, Done, Order, Twist } from '../../types.ts';
import { fromYuan } from '../../yuan.ts';
import { downloadBill } from './bills.ts';
import { expiryOf, refused } from './common.ts';
import type { Merchant, YeepayWorld } from './index.ts';
import { describeOrder, describeRefund } from './objects.ts';
import type { Fields } from './request.ts';

interface Found {
  readonly fields: Fields;
  readonly merchant: Merchant;
  readonly twist: Twist;
}
type Handler = (found: Found) => Done;

const refundWorkMs = 250;
const result = (code: string, message: string, more: object = {}): Answer => jsonAnswer(200, { result: { code, message, ...more } });
const common = [
  'parentMerchantNo',
  'merchantNo',
  'orderId',
  'orderAmount',
  'goodsName',
  'userIp',
  'notifyUrl',
  'expiredTime',
  'payWay',
  'scene',
];
const newNo = () => `1013${String(randomInt(10 ** 12)).padStart(12, '0')}`;

function faultOf(fields: Fields, { merchantNo }: Merchant, known: readonly string[], now: number): string | null {
  const stray = Object.keys(fields).find((name) => !known.includes(name));
  if (stray !== undefined) return `${stray} is not known`;
  if (fields['merchantNo'] !== merchantNo) return 'merchantNo';
  if (!/^[\w-]{1,64}$/.test(fields['orderId'] ?? '')) return 'orderId';
  if (!fromYuan(fields['orderAmount']) || !/^\d+\.\d\d$/.test(fields['orderAmount'] ?? '')) return 'orderAmount';
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(fields['userIp'] ?? '')) return 'userIp';
  if (!fields['goodsName'] || !/^https?:\/\//.test(fields['notifyUrl'] ?? '')) return 'goodsName or notifyUrl';
  return expiryOf(fields['expiredTime'], now) === null ? 'expiredTime' : null;
}

function draft(world: YeepayWorld, { fields, merchant }: Found, product: string): Order {
  return draftOrder(world, {
    account: merchant.merchantNo,
    number: fields['orderId'] ?? '',
    product,
    vendorNo: newNo(),
    amount: fromYuan(fields['orderAmount']) ?? 0,
    currency: 'CNY',
    subject: fields['goodsName'] ?? '',
    expiresAt: expiryOf(fields['expiredTime'], world.now()) ?? world.now(),
    notifyUrl: fields['notifyUrl'] ?? null,
    returnUrl: fields['redirectUrl'] ?? null,
  });
}

export function makeRoutes(world: YeepayWorld): readonly Route<Handler>[] {
  const find = ({ merchant, fields }: Found) => world.store.findOrder(world.channel, merchant.merchantNo, fields['orderId'] ?? '');
  const start =
    (known: readonly string[], payWay: string, go: (found: Found) => Done): Handler =>
    (found) => {
      const fault = faultOf(found.fields, found.merchant, known, world.now());
      if (fault !== null || found.fields['payWay'] !== payWay) return { answer: refused('40042', fault ?? 'payWay') };
      return find(found) === undefined ? go(found) : { answer: result('OPR10002', '商户订单号重复') };
    };

  const payLink = start(common, 'USER_SCAN', (found) => {
    const order = draft(world, found, 'qr');
    world.store.save(order);
    return { answer: result('00000', '成功', { ...describeOrder(order, found.twist), qrCodeUrl: world.payPage(order) }), order };
  });

  /** An order for the cashier: how it is paid is chosen there. */
  const order: Handler = (found) => {
    const { userIp: _, ...rest } = found.fields;
    const known = [...common.filter((name) => !['userIp', 'payWay', 'scene'].includes(name)), 'redirectUrl'];
    const fault = faultOf({ ...rest, userIp: '127.0.0.1' }, found.merchant, [...known, 'userIp'], world.now());
    if (fault !== null || 'userIp' in found.fields) return { answer: refused('40042', fault ?? 'userIp') };
    if (find(found) !== undefined) return { answer: result('OPR10002', '商户订单号重复') };
    const made = draft(world, found, 'netbank');
    world.store.save(made);
    return { answer: result('OPR00000', '成功', { ...describeOrder(made, found.twist), token: made.token }), order: made };
  };

  const payByCode = start([...common, 'authCode', 'terminalId'], 'MERCHANT_SCAN', (found) => {
    if (!/^\d{18}$/.test(found.fields['authCode'] ?? '') || !found.fields['terminalId']) return { answer: refused('40042', 'authCode') };
    const order = draft(world, found, 'barcode');
    const afterwards = chargeOrder(world, order);
    return { answer: result('00000', '成功', describeOrder(order, found.twist)), order, afterwards: () => void afterwards() };
  });

  const query: Handler = (found) => {
    const order = find(found);
    const isHidden = order !== undefined && world.now() - order.createdAt < found.twist.notFoundUntilMs;
    if (order === undefined || isHidden) return { answer: result('OPR11000', '订单不存在') };
    return { answer: result('OPR00000', '成功', describeOrder(order, found.twist)), order };
  };

  const close =
    (ofCashier: boolean): Handler =>
    (found) => {
      const order = find(found);
      if (order === undefined || (order.product === 'netbank') !== ofCashier) return { answer: result('OPR11000', '订单不存在') };
      if (order.state !== 'open') return { answer: result('OPR12000', '订单状态不允许关闭'), order };
      const afterwards = closeOrder(world, order);
      return { answer: result('OPR00000', '成功', { merchantNo: order.account, orderId: order.number }), order, afterwards };
    };

  const statement: Handler = ({ merchant, fields }) => ({ answer: downloadBill(world, merchant, fields) });

  return [
    ['GET', /^\/yop-center\/yos\/v1\.0\/std\/bill\/tradedaydownload$/, 'statement', statement],
    ['POST', /^\/yop-center\/rest\/v1\.0\/aggpay\/pay-link$/, 'pay', payLink],
    ['POST', /^\/yop-center\/rest\/v1\.0\/aggpay\/pay$/, 'pay', payByCode],
    ['POST', /^\/yop-center\/rest\/v1\.0\/trade\/order$/, 'pay', order],
    ['GET', /^\/yop-center\/rest\/v1\.0\/trade\/order\/query$/, 'query', query],
    ['POST', /^\/yop-center\/rest\/v1\.0\/aggpay\/close-order$/, 'close', close(false)],
    ['POST', /^\/yop-center\/rest\/v1\.0\/trade\/order\/close$/, 'close', close(true)],
    ['POST', /^\/yop-center\/rest\/v1\.0\/trade\/refund$/, 'refund', makeRefund(world, find)],
    ['GET', /^\/yop-center\/rest\/v1\.0\/trade\/refund\/query$/, 'query', makeRefundQuery(find)],
  ];
}

type Find = (found: Found) => Order | undefined;

/** The same number is the same refund; with another amount it is refused. */
function makeRefund(world: YeepayWorld, find: Find): Handler {
  return (found) => {
    const order = find(found);
    const { refundRequestId: number = '', refundAmount, description = '', notifyUrl = '' } = found.fields;
    const amount = fromYuan(refundAmount);
    if (order?.state !== 'paid') return { answer: result('OPR20000', '订单不可退款') };
    const earlier = order.refunds.find((one) => one.number === number);
    if (earlier !== undefined && earlier.amount !== amount) return { answer: result('OPR20002', '退款请求号重复') };
    if (earlier !== undefined) return { answer: result('OPR00000', '成功', describeRefund(order, earlier, found.twist)), order };
    if (!amount || number === '' || refundedOf(order) + amount > order.amount) return { answer: result('OPR20003', '退款金额超限') };
    const { refund } = refundOrder(world, order, { number, vendorNo: newNo(), amount, done: false, facts: { description, notifyUrl } });
    const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), refundWorkMs);
    return { answer: result('OPR00000', '成功', describeRefund(order, refund, found.twist)), order, afterwards };
  };
}

function makeRefundQuery(find: Find): Handler {
  return (found) => {
    const order = find(found);
    const refund = order?.refunds.find(({ number }) => number === found.fields['refundRequestId']);
    if (order === undefined || refund === undefined) return { answer: result('OPR20001', '退款单不存在') };
    return { answer: result('OPR00000', '成功', describeRefund(order, refund, found.twist)), order };
  };
}
