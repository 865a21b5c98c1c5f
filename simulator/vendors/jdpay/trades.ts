import { createHash, randomInt } from 'node:crypto';
import { type Afterwards, chargeOrder, closeOrder, draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import { toChinaText } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { writeXml } from '../../xml.ts';
import type { Content, Params, Told } from './envelope.ts';
import type { JdMerchant, JdWorld } from './keys.ts';

export interface Asked {
  readonly service: string;
  readonly merchant: JdMerchant;
  readonly params: Params;
  readonly twist: Twist;
}

export interface Said extends Told {
  readonly order?: Order;
  readonly afterwards?: Afterwards;
}

const weekMs = 7 * 24 * 3600_000;
const say = (code: string, words: string, content: Content = [], order?: Order): Said => ({
  code,
  words,
  content,
  ...(order && { order }),
});
const yes = (content: Content, order: Order): Said => say('000000', '成功', content, order);
const digitsOf = (atMs: number) => toChinaText(atMs).replace(/\D/g, '');

export function answer(world: JdWorld, asked: Asked): Said {
  if (asked.service === 'query') return asked.params.tradeType === '1' ? findRefund(world, asked) : findOrder(world, asked);
  return asked.service === 'refund' ? startRefund(world, asked) : startOrder(world, asked);
}

function fingerprintOf(params: Params): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(params).sort()))
    .digest('base64');
}

function startOrder(world: JdWorld, { service, merchant, params, twist }: Asked): Said {
  const earlier = world.store.findOrder(world.channel, merchant.merchant, params.tradeNum ?? '');
  const fingerprint = fingerprintOf(params);
  // A browser that loads its form again comes to the same page.
  if (earlier !== undefined && (service !== 'saveOrder' || earlier.fingerprint !== fingerprint)) return say('CASH000005', '交易号重复');
  const order = earlier ?? newOrder(world, merchant.merchant, params, fingerprint);
  if (service === 'fkmPay') return takeMoney(world, order, params);
  if (earlier === undefined) world.store.save(order);
  const content: Content = [
    ['tradeNum', order.number],
    ['amount', String(order.amount + (twist.wrongAmount ? 1 : 0))],
    ['orderId', order.facts.orderId ?? ''],
    ['qrCode', world.payPage(order)],
    ['expireTime', params.expireTime ?? ''],
  ];
  return yes(content, order);
}

function newOrder(world: JdWorld, account: string, params: Params, fingerprint: string): Order {
  const { token = '', tradeNum = '' } = params;
  const liveMs = params.expireTime === undefined ? weekMs : Number(params.expireTime) * 1000;
  return draftOrder(world, {
    account,
    number: tradeNum,
    product: token === '' ? 'page' : 'code',
    // JD names no number of its own to merchants.
    vendorNo: tradeNum,
    ...(token !== '' && { token }),
    amount: Number(params.amount),
    currency: 'CNY',
    subject: params.tradeName ?? '',
    expiresAt: world.now() + liveMs,
    notifyUrl: params.notifyUrl ?? null,
    returnUrl: params.callbackUrl ?? null,
    fingerprint,
    facts: { note: params.note ?? '', orderId: String(randomInt(1e12, 9e12)), ...(token.endsWith('0051') && { failed: '1' }) },
  });
}

/** A payment code: paid at once, refused, or waiting until the shopper has typed the password. */
function takeMoney(world: JdWorld, order: Order, { token = '' }: Params): Said {
  const told = (status: string): Content => [
    ['tradeNum', order.number],
    ['amount', String(order.amount)],
    ['currency', 'CNY'],
    ['tradeTime', digitsOf(world.now())],
    ['status', status],
  ];
  if (token.endsWith('0003')) {
    world.store.save(order);
    return yes(told('1'), order);
  }
  if (order.facts.failed === '1') {
    closeOrder(world, order);
    return yes(told('3'), order);
  }
  const afterwards = chargeOrder(world, order);
  return { ...yes(told('2'), order), afterwards: () => void afterwards() };
}

function statusOf(world: JdWorld, order: Order): string {
  if (order.state === 'paid') return '2';
  if (order.facts.failed === '1') return '3';
  if (order.state === 'closed' || world.now() >= order.expiresAt) return '4';
  return order.product === 'code' ? '1' : '0';
}

/** An order as queries and notices tell of it. */
export function describeOrder(world: JdWorld, order: Order, twist: Twist): Content {
  const amount = String(order.amount + (twist.wrongAmount ? 1 : 0));
  const pay = [
    ['payType', '0'],
    ['amount', amount],
    ['currency', 'CNY'],
    ['tradeTime', digitsOf(order.paidAt)],
  ] as const;
  const payList = writeXml(
    'pay',
    pay.map(([name, value]) => writeXml(name, value)),
  );
  return [
    ['tradeNum', order.number],
    ['tradeType', '0'],
    ...(order.facts.note ? ([['note', order.facts.note]] as const) : []),
    ['amount', amount],
    ['status', statusOf(world, order)],
    ...(order.state === 'paid' ? ([['payList', [payList]]] as const) : []),
  ];
}

export function describeRefund(order: Order, refund: Refund, twist: Twist): Content {
  return [
    ['tradeNum', refund.number],
    ['tradeType', '1'],
    ['oTradeNum', order.number],
    ['amount', String(refund.amount + (twist.wrongAmount ? 1 : 0))],
    ['currency', 'CNY'],
    ['tradeTime', digitsOf(refund.createdAt)],
    ['status', '1'],
  ];
}

function findOrder(world: JdWorld, { merchant, params, twist }: Asked): Said {
  const order = world.store.findOrder(world.channel, merchant.merchant, params.tradeNum ?? '');
  if (order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs) return say('RFND000003', '未查到内部交易号');
  return yes(describeOrder(world, order, twist), order);
}

function findRefund(world: JdWorld, { merchant, params, twist }: Asked): Said {
  if (params.oTradeNum === undefined) return say('JPGT100005', 'oTradeNum不能为空');
  const found = world.store.findRefund(world.channel, merchant.merchant, params.tradeNum ?? '');
  const isYoung = found !== undefined && world.now() - found.refund.createdAt < twist.notFoundUntilMs;
  if (found === undefined || isYoung || found.order.number !== params.oTradeNum) return say('RFND000004', '无退款记录');
  return yes(describeRefund(found.order, found.refund, twist), found.order);
}

function startRefund(world: JdWorld, { merchant, params, twist }: Asked): Said {
  const { tradeNum = '', oTradeNum = '' } = params;
  const order = world.store.findOrder(world.channel, merchant.merchant, oTradeNum);
  if (order?.state !== 'paid') return say('RFND000003', '未查到内部交易号');
  const isTaken = world.store.findRefund(world.channel, merchant.merchant, tradeNum) !== undefined;
  if (isTaken || world.store.findOrder(world.channel, merchant.merchant, tradeNum) !== undefined)
    return say('RFND000001', '重复提交', [], order);
  const amount = Number(params.amount);
  if (refundedOf(order) + amount > order.amount) return say('RFND000002', '金额不足', [], order);
  const facts = { notifyUrl: params.notifyUrl ?? '' };
  const { refund, afterwards } = refundOrder(world, order, { number: tradeNum, vendorNo: tradeNum, amount, facts, done: true });
  return { ...yes(describeRefund(order, refund, twist), order), afterwards };
}
