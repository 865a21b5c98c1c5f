import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome } from '../../../core/contract/outcome.ts';
import { explainCloseFault, explainFault, saysNotFound } from './errors.ts';
import { ask, type DouyinAccount } from './gateway.ts';
import { products } from './products.ts';
import { giveUp, readPayment } from './reports.ts';
import { cutDescription, toChinaTime } from './texts.ts';

/** Creates the order and answers what the shopper has to do with it. */
export async function pay(account: DouyinAccount, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  const product = Object.hasOwn(products, request.product) ? products[request.product] : undefined;
  const shopper = product?.describeShopper(request.payer) ?? null;
  if (product === undefined || shopper === null) return { kind: 'rejected', reason: 'validation' };
  const body = {
    appid: account.appid,
    mchid: account.mchid,
    description: cutDescription(request.subject),
    out_trade_no: request.number,
    time_expire: toChinaTime(request.expiresAt),
    notify_url: request.callbackUrl,
    amount: { total: request.money.amount, currency: request.money.currency },
    ...shopper,
  };
  const answer = await ask(account, call, { method: 'POST', path: `/v1/trade/transactions/${request.product}`, body });
  if (answer.kind === 'fault') return explainFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const action = await product.readAction(account, answer.data, call);
  return action === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'action', action };
}

/** Asks for an order by our number. */
export async function query(account: DouyinAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `${makeOrderPath(attempt.number)}?mchid=${account.mchid}` });
  if (answer.kind === 'fault')
    return saysNotFound(answer.error) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const report = readPayment(account.kit, answer.data);
  return report === null || report.state === 'unmapped' ? giveUp(report) : { kind: 'ok', report };
}

/** Closes an unpaid order. The answer has no content. */
export async function close(account: DouyinAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const question = { method: 'POST', path: `${makeOrderPath(attempt.number)}/close`, body: { mchid: account.mchid } } as const;
  const answer = await ask(account, call, question);
  if (answer.kind === 'fault') return explainCloseFault(answer.error);
  return answer.kind === 'data' ? { kind: 'closed' } : answer;
}

function makeOrderPath(number: string): string {
  return `/v1/trade/transactions/out-trade-no/${encodeURIComponent(number)}`;
}
