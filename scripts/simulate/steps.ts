import type { CallbackItem } from '../../core/contract/channel.ts';
import { closePayment } from '../../core/payments/close.ts';
import { pay } from '../../core/payments/pay.ts';
import { refund } from '../../core/refunds/refund.ts';
import { readPayment } from '../../core/store/tables/payments.ts';
import { sendCallback, tell } from './callbacks.ts';
import { deaths } from './life.ts';
import type { Step, StepKind } from './plan.ts';
import { type Chance, createChance } from './random.ts';
import { light, type Server } from './server.ts';
import { charge, isPayable, type Order } from './vendor.ts';
import { type Merchant, pickServer, type Vendor, type World } from './world.ts';

type Act = (world: World, chance: Chance) => Promise<void>;

const patienceMs = 40_000;

/** Does one step beside everything that is under way. */
export function take(world: World, step: Step): void {
  const chance = createChance(step.key);
  world.note(`step ${step.does}`);
  world.count(`step ${step.does}`);
  world.spawn(step.does, () => acts[step.does](world, chance));
}

/** What a caller hears of a request; null when the server died over it, or took too long. */
async function ask<T>(world: World, chance: Chance, work: (server: Server) => Promise<T>): Promise<T | null> {
  const server = pickServer(world, chance);
  if (server === null) return null;
  return Promise.race([work(server), world.time.sleep(patienceMs).then(() => null)]);
}

type Asked = Merchant['orders'][number];

/** A merchant who hears nothing asks again under the same number. */
async function send(world: World, chance: Chance, merchant: Merchant, asked: Asked): Promise<void> {
  for (let tries = 0; tries < 4 && asked.paymentId === null; tries += 1) {
    const request = {
      merchantOrderNo: asked.no,
      amount: asked.amount,
      currency: 'CNY',
      subject: 'Tea',
      method: asked.method,
      fallbackMethods: world.vendors.map(({ id }) => `${id}_pay`).filter((method) => method !== asked.method),
      payer: {},
      orderLines: [],
      notifyUrl: null,
      returnUrl: null,
      expiresInSec: 60 + (asked.amount % 7200),
      metadata: {},
      hash: `${asked.no} ${asked.amount}`,
    };
    const made = await ask(world, chance, ({ kernel }) => pay(kernel, merchant.app, request));
    if (made?.kind === 'payment') asked.paymentId = made.payment.id;
    else await world.time.sleep(1000 + chance.below(20_000));
  }
}

function pickOrder(world: World, chance: Chance): { readonly merchant: Merchant; readonly asked: Asked; readonly id: string } | null {
  const merchant = chance.pick(world.merchants);
  // Rather the young ones: they are where most of life happens.
  const recent = merchant.orders.slice(-8);
  const asked = recent.length === 0 ? undefined : chance.pick(recent);
  return asked?.paymentId ? { merchant, asked, id: asked.paymentId } : null;
}

function pickSlip(world: World, chance: Chance): { readonly order: Order; readonly vendor: Vendor } | null {
  const orders = [...world.vault.orders.values()].slice(-12);
  const order = orders.length === 0 ? undefined : chance.pick(orders);
  const vendor = world.vendors.find(({ id }) => id === order?.channel);
  return order === undefined || vendor === undefined ? null : { order, vendor };
}

/** The shopper agrees; the money moves a moment later, unless the order was closed meanwhile. */
async function shopperPays(world: World, chance: Chance, how: 'exactly' | 'otherwise' | 'late'): Promise<void> {
  const slip = pickSlip(world, chance);
  if (slip === null || slip.vendor.traits.action === 'none') return;
  const { order, vendor } = slip;
  // Of another sum at a vendor that answers no questions, one callback is no proof: an operator decides, and there is none here.
  if (how === 'otherwise' && vendor.traits.abilities.query === 'none') return;
  const captures = vendor.traits.abilities.capture !== 'none';
  if (how !== 'late') await world.time.sleep(chance.below(2000));
  const canPay = isPayable(order, world.time.wallMs()) || (how === 'late' && order.state === 'closed' && !captures);
  if (!canPay) return;
  if (captures) order.state = 'approved';
  else charge(world.vault, order, how === 'otherwise' ? 1 + chance.below(2 * order.amount) : order.amount);
  world.note(`paid ${order.number} ${order.amountPaid}`);
  sendCallback(world, vendor, order);
}

async function refundOne(world: World, chance: Chance, merchant: Merchant, paymentId: string): Promise<void> {
  const payment = await readPayment(world.database, paymentId);
  if (payment === null) return;
  const amount = chance.oneIn(2) ? payment.amount : 1 + chance.below(payment.amount);
  const merchantRefundNo = `r${chance.below(1_000_000_000)}`;
  const request = { paymentId, merchantRefundNo, amount, reason: null, hash: `${paymentId} ${amount}` };
  for (let tries = 0; tries < 3; tries += 1) {
    if ((await ask(world, chance, ({ kernel }) => refund(kernel, merchant.app, request))) !== null) return;
    await world.time.sleep(chance.below(10_000));
  }
}

