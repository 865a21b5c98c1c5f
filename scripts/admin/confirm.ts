import { confirmPayment } from '../../core/payments/confirm.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import { confirmRefund } from '../../core/refunds/confirm.ts';
import type { Command, Context, Given, Option, Printed } from './command.ts';
import { withKernel } from './with-kernel.ts';

const testimony: Readonly<Record<string, Option>> = {
  reference: { kind: 'text', doc: 'The number under which the money is found: the bank’s, or the receipt’s.', required: true },
  evidence: { kind: 'text', doc: 'What proves it, such as the statement and its line. Kept in the history.', required: true },
  operator: { kind: 'text', doc: 'Who says so. Kept in the history.', required: true },
};

/** An operator's word, for channels that nobody can ask. */
export const confirmCommands: readonly Command[] = [
  {
    name: 'payment find',
    doc: 'Finds the payments whose shoppers were told a reference, or whose attempt has a number.',
    options: { reference: { kind: 'text', doc: 'As the shopper or the bank’s statement writes it.', required: true } },
    run: runFind,
  },
  {
    name: 'payment confirm',
    doc: 'Says that the money of a payment came, on a channel that only an operator can speak for.',
    options: {
      id: { kind: 'text', doc: 'The payment’s id.', required: true },
      amount: { kind: 'integer', doc: 'What came, in minor units.', required: true },
      currency: { kind: 'text', doc: 'Its currency, ISO 4217.', required: true },
      'other-amount': { kind: 'flag', doc: 'It is other money than was asked, and that is no slip.' },
      ...testimony,
    },
    run: (context, given) => withKernel(context, (kernel) => runConfirmPayment(kernel, given)),
  },
  {
    name: 'refund confirm',
    doc: 'Says that a refund was paid out, on a channel that only an operator can speak for.',
    options: { id: { kind: 'text', doc: 'The refund’s id.', required: true }, ...testimony },
    run: (context, given) => withKernel(context, (kernel) => runConfirmRefund(kernel, given)),
  },
];

const readTestimony = (given: Given) => ({
  reference: given.text('reference') ?? '',
  evidence: given.text('evidence') ?? '',
  operator: given.text('operator') ?? '',
});

async function runConfirmPayment(kernel: Kernel, given: Given): Promise<Printed> {
  const done = await confirmPayment(kernel, {
    paymentId: given.text('id') ?? '',
    amount: given.integer('amount') ?? 0,
    currency: given.text('currency') ?? '',
    otherAmount: given.flag('other-amount'),
    ...readTestimony(given),
  });
  if (done.kind === 'refused') return { kind: 'faults', faults: [done.reason] };
  const { payment, attempt } = done.settled;
  const { state, exception } = payment;
  const result = done.changed ? 'confirmed' : 'was confirmed before; nothing changed';
  return { kind: 'done', facts: { payment: payment.id, result, state, exception, attempt: attempt.id, reference: attempt.channel_no } };
}

async function runConfirmRefund(kernel: Kernel, given: Given): Promise<Printed> {
  const done = await confirmRefund(kernel, { refundId: given.text('id') ?? '', ...readTestimony(given) });
  if (done.kind === 'refused') return { kind: 'faults', faults: [done.reason] };
  const { id, state, channel_no: reference } = done.refund;
  return {
    kind: 'done',
    facts: { refund: id, result: done.changed ? 'confirmed' : 'was confirmed before; nothing changed', state, reference },
  };
}

/** Banks put spaces into references, and people write them small. */
async function runFind({ database }: Context, given: Given): Promise<Printed> {
  const reference = (given.text('reference') ?? '').replace(/[\s-]/g, '').toUpperCase();
  if (!/^[0-9A-Z]{1,255}$/.test(reference)) return { kind: 'faults', faults: ['--reference must be letters and digits'] };
  const sql = `SELECT payment_id, number, state, amount, currency FROM attempts WHERE number = ?
    UNION SELECT payment_id, number, state, amount, currency FROM attempts
      WHERE session_no = ? AND account_id IN (SELECT id FROM channel_accounts)`;
  const rows = await database.all(sql, [reference, reference]);
  if (rows.length === 0) return { kind: 'faults', faults: [`no payment was given the reference ${reference}`] };
  return { kind: 'done', facts: { reference, payments: rows.map((row) => ({ ...row })) } };
}
