import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport, Unknown } from '../../../core/contract/outcome.ts';
import { explainFault, explainRefundFault } from './errors.ts';
import { ask, type CheckoutAccount, type Data, idOf, recordsOf, timeOf } from './gateway.ts';

const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/** Asks for a refund: 202 says that it was taken, the list of actions and a callback say how it ended. */
export async function refund(account: CheckoutAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, attempt } = request;
  const path = `/payments/${encodeURIComponent(attempt.channelNo ?? '')}/refunds`;
  const answer = await ask(account, call, { method: 'POST', path, key: number, body: { amount: money.amount, reference: number } });
  if (answer.kind === 'fault') return explainRefundFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const channelNo = idOf(answer.data.action_id, 'act');
  if (channelNo === null || answer.data.reference !== number) return unreadable;
  return { kind: 'ok', report: { state: 'processing', channelNo, echo: { number } } };
}

/** Looks for our reference among the payment's actions. These say no currency, so the payment is asked for it. */
export async function queryRefund(account: CheckoutAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const path = `/payments/${encodeURIComponent(request.attempt.channelNo ?? '')}`;
  const answer = await ask(account, call, { method: 'GET', path: `${path}/actions` });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const actions = recordsOf(answer.data.items);
  if (actions === null) return unreadable;
  const found = actions.find(({ type, reference }) => type === 'Refund' && reference === request.number);
  if (found === undefined) return { kind: 'ok', report: { state: 'not_found' } };
  if (found.approved !== true) return outcomeOf(readUnpaid(found));
  const payment = await ask(account, call, { method: 'GET', path });
  if (payment.kind === 'fault') return explainFault(payment.fault);
  if (payment.kind !== 'data') return payment;
  return outcomeOf(payment.data.id === request.attempt.channelNo ? readRefunded(account, found, payment.data.currency) : null);
}

function readUnpaid({ id, reference, approved }: Data): RefundReport | null {
  const channelNo = idOf(id, 'act');
  if (channelNo === null || typeof reference !== 'string') return null;
  const echo = { number: reference };
  if (approved === false) return { state: 'failed', code: 'refund_rejected', channelNo, echo };
  return approved === undefined || approved === null ? { state: 'processing', channelNo, echo } : null;
}

function readRefunded({ kit }: CheckoutAccount, { id, reference, amount, processed_on: at }: Data, currency: unknown): RefundReport | null {
  const channelNo = idOf(id, 'act');
  const money = kit.money.fromMinor(amount, currency);
  if (channelNo === null || money === null || typeof reference !== 'string') return null;
  return { state: 'succeeded', channelNo, money, echo: { number: reference }, ...timeOf(at) };
}

function outcomeOf(report: RefundReport | null): RefundOutcome {
  return report === null ? unreadable : { kind: 'ok', report };
}
