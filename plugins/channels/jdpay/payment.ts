import type { AttemptRef } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { Echo, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import type { JdAccount } from './account.ts';
import { explainQuestion, saysNotFound } from './errors.ts';
import { ask, isOurNumber, timeOf } from './gateway.ts';
import { type Data, isRecord, type Opened, saysYes, textOf } from './message.ts';

type Signed = Extract<Opened, { readonly kind: 'signed' }>;
/** The reports that need more than the message: what a failed try means differs from one method to another. */
export type Read = Exclude<PaymentReport, { readonly state: 'not_found' | 'approved' }> | { readonly state: 'failed'; readonly echo: Echo };

/** Cashier pages and QR codes stay open after a refused card; a payment code is one try. */
const oneTry = 'barcode';

export async function query(account: JdAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, 'query', { tradeNum: attempt.number, tradeType: '0' });
  if (answer.kind !== 'signed' && answer.kind !== 'unsigned') return answer;
  if (saysNotFound(answer)) return { kind: 'ok', report: { state: 'not_found' } };
  if (answer.kind === 'unsigned' || !saysYes(answer)) return explainQuestion(answer);
  const read = readPayment(account, answer);
  if (read === null) return { kind: 'unknown', reason: 'unreadable' };
  if (read.state !== 'failed') return { kind: 'ok', report: read };
  if (attempt.product !== oneTry) return { kind: 'ok', report: { state: 'pending', echo: read.echo } };
  const vendor = { code: '3', message: '交易失败 (JD Pay says that the payment failed)' };
  return { kind: 'declined', echo: read.echo, code: 'declined', advice: 'retry_other_method', vendor };
}

/** Reads what answers and callbacks say of a payment alike; null when it is about something else or cannot be read. */
export function readPayment(account: JdAccount, { fields, merchant }: Signed): Read | null {
  const number = textOf(fields['tradeNum']);
  if (!isOurNumber(number) || fields['tradeType'] !== '0') return null;
  const echo: Echo = { number, merchantNo: merchant };
  switch (fields['status']) {
    case '0':
      return { state: 'pending', echo };
    case '1':
      return { state: 'processing', echo };
    case '2': {
      const [money, first] = [moneyOf(account, fields), paysOf(fields)[0]];
      // JD names no number of its own: refunds and statements name ours.
      return money === null ? null : { state: 'succeeded', channelNo: number, money, echo, ...timeOf(first?.['tradeTime']) };
    }
    case '3':
      return { state: 'failed', echo };
    case '4':
      return { state: 'closed', echo };
    default:
      return null;
  }
}

/** The total stands by itself, its currency only in the parts that it was paid in: they must all say the same. */
function moneyOf({ kit }: JdAccount, fields: Data): Money | null {
  const currencies = paysOf(fields).map(({ currency }) => currency);
  const [currency] = currencies;
  if (currency === undefined || currencies.some((other) => other !== currency)) return null;
  const money = kit.money.fromMinor(fields['amount'], currency);
  return money === null || money.amount === 0 ? null : money;
}

/** One way to pay, or several together. */
function paysOf({ payList }: Data): readonly Data[] {
  const pay = isRecord(payList) ? payList['pay'] : undefined;
  const all: readonly unknown[] = Array.isArray(pay) ? pay : [pay];
  return all.every(isRecord) ? all : [];
}
