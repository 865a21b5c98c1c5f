import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../../../simulator/answers.ts';
import { daySpan, movementsOf } from '../../../../simulator/movements.ts';
import { closeOrder, draftOrder, refundedOf, refundOrder } from '../../../../simulator/orders.ts';
import { type Route, readJson } from '../../../../simulator/requests.ts';
import type { Done, Twist, Wire } from '../../../../simulator/types.ts';
import type { Merchant, TeapotWorld } from './index.ts';
import { describeOrder, describeRefund, readAmount, writeAmount } from './objects.ts';

interface Found {
  readonly wire: Wire;
  readonly parts: readonly string[];
  readonly merchant: Merchant;
  readonly twist: Twist;
}
type Handler = (found: Found) => Done;
type Json = Readonly<Record<string, unknown>>;

const problem = (status: number, code: string): Done => ({ answer: jsonAnswer(status, { code }) });
const newNo = () => randomBytes(8).toString('hex');
const jsonOf = (wire: Wire) => (readJson(wire) ?? {}) as Json;
const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

function makeCreate(world: TeapotWorld): Handler {
  return ({ wire, merchant }) => {
    const { number, amount: text, currency, subject, expires_at: end, callback_url: notifyUrl, return_url: returnUrl } = jsonOf(wire);
    const amount = readAmount(text, currency);
    if (amount === null || typeof number !== 'string' || !/^\w{1,40}$/.test(number)) return problem(400, 'validation');
    const known = world.store.findOrder(world.channel, merchant.id, number);
    const same = known === undefined || (known.amount === amount && known.currency === currency);
    if (!same) return problem(400, 'number_reused');
    const order =
      known ??
      draftOrder(world, {
        account: merchant.id,
        number,
        product: 'page',
        vendorNo: newNo(),
        amount,
        currency: String(currency),
        subject: String(subject),
        expiresAt: Date.parse(String(end)),
        notifyUrl: textOrNull(notifyUrl),
        returnUrl: textOrNull(returnUrl),
      });
    if (known === undefined) world.store.save(order);
    return { answer: jsonAnswer(201, { order: order.vendorNo, url: world.payPage(order) }), order };
  };
}

function makeRead(world: TeapotWorld): Handler {
  return ({ parts, merchant, twist }) => {
    const order = world.store.findOrder(world.channel, merchant.id, parts[0] ?? '');
    const isHidden = order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs;
    return isHidden ? problem(404, 'no_such_order') : { answer: jsonAnswer(200, describeOrder(order, twist)), order };
  };
}

function makeClose(world: TeapotWorld): Handler {
  return ({ parts, merchant, twist }) => {
    const order = world.store.findOrder(world.channel, merchant.id, parts[0] ?? '');
    if (order === undefined) return problem(404, 'no_such_order');
    if (order.state === 'paid') return problem(409, 'already_paid');
    if (order.state === 'open') closeOrder(world, order);
    return { answer: jsonAnswer(200, describeOrder(order, twist)), order };
  };
}

function makeRefund(world: TeapotWorld): Handler {
  return ({ wire, parts, merchant, twist }) => {
    const order = world.store.findOrder(world.channel, merchant.id, parts[0] ?? '');
    const { refund: number = newNo(), amount: text, currency } = jsonOf(wire);
    const amount = readAmount(text, currency);
    if (order?.state !== 'paid' || amount === null || currency !== order.currency) return problem(400, 'validation');
    const known = order.refunds.find((one) => one.number === number);
    if (known) return { answer: jsonAnswer(200, describeRefund(order, known, twist)), order };
    if (amount > order.amount - refundedOf(order)) return problem(409, 'too_much');
    const { refund, afterwards } = refundOrder(world, order, { number: String(number), vendorNo: newNo(), amount, done: true });
    return { answer: jsonAnswer(200, describeRefund(order, refund, twist)), order, afterwards };
  };
}

function makeReadRefund(world: TeapotWorld): Handler {
  return ({ parts, merchant, twist }) => {
    const found = world.store.findRefund(world.channel, merchant.id, parts[0] ?? '');
    return found === undefined
      ? problem(404, 'no_such_refund')
      : { answer: jsonAnswer(200, describeRefund(found.order, found.refund, twist)), order: found.order };
  };
}

function makeStatement(world: TeapotWorld): Handler {
  return ({ parts, merchant }) => {
    const span = daySpan(parts[0] ?? '', '+00:00');
    const moved = span === null ? [] : movementsOf(world.store, world.channel, merchant.id, span);
    if (moved.length === 0) return { answer: { status: 204, headers: {}, body: '' } };
    const rows = moved.map(({ order, refund, atMs }) =>
      [
        refund ? 'refund' : 'payment',
        refund?.number ?? order.number,
        refund?.vendorNo ?? order.vendorNo,
        writeAmount(refund?.amount ?? order.amount, order.currency),
        order.currency,
        new Date(atMs).toISOString(),
      ].join(','),
    );
    const body = [`merchant,${merchant.id}`, ...rows, `end,${rows.length}`, ''].join('\n');
    return { answer: { status: 200, headers: { 'content-type': 'text/csv' }, body } };
  };
}

export function makeRoutes(world: TeapotWorld): readonly Route<Handler>[] {
  return [
    ['POST', /^\/orders$/, 'pay', makeCreate(world)],
    ['GET', /^\/orders\/(\w+)$/, 'query', makeRead(world)],
    ['POST', /^\/orders\/(\w+)\/close$/, 'close', makeClose(world)],
    ['POST', /^\/orders\/(\w+)\/refunds$/, 'refund', makeRefund(world)],
    ['GET', /^\/refunds\/(\w+)$/, 'query', makeReadRefund(world)],
    ['GET', /^\/statement\/([\d-]+)$/, 'statement', makeStatement(world)],
  ];
}
