import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import type { Part } from '../../../core/contract/parts.ts';
import { readFailure } from './errors.ts';
import { ask, formatTime, type Merchant, readText, signQuestion } from './gateway.ts';
import { buildForm } from './sign.ts';
import { askTrade, closeTrade, orderOf, unreadable } from './trade.ts';

/** All or none of 2 to 6 orders: no client that is public sends more. */
export const mergedLines = { min: 2, max: 6 } as const;

/** How the shopper comes to a merged payment, and the product code of its trades. */
const products: Readonly<Record<string, { readonly method: string; readonly productCode: string }>> = {
  merge_wap: { method: 'alipay.trade.wap.merge.pay', productCode: 'QUICK_WAP_WAY' },
  merge_app: { method: 'alipay.trade.app.merge.pay', productCode: 'QUICK_MSECURITY_PAY' },
};

export const isMerged = ({ product }: Pick<AttemptRef, 'product'>) => Object.hasOwn(products, product);

/** Announces the trades, which gives one number for all of them, and hands that to the browser or to the app. */
export async function payMerged(merchant: Merchant, request: PayRequest, call: Call): Promise<Outcome> {
  const product = products[request.product];
  if (product === undefined) return { kind: 'rejected', reason: 'unsupported' };
  const { length } = request.orderLines;
  if (length < mergedLines.min || length > mergedLines.max || !merchant.kit.parts.isWhole(request))
    return { kind: 'rejected', reason: 'validation' };
  const content = {
    // With it the trades are paid all or none.
    out_merge_no: request.number,
    time_expire: formatTime(request.expiresAt),
    order_details: describeParts(merchant, request, product.productCode),
  };
  const question = { method: 'alipay.trade.merge.precreate', content, callbackUrl: request.callbackUrl };
  const answer = await ask(merchant, question, call, true);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure !== null) return readFailure(answer.failure);
  const session = readText(answer.node['pre_order_no']);
  const isOurs = (readText(answer.node['out_merge_no']) ?? request.number) === request.number;
  if (session === undefined || !isOurs) return unreadable;
  return describeStep(merchant, request, product.method, session);
}

function describeParts(merchant: Merchant, request: PayRequest, productCode: string) {
  return request.orderLines.map(({ money, subject }, index) => {
    const part = { ...request, number: merchant.kit.parts.number(request.number, index), money, subject: subject ?? request.subject };
    const { time_expire: _, ...order } = orderOf(merchant.kit, part, productCode);
    return { app_id: merchant.appId, seller_id: merchant.sellerId, ...order };
  });
}

/** Signed with the attempt's time, so that the same attempt always has the same address. */
async function describeStep(merchant: Merchant, request: PayRequest, method: string, session: string): Promise<Outcome> {
  const { returnUrl } = request;
  const question = { method, content: { pre_order_no: session }, ...(returnUrl === null ? {} : { returnUrl }) };
  const text = buildForm(await signQuestion(merchant, question, request.createdAt));
  if (request.product === 'merge_app') return { kind: 'action', action: { type: 'sdk', params: { orderStr: text } } };
  return { kind: 'action', action: { type: 'redirect', url: `${merchant.gatewayUrl}?${text}` } };
}

export interface Merged {
  readonly report: PaymentReport;
  readonly parts: readonly Part[];
}

export async function queryMerged(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const asked = await askMerged(merchant, attempt, call);
  return 'report' in asked ? { kind: 'ok', report: asked.report } : asked;
}

type Refused = Exclude<Outcome, { kind: 'ok' }>;

/** There is no question about the whole: its trades are asked about in turn, until they come to its money. */
export async function askMerged(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<Merged | Refused> {
  const parts: Part[] = [];
  for (let index = 0; index < mergedLines.max && sumOf(parts) < attempt.money.amount; index += 1) {
    const number = merchant.kit.parts.number(attempt.number, index);
    const asked = await askTrade(merchant, { ...attempt, number }, call);
    if (!('report' in asked)) return asked;
    const { report, total } = asked;
    if (report.state === 'not_found' && index === 0) return { report, parts };
    if (report.state === 'not_found' || total === null || report.echo.number !== number || total.currency !== attempt.money.currency)
      return unreadable;
    parts.push({ number, money: total, report });
  }
  const report = merchant.kit.parts.join(parts, { number: attempt.number });
  return report === null ? { kind: 'unknown', reason: 'unmapped' } : { report, parts };
}

const sumOf = (parts: readonly Part[]) => parts.reduce((sum, { money }) => sum + money.amount, 0);

export async function closeMerged(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const before = await askMerged(merchant, attempt, call);
  const known = readClosed(before);
  const isUnseen = known?.kind === 'notFound';
  if ((known !== null && !isUnseen) || !('parts' in before)) return known ?? unreadable;
  // Trades are made when the shopper comes: one that nobody has seen is closed all the same, as it may come just now.
  const numbers = isUnseen ? [merchant.kit.parts.number(attempt.number, 0)] : before.parts.map(({ number }) => number);
  for (const number of numbers) {
    const outcome = await closeTrade(merchant, { ...attempt, number }, call);
    if (outcome.kind === 'notSent' || outcome.kind === 'rejected' || outcome.kind === 'unknown') return outcome;
    if (outcome.kind === 'notFound' && isUnseen) return outcome;
  }
  // Closing one may have closed the others, and one that "no longer waits" may be paid: only asking tells.
  return readClosed(await askMerged(merchant, attempt, call)) ?? unreadable;
}

/** Null while there is something to close. */
function readClosed(asked: Merged | Refused): CloseOutcome | null {
  if (!('report' in asked)) return asked.kind === 'action' || asked.kind === 'declined' ? unreadable : asked;
  if (asked.report.state === 'not_found') return { kind: 'notFound' };
  if (asked.report.state === 'succeeded') return { kind: 'paid' };
  return asked.report.state === 'closed' ? { kind: 'closed' } : null;
}
