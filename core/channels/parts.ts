import type { PayRequest, RefundRequest } from '../contract/channel.ts';
import type { Echo, PaymentReport, RefundReport } from '../contract/outcome.ts';
import type { Part, PartsKit } from '../contract/parts.ts';

export const partsKit: PartsKit = { number: partNumber, isWhole, join, refundOf, joinRefunds };

function partNumber(whole: string, index: number): string {
  return `${whole}${String(index + 1).padStart(2, '0')}`;
}

function isWhole({ orderLines, money }: Pick<PayRequest, 'orderLines' | 'money'>): boolean {
  const sum = orderLines.reduce((total, line) => total + line.money.amount, 0);
  return sum === money.amount && orderLines.every((line) => line.money.currency === money.currency && line.money.amount > 0);
}

function join(parts: readonly Part[], echo: Echo): PaymentReport | null {
  const [first] = parts;
  const states = new Set(parts.map(({ report }) => report.state));
  if (first === undefined || parts.some(({ money }) => money.currency !== first.money.currency)) return null;
  // While they differ nothing is decided.
  if (states.size > 1) return states.has('closed') ? null : { state: 'processing', echo };
  const { report } = first;
  if (report.state === 'pending' || report.state === 'processing' || report.state === 'closed') return { state: report.state, echo };
  const amount = parts.reduce((sum, { money }) => sum + money.amount, 0);
  if (report.state !== 'succeeded' || !Number.isSafeInteger(amount)) return null;
  const { channelNo, at } = report;
  return { state: 'succeeded', channelNo, money: { amount, currency: first.money.currency }, echo, ...(at !== undefined && { at }) };
}

function refundOf(request: RefundRequest, { number, money }: Pick<Part, 'number' | 'money'>, index: number): RefundRequest {
  return { ...request, number: partNumber(request.number, index), money, attempt: { ...request.attempt, number, money } };
}

function joinRefunds(currency: string, reports: readonly RefundReport[], echo: Echo): RefundReport {
  const states = new Set(reports.map(({ state }) => state));
  if (states.has('abnormal') || (states.has('failed') && states.size > 1)) return { state: 'abnormal', echo };
  if (states.has('failed')) return { state: 'failed', code: 'refund_rejected', echo };
  if (states.has('not_found')) return { state: 'not_found' };
  const done = reports.filter((report) => report.state === 'succeeded');
  const [first] = done;
  if (first === undefined || done.length < reports.length) return { state: 'processing', echo };
  const sum = done.reduce((total, { money }) => total + money.amount, 0);
  // Nothing, where one was in another currency: the kernel compares, and sees that it is not what was asked for.
  const amount = done.every(({ money }) => money.currency === currency) ? sum : 0;
  const { channelNo, at } = first;
  return { state: 'succeeded', channelNo, money: { amount, currency }, echo, ...(at !== undefined && { at }) };
}