/** A callback that says what is not so: it was forged, it is about other money, or it is old. */
async function misinform(world: World, chance: Chance, make: (order: Order) => CallbackItem | null): Promise<void> {
  const slip = pickSlip(world, chance);
  const item = slip === null ? null : make(slip.order);
  if (slip !== null && item !== null) await tell(world, slip.vendor, slip.order.account, item, chance);
}

const success = (order: Order, amount: number) =>
  ({
    state: 'succeeded',
    channelNo: `x-${order.number}`,
    money: { amount, currency: order.currency },
    echo: { number: order.number },
  }) as const;

const acts: Readonly<Record<StepKind, Act>> = {
  async order(world, chance) {
    const merchant = chance.pick(world.merchants);
    const { id } = chance.pick(world.vendors);
    const asked: Asked = { no: `o${merchant.orders.length + 1}`, amount: 1 + chance.below(10_000), method: `${id}_pay`, paymentId: null };
    merchant.orders.push(asked);
    await send(world, chance, merchant, asked);
  },
  async repeat_order(world, chance) {
    const picked = pickOrder(world, chance);
    if (picked === null) return;
    const again: Asked = { ...picked.asked, paymentId: null };
    await Promise.all([1, 2].map(() => send(world, chance, picked.merchant, again)));
    if (again.paymentId !== null && again.paymentId !== picked.id) world.failures.push(`${picked.asked.no}: became two payments`);
  },
  shopper_pays: (world, chance) => shopperPays(world, chance, 'exactly'),
  pays_other_amount: (world, chance) => shopperPays(world, chance, 'otherwise'),
  pays_late: (world, chance) => shopperPays(world, chance, 'late'),
  async close(world, chance) {
    const picked = pickOrder(world, chance);
    if (picked === null) return;
    await ask(world, chance, ({ kernel }) => closePayment(kernel, { paymentId: picked.id, reason: 'merchant', cause: 'merchant' }));
  },
  async refund(world, chance) {
    const picked = pickOrder(world, chance);
    if (picked !== null) await refundOne(world, chance, picked.merchant, picked.id);
  },
  async refund_storm(world, chance) {
    const picked = pickOrder(world, chance);
    if (picked !== null) await Promise.all(Array.from({ length: 12 }, () => refundOne(world, chance, picked.merchant, picked.id)));
  },
  async read(world, chance) {
    const picked = pickOrder(world, chance);
    const payment = picked === null ? null : await readPayment(world.database, picked.id);
    if (payment !== null) pickServer(world, chance)?.askOnRead(payment);
  },
  forged_callback: (world, chance) =>
    misinform(world, chance, (order) =>
      order.state === 'paid' ? null : { of: 'payment', number: order.number, report: { state: 'changed' } },
    ),
  wrong_callback: (world, chance) =>
    misinform(world, chance, (order) => {
      if (order.state === 'paid') return null;
      const report = chance.oneIn(2) ? success(order, order.amount + 1) : { ...success(order, order.amount), echo: { number: 'OTHER' } };
      return { of: 'payment', number: order.number, report };
    }),
  old_callback: (world, chance) =>
    misinform(world, chance, (order) => ({
      of: 'payment',
      number: order.number,
      report: { state: 'pending', echo: { number: order.number } },
    })),
  async merchant_down(world, chance) {
    chance.pick(world.merchants).downUntil = world.time.elapsedMs() + chance.below(7200) * 1000;
  },
  async account_off(world, chance) {
    const vendor = chance.pick(world.vendors);
    const account = `acc_${vendor.id}_${1 + chance.below(2)}`;
    if (!vendor.off.delete(account)) vendor.off.add(account);
    for (const { life, reload } of world.servers) if (!life.isDead) reload();
  },
  async late_policy(world, chance) {
    const merchant = chance.pick(world.merchants);
    merchant.app = { ...merchant.app, latePolicy: chance.pick(['auto_refund', 'accept', 'hold'] as const) };
  },
  async kill(world, chance) {
    const server = pickServer(world, chance);
    if (server !== null) light(server, 1 + chance.below(6), chance.pick(deaths));
  },
  async pause(world, chance) {
    const server = pickServer(world, chance);
    if (server !== null) server.life.pausedUntil = world.time.elapsedMs() + chance.below(90_000);
  },
  async clock(world, chance) {
    world.time.skew((chance.below(7200) - 3600) * 1000);
  },
  wait_long: async () => undefined,
  async vendor_errs(world) {
    world.vault.truth.push({ kind: 'charge', number: 'NOBODYS', amount: 1, currency: 'CNY' });
  },
};
