import { jsonAnswer } from '../../answers.ts';
import { honest } from '../../types.ts';
import { type Handler, problem } from './common.ts';
import type { PaystackWorld } from './index.ts';
import { describeTransaction } from './objects.ts';

const known = ['from', 'to', 'perPage', 'page', 'status', 'currency'];

/** 1.5 %. */
const feeOf = (amount: number) => Math.floor((amount * 15 + 500) / 1000);

/** GET /transaction: every page that was opened in the time, paid or not, the newest first. */
export const listTransactions =
  (world: PaystackWorld): Handler =>
  ({ wire, merchant }) => {
    const asked = Object.fromEntries(new URLSearchParams(wire.query));
    const stray = Object.keys(asked).find((name) => !known.includes(name));
    if (stray !== undefined) return { answer: problem(400, 'invalid_params', `Unknown parameter ${stray}`) };
    const [from, to] = [Date.parse(asked['from'] ?? '1970-01-01'), Date.parse(asked['to'] ?? '9999-12-31')];
    if (!(to >= from)) return { answer: problem(400, 'invalid_params', 'from and to are no span of time') };
    const [size, page] = [Number(asked['perPage'] ?? 50), Number(asked['page'] ?? 1)];
    const mine = [...world.store.orders.values()].filter(
      ({ channel, account, createdAt }) =>
        channel === world.channel && account === merchant.publicKey && createdAt >= from && createdAt <= to,
    );
    const data = mine
      .toReversed()
      .slice((page - 1) * size, page * size)
      .map((order) => ({ ...describeTransaction(order, honest), fees: order.state === 'paid' ? feeOf(order.amount) : null }));
    const meta = { total: mine.length, skipped: (page - 1) * size, perPage: size, page, pageCount: Math.ceil(mine.length / size) };
    return { answer: jsonAnswer(200, { status: true, message: 'Transactions retrieved', data, meta }) };
  };
