import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Echo, RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import type { JdAccount } from './account.ts';
import { explainFault, explainQuestion, saysNotFound } from './errors.ts';
import { ask, isOurNumber, timeOf, toJdTime } from './gateway.ts';
import { type Opened, saysYes, textOf } from './message.ts';

type Signed = Extract<Opened, { readonly kind: 'signed' }>;

/** A repeat under the same number is refused as sent before (RFND000001), so it moves nothing twice. */
export async function refund(account: JdAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(account, call, 'refund', {
    tradeNum: request.number,
    oTradeNum: request.attempt.number,
    amount: String(request.money.amount),
    currency: request.money.currency,
    tradeTime: toJdTime(request.createdAt),
    notifyUrl: request.callbackUrl,
    note: Array.from((request.reason ?? '').replace(/\s+/g, ' ').trim())
      .slice(0, 128)
      .join(''),
  });
  if (answer.kind !== 'signed' && answer.kind !== 'unsigned') return answer;
  if (answer.kind === 'unsigned' || !saysYes(answer)) return explainFault(answer);
  return outcomeOf(account, answer, request);
}

export async function queryRefund(account: JdAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const fields = { tradeNum: request.number, oTradeNum: request.attempt.number, tradeType: '1' };
  const answer = await ask(account, call, 'query', fields);
  if (answer.kind !== 'signed' && answer.kind !== 'unsigned') return answer;
  if (saysNotFound(answer)) return { kind: 'ok', report: { state: 'not_found' } };
  if (answer.kind === 'unsigned' || !saysYes(answer)) return explainQuestion(answer);
  return outcomeOf(account, answer, request);
}

function outcomeOf(account: JdAccount, answer: Signed, { attempt }: RefundRequest): RefundOutcome {
  const report = readRefund(account, answer);
  // A refund of another payment would be a mix-up that the echo, which names the refund, does not show.
  if (report === null || answer.fields['oTradeNum'] !== attempt.number) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'ok', report };
}

/** Reads what answers and callbacks say of a refund alike; null when it is about something else or cannot be read. */
export function readRefund({ kit }: JdAccount, { fields, merchant }: Signed): RefundReport | null {
  const { tradeType, status, amount, currency } = fields;
  const number = textOf(fields['tradeNum']);
  // JD's samples leave the type out where its list requires it: what a refund has in any case is the payment's number.
  const isRefund = tradeType === '1' || (tradeType === undefined && textOf(fields['oTradeNum']) !== null);
  if (!isOurNumber(number) || !isRefund) return null;
  const echo: Echo = { number, merchantNo: merchant };
  switch (status) {
    case '0':
      return { state: 'processing', echo };
    case '1': {
      const money = kit.money.fromMinor(amount, currency);
      if (money === null || money.amount === 0) return null;
      return { state: 'succeeded', channelNo: number, money, echo, ...timeOf(fields['tradeTime']) };
    }
    case '2':
      return { state: 'failed', code: 'refund_rejected', echo };
    // Failed, and to be started again under its number: JD does nothing more by itself.
    case '3':
      return { state: 'abnormal', echo };
    default:
      return null;
  }
}
