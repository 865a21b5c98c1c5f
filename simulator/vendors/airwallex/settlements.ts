import { jsonAnswer } from '../../answers.ts';
import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { type AirwallexWorld, type Handler, invalid, missing, time, writeAmount } from './common.ts';

/** Here each day is settled in one batch for each currency, and the day that is not over up to this moment. */
interface Batch {
  readonly id: string;
  readonly currency: string;
  readonly moved: readonly Movement[];
}

function batchOf(world: AirwallexWorld, account: string, day: string, currency: string): Batch | null {
  const span = daySpan(day, 'Z');
  const all = span === null ? [] : movementsOf(world.store, world.channel, account, span);
  const moved = all.filter(({ order }) => order.currency === currency);
  return moved.length === 0 ? null : { id: `bat_${day.replaceAll('-', '')}_${currency}_1`, currency, moved };
}

/** 2.8 % and a tenth of that as tax, in minor units. */
function costsOf({ order, refund }: Movement) {
  const fee = refund === null ? Math.floor((order.amount * 28) / 1000) : 0;
  return { fee, tax: Math.floor(fee / 10) };
}

const signedOf = ({ order, refund }: Movement) => (refund === null ? order.amount : -refund.amount);

const write = (amount: number, currency: string) => (amount < 0 ? -writeAmount(-amount, currency) : writeAmount(amount, currency));

function describeBatch({ id, currency, moved }: Batch) {
  const fees = moved.map(costsOf).reduce((sum, { fee, tax }) => sum + fee + tax, 0);
  const amount = moved.reduce((sum, one) => sum + signedOf(one), 0) - fees;
  const at = time(moved.at(-1)?.atMs ?? 0);
  return { id, currency, amount: write(amount, currency), fee: write(fees, currency), status: 'SETTLED', created_at: at, settled_at: at };
}

function describeRecord(moved: Movement, batchId: string) {
  const { order, refund, atMs } = moved;
  const { fee, tax } = costsOf(moved);
  const amount = signedOf(moved);
  return {
    transaction_id: `ftx_${refund?.vendorNo ?? order.vendorNo}`,
    transaction_type: refund === null ? 'Payment' : 'Refund',
    source_entity: refund === null ? 'Payment Attempt' : 'Refund',
    source_id: refund?.vendorNo ?? `att_${order.vendorNo.slice(4)}`,
    account_id: order.account,
    order_id: order.number,
    request_id: refund?.number ?? order.facts['requestId'],
    payment_intent_id: order.vendorNo,
    transaction_amount: write(amount, order.currency),
    transaction_currency: order.currency,
    settlement_currency: order.currency,
    exchange_rate: 1,
    gross_amount: write(amount, order.currency),
    fees: -write(fee, order.currency),
    taxes_on_fees: -write(tax, order.currency),
    net_amount: write(amount - fee - tax, order.currency),
    settlement_batch_id: batchId,
    created_at: time(atMs),
    settled_at: time(atMs),
  };
}

/** GET /api/v1/pa/financial/settlements: of the day on which the span begins. */
export const listSettlements =
  (world: AirwallexWorld): Handler =>
  ({ wire, merchant }) => {
    const asked = Object.fromEntries(new URLSearchParams(wire.query));
    const needed = ['currency', 'status', 'from_settled_at', 'to_settled_at'].find((name) => asked[name] === undefined);
    if (needed !== undefined) return { answer: invalid(needed) };
    const batch = batchOf(world, merchant.accountId, (asked['from_settled_at'] ?? '').slice(0, 10), asked['currency'] ?? '');
    const isAsked = batch !== null && asked['status'] === 'SETTLED' && asked['page_num'] === '0';
    return { answer: jsonAnswer(200, { has_more: false, items: isAsked ? [describeBatch(batch)] : [] }) };
  };

/** GET /api/v1/pa/settlement_records: of the batch that is named, at most 50 at a time. */
export const listRecords =
  (world: AirwallexWorld): Handler =>
  ({ wire, merchant }) => {
    const asked = Object.fromEntries(new URLSearchParams(wire.query));
    const id = /^bat_(\d{4})(\d\d)(\d\d)_([A-Z]{3})_1$/.exec(asked['settlement_id'] ?? '');
    const batch = id && batchOf(world, merchant.accountId, `${id[1]}-${id[2]}-${id[3]}`, id[4] ?? '');
    if (batch === null) return { answer: missing() };
    const [from, size] = [Number(asked['page'] ?? 0), Math.min(Number(asked['page_size'] ?? 50), 50)];
    const items = batch.moved.slice(from, from + size).map((one) => describeRecord(one, batch.id));
    const hasMore = from + size < batch.moved.length;
    return { answer: jsonAnswer(200, { has_more: hasMore, items, ...(hasMore ? { page_after: String(from + size) } : {}) }) };
  };
