import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, Unknown } from '../../../core/contract/outcome.ts';
import { explain, explainRefund } from './errors.ts';
import { ask, type Data, isNumber, type MercadoAccount } from './gateway.ts';

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };

/** Returns money of a payment. Only the key of idempotency carries our number: a refund has no place for it. */
export async function refund(account: MercadoAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, attempt } = request;
  if (!isNumber(attempt.channelNo) || !Number.isSafeInteger(money.amount) || money.amount <= 0) {
    return { kind: 'rejected', reason: 'validation' };
  }
  const body = { amount: account.kit.jsonNumber(account.kit.money.toMajor(money)) };
  const path = `/v1/payments/${attempt.channelNo}/refunds`;
  const answer = await ask(account, call, { method: 'POST', path, body, idempotencyKey: number });
  if (answer.kind === 'fault') return explainRefund(answer.fault);
  return answer.kind === 'data' ? conclude(account, request, answer.data, call) : answer;
}

export async function queryRefund(account: MercadoAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { channelNo, attempt } = request;
  if (!isNumber(channelNo) || !isNumber(attempt.channelNo)) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path: `/v1/payments/${attempt.channelNo}/refunds/${channelNo}` });
  if (answer.kind === 'fault') return answer.fault.status === 404 ? { kind: 'ok', report: { state: 'not_found' } } : explain(answer.fault);
  if (answer.kind !== 'data') return answer;
  return answer.data.id === channelNo ? conclude(account, request, answer.data, call) : unmapped;
}

async function conclude(account: MercadoAccount, request: RefundRequest, data: Data, call: Call): Promise<RefundOutcome> {
  const { id: channelNo, payment_id: payment, status } = data;
  if (!isNumber(channelNo) || payment !== request.attempt.channelNo) return unmapped;
  const known = { channelNo, echo: {} };
  switch (status) {
    case 'approved':
      return succeed(account, data, known, call);
    case 'in_process':
    case 'authorized':
      return { kind: 'ok', report: { state: 'processing', ...known } };
    case 'rejected':
    case 'cancelled':
      return { kind: 'ok', report: { state: 'failed', code: 'refund_rejected', ...known } };
    default:
      return unmapped;
  }
}

/** A refund does not say its currency, its payment does: so that is asked as well, and taken from nowhere else. */
async function succeed(
  account: MercadoAccount,
  data: Data,
  known: { channelNo: string; echo: object },
  call: Call,
): Promise<RefundOutcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/v1/payments/${data.payment_id}` });
  const isItsPayment = answer.kind === 'data' && answer.data.id === data.payment_id && answer.data.collector_id === account.userId;
  const money = isItsPayment ? account.kit.money.fromMajor(data.amount, answer.data.currency_id) : null;
  if (money === null) return { kind: 'ok', report: { state: 'processing', ...known } };
  return { kind: 'ok', report: { state: 'succeeded', money, ...known } };
}
