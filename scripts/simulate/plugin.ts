import type { AttemptRef, Callback, Channel, ChannelPlugin, PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { Abilities } from '../../core/contract/manifest.ts';
import type { CloseOutcome, Outcome, RefundOutcome, RefundReport } from '../../core/contract/outcome.ts';
import { sendCallback } from './callbacks.ts';
import { drawFault, hear, type Speech } from './faults.ts';
import type { Life } from './life.ts';
import { reportOf } from './report.ts';
import { manifestOf } from './traits.ts';
import { charge, endRefund, findOrder, isPayable, type Order, openOrder, openRefund, type Refund } from './vendor.ts';
import type { Vendor, World } from './world.ts';

const lost = { kind: 'unknown', reason: 'timeout' } as const;
const used = { kind: 'unknown', reason: 'unmapped' } as const;
const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;
const youngMs = 50_000;

/** A vendor as a server speaks to it: the contract's outcomes, with what can go wrong on the way. */
export function pluginOf(world: World, life: Life, vendor: Vendor): ChannelPlugin {
  const manifest = manifestOf(vendor.id, vendor.traits);
  return {
    contract: 1,
    manifest,
    open: ({ id: account }) => {
      const all: Channel = {
        merchantNo: account,
        pay: (request) => hear(world, life, payOf(world, vendor, account, request)),
        query: (attempt) => hear(world, life, queryOf(world, vendor, attempt)),
        close: (attempt) => hear(world, life, closeOf(world, attempt)),
        capture: (attempt) => hear(world, life, captureOf(world, vendor, attempt)),
        refund: (request) => hear(world, life, refundOf(world, vendor, request)),
        queryRefund: (request) => hear(world, life, queryRefundOf(world, request)),
        parseCallback: async ({ body }) => JSON.parse(body.toString('utf8')) as Callback,
      };
      const isThere = ([name]: [string, unknown]) =>
        !(name in manifest.abilities) || manifest.abilities[name as keyof Abilities] !== 'none';
      return Object.fromEntries(Object.entries(all).filter(isThere)) as unknown as Channel;
    },
  };
}

const nowOf = (world: World) => world.time.elapsedMs();

function payOf(world: World, vendor: Vendor, account: string, request: PayRequest): Speech<Outcome> {
  const { traits } = vendor;
  const known = world.vault.orders.get(request.number);
  const ageHours = known === undefined ? 0 : (nowOf(world) - known.createdAt) / 3_600_000;
  if (known !== undefined && !traits.idempotency.create)
    world.failures.push(`${request.number}: opened again where that opens a second one`);
  if (ageHours > (traits.idempotency.ttlHours ?? Number.POSITIVE_INFINITY))
    world.failures.push(`${request.number}: opened again after its key was forgotten`);
  const fault = drawFault(world, `pay ${account}`);
  const act = (): Outcome => {
    const isNew = !world.vault.orders.has(request.number);
    const order = openOrder(world.vault, account, vendor.id, request, nowOf(world));
    if (traits.action === 'none' && isNew) return payAtOnce(world, vendor, order);
    if (order.state !== 'open') return order.state === 'closed' ? used : { kind: 'ok', report: reportOf(world, vendor, order) };
    if (traits.action === 'none') return { kind: 'ok', report: { state: 'processing', echo: { number: order.number } } };
    const action = { type: 'qr', qrContent: order.number } as const;
    return traits.named ? { kind: 'action', action, channelNo: order.channelNo } : { kind: 'action', action };
  };
  const code = world.chanceOf('code').oneIn(2) ? 'limit_exceeded' : 'insufficient_funds';
  const decline = (): Outcome => ({
    kind: 'declined',
    echo: {},
    code,
    advice: 'retry_other_method',
    vendor: { code: 'NO', message: 'no' },
  });
  const isTaken = () => world.vault.orders.has(request.number);
  return { operation: 'pay', number: request.number, fault, act, lost, declined: () => (isTaken() ? act() : decline()) };
}

/** With a payment code, money moves while the shop waits, or a little later, or not. */
function payAtOnce(world: World, vendor: Vendor, order: Order): Outcome {
  const chance = world.chanceOf(`at once ${order.account}`);
  const result = chance.weigh({ paid: 5, later: 3, never: 2 });
  if (result === 'paid') {
    charge(world.vault, order, order.amount);
    sendCallback(world, vendor, order);
    return { kind: 'ok', report: reportOf(world, vendor, order) };
  }
  if (result === 'later')
    world.spawn('a shopper types a password', async () => {
      await world.time.sleep(chance.below(40_000));
      if (!isPayable(order, world.time.wallMs())) return;
      charge(world.vault, order, order.amount);
      sendCallback(world, vendor, order);
    });
  return { kind: 'ok', report: { state: 'processing', echo: { number: order.number } } };
}

function queryOf(world: World, vendor: Vendor, attempt: AttemptRef): Speech<Outcome> {
  const act = (): Outcome => {
    const order = findOrder(world.vault, attempt);
    return order === undefined ? notFound : { kind: 'ok', report: reportOf(world, vendor, order) };
  };
  const isYoung = () => nowOf(world) - (findOrder(world.vault, attempt)?.createdAt ?? 0) < youngMs;
  const twisted = (what: 'other_amount' | 'other_number'): Outcome => {
    const told = act();
    const order = findOrder(world.vault, attempt);
    if (told.kind !== 'ok' || told.report.state !== 'succeeded' || order === undefined) return told;
    if (what === 'other_number') return { kind: 'ok', report: { ...told.report, echo: { number: '0123456789ABCDEFGHJKMNPQRS' } } };
    // Another one each time: that it says the same twice is what makes an amount true.
    const amount = order.amountPaid + 1 + world.chanceOf('other amount').below(1_000_000);
    return { kind: 'ok', report: { ...told.report, money: { amount, currency: order.currency } } };
  };
  const fault = drawFault(world, `query ${vendor.id}`);
  return { operation: 'query', number: attempt.number, fault, act, lost, hidden: () => (isYoung() ? notFound : act()), twisted };
}

function closeOf(world: World, attempt: AttemptRef): Speech<CloseOutcome> {
  const act = (): CloseOutcome => {
    const order = findOrder(world.vault, attempt);
    if (order === undefined) return { kind: 'notFound' };
    if (order.state === 'paid') return { kind: 'paid' };
    order.state = 'closed';
    return { kind: 'closed' };
  };
  return { operation: 'close', number: attempt.number, fault: drawFault(world, 'close'), act, lost };
}

function captureOf(world: World, vendor: Vendor, attempt: AttemptRef): Speech<Outcome> {
  const act = (): Outcome => {
    const order = findOrder(world.vault, attempt);
    if (order === undefined) return notFound;
    if (order.state === 'approved') {
      charge(world.vault, order, order.amount);
      sendCallback(world, vendor, order);
    }
    return { kind: 'ok', report: reportOf(world, vendor, order) };
  };
  return { operation: 'capture', number: attempt.number, fault: drawFault(world, 'capture'), act, lost };
}

function reportOfRefund(refund: Refund): RefundReport {
  const facts = { channelNo: refund.channelNo, echo: { number: refund.number } };
  if (refund.state === 'succeeded') return { state: 'succeeded', money: { amount: refund.amount, currency: refund.currency }, ...facts };
  return refund.state === 'failed' ? { state: 'failed', code: 'declined', ...facts } : { state: 'processing', ...facts };
}

function refundOf(world: World, vendor: Vendor, request: RefundRequest): Speech<RefundOutcome> {
  const act = (): RefundOutcome => {
    const known = world.vault.refunds.get(request.number);
    // Where a repeat is a second refund, the kernel must not make one.
    if (known !== undefined && vendor.traits.idempotency.refund === false)
      world.vault.truth.push({ kind: 'refund', number: request.number, ...request.money });
    const refund = openRefund(world.vault, request, nowOf(world));
    if (known === undefined) settleRefundLater(world, vendor, refund);
    return { kind: 'ok', report: reportOfRefund(refund) };
  };
  const decline = (): RefundOutcome => ({
    kind: 'declined',
    echo: {},
    code: 'declined',
    advice: 'contact_support',
    vendor: { code: 'NO', message: 'no' },
  });
  const isTaken = () => world.vault.refunds.has(request.number);
  const fault = drawFault(world, `refund ${vendor.id}`);
  return { operation: 'refund', number: request.number, fault, act, lost, declined: () => (isTaken() ? act() : decline()) };
}

function settleRefundLater(world: World, vendor: Vendor, refund: Refund): void {
  const chance = world.chanceOf(`refund of ${vendor.id}`);
  const how = chance.weigh({ now: 7, later: 3, fails: 1 });
  if (how === 'now') endRefund(world.vault, refund, 'succeeded');
  const item = () => ({ of: 'refund', number: refund.number, report: reportOfRefund(refund) }) as const;
  world.spawn('a vendor settles a refund', async () => {
    if (how !== 'now') await world.time.sleep(chance.below(90_000));
    endRefund(world.vault, refund, how === 'fails' ? 'failed' : 'succeeded');
    const account = world.vault.orders.get(refund.attemptNumber)?.account ?? '';
    sendCallback(world, vendor, { account, item });
  });
}

function queryRefundOf(world: World, request: RefundRequest): Speech<RefundOutcome> {
  const find = () => world.vault.refunds.get(request.number);
  const act = (): RefundOutcome => {
    const refund = find();
    return refund === undefined ? notFound : { kind: 'ok', report: reportOfRefund(refund) };
  };
  const isYoung = () => nowOf(world) - (find()?.createdAt ?? 0) < youngMs;
  const fault = drawFault(world, 'query_refund');
  return { operation: 'query_refund', number: request.number, fault, act, lost, hidden: () => (isYoung() ? notFound : act()) };
}
