import type { AttemptRef, PayRequest, RefundRequest } from '../../contract/channel.ts';
import type { Call } from '../../contract/kit.ts';
import type { Action, CloseOutcome, Outcome, PaymentReport, RefundOutcome, Rejected, Unknown } from '../../contract/outcome.ts';
import { type Data, look, textAt } from './data.ts';
import { echoOf, paymentReport, refundReport, stateOf } from './facts.ts';
import type { Opened } from './opened.ts';
import type { PayStep, Request } from './schema.ts';
import { ask, prepare, toRefusal, withQuery } from './send.ts';
import { payValues, queryValues, refundValues } from './values.ts';

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };
const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

const stepFor = ({ definition }: Opened, product: string): PayStep | undefined =>
  definition.pay.find(({ products }) => products === undefined || products.includes(product));

export async function pay(opened: Opened, request: PayRequest, call: Call): Promise<Outcome> {
  const step = stepFor(opened, request.product);
  if (step === undefined) return { kind: 'rejected', reason: 'unsupported' };
  const values = payValues(opened, request, call);
  if (!('browser' in step)) return readPay(opened, step, request, await ask(opened, 'pay', step, values, call));
  const { url, fields } = await prepare(opened, step, values);
  const action: Action = step.browser === 'GET' ? { type: 'redirect', url: withQuery(url, fields) } : { type: 'form', url, fields };
  return { kind: 'action', action };
}

function readPay(opened: Opened, step: Request, request: PayRequest, asked: Awaited<ReturnType<typeof ask>>): Outcome {
  if (asked.kind === 'listed') return toRefusal(asked);
  if (asked.kind !== 'data') return asked;
  const { facts, action: paths } = step.answer;
  if (!isAbout(opened, step, request.number, asked.data)) return unmapped;
  if (paths === undefined) return toOutcome(opened, step, asked.data);
  const action = readAction(opened, request.product, asked.data, paths);
  if (action === null) return unreadable;
  const channelNo = textAt(asked.data, facts.channelNo);
  const sessionNo = textAt(asked.data, facts.sessionNo);
  return { kind: 'action', action, ...(channelNo !== undefined && { channelNo }), ...(sessionNo !== undefined && { sessionNo }) };
}

/** The kernel compares the echo of a report; what carries an action has no report, so it is compared here. */
function isAbout({ merchantNo }: Opened, { answer: { facts } }: Request, number: string, data: Data): boolean {
  const echo = echoOf(facts, data);
  if (echo.number !== undefined && echo.number !== number) return false;
  return echo.merchantNo === undefined || merchantNo === null || echo.merchantNo === merchantNo;
}

/** The first of the places that holds something. What a client library wants may be an object, or the text of one. */
function readAction({ definition, kit }: Opened, product: string, data: Data, paths: readonly string[]): Action | null {
  const type = definition.methods.find((one) => one.product === product)?.action;
  const found = paths.map((path) => look(data, path)).find((value) => value !== undefined && value !== '');
  if (type === 'sdk') {
    const params = typeof found === 'string' ? kit.json(found) : found;
    return typeof params === 'object' && params !== null && !Array.isArray(params)
      ? { type, params: params as Record<string, unknown> }
      : null;
  }
  if (typeof found !== 'string') return null;
  if (type === 'redirect') return /^https?:\/\//.test(found) ? { type, url: found } : null;
  return type === 'qr' ? { type, qrContent: found } : null;
}

function toOutcome(opened: Opened, { answer }: Request, data: Data): Outcome {
  const report = paymentReport(opened, answer, data);
  if (report !== null) return { kind: 'ok', report };
  const said = textAt(data, answer.facts.status) ?? '';
  const vendor = { code: said, message: textAt(data, answer.message) ?? '' };
  const state = stateOf(answer, data);
  const echo = echoOf(answer.facts, data);
  if (state === 'declined') return { kind: 'declined', echo, code: 'declined', advice: 'retry_other_method', vendor };
  return state === null ? { ...unmapped, vendor } : unreadable;
}

export async function query(opened: Opened, request: Request, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const asked = await ask(opened, 'query', request, queryValues(opened, attempt, call), call);
  if (asked.kind === 'data') return toOutcome(opened, request, asked.data);
  if (asked.kind !== 'listed') return asked;
  const report: PaymentReport | null =
    asked.rule.is === 'not_found' ? { state: 'not_found' } : asked.rule.is === 'closed' ? { state: 'closed', echo: asked.echo } : null;
  return report === null ? toRefusal(asked) : { kind: 'ok', report };
}

export async function close(opened: Opened, request: Request, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const asked = await ask(opened, 'close', request, queryValues(opened, attempt, call), call);
  if (asked.kind === 'data') {
    const state = stateOf(request.answer, asked.data);
    if (!isAbout(opened, request, attempt.number, asked.data)) return unmapped;
    if (state === 'succeeded') return { kind: 'paid' };
    return state === 'closed' ? { kind: 'closed' } : state === 'not_found' ? { kind: 'notFound' } : unmapped;
  }
  if (asked.kind !== 'listed') return asked;
  const { is } = asked.rule;
  if (is === 'closed' || is === 'paid') return { kind: is };
  if (is === 'not_found') return { kind: 'notFound' };
  const refusal = toRefusal(asked);
  return refusal.kind === 'declined' ? { ...unmapped, vendor: refusal.vendor } : (refusal as Rejected | Unknown);
}

/** Sends the refund. Where its answer states no money, the vendor is asked for the facts at once. */
export async function refund(opened: Opened, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { refund: sending, queryRefund: asking } = opened.definition;
  if (sending === undefined) return { kind: 'rejected', reason: 'unsupported' };
  const sent = await askRefund(opened, 'refund', sending, request, call);
  if (!sending.confirm || asking === undefined || sent.kind !== 'ok' || sent.report.state !== 'processing') return sent;
  const told = await askRefund(opened, 'queryRefund', asking, request, call);
  return told.kind === 'ok' && told.report.state === 'succeeded' ? told : sent;
}

export async function askRefund(
  opened: Opened,
  operation: 'refund' | 'queryRefund',
  request: Request,
  refunded: RefundRequest,
  call: Call,
): Promise<RefundOutcome> {
  const asked = await ask(opened, operation, request, refundValues(opened, refunded, call), call);
  if (asked.kind === 'listed') {
    return asked.rule.is === 'not_found' && operation === 'queryRefund' ? { kind: 'ok', report: { state: 'not_found' } } : toRefusal(asked);
  }
  if (asked.kind !== 'data') return asked;
  // A vendor that knows refunds by their payment only: the kernel compares a refund's number, not that one.
  const about = textAt(asked.data, request.answer.facts.paymentNumber);
  if (about !== undefined && about !== refunded.attempt.number) return unmapped;
  const report = refundReport(opened, request.answer, asked.data);
  return report === null ? unmapped : { kind: 'ok', report };
}
