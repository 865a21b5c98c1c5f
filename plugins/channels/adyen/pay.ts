import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { Action, CloseOutcome, Echo, Outcome, PaymentReport, RefundOutcome, Unknown } from '../../../core/contract/outcome.ts';
import { explainFault } from './errors.ts';
import { type AdyenAccount, type Answer, ask, type Data } from './gateway.ts';

/**
 * Currencies whose minor unit at Adyen is that of ISO 4217, with two, none and three decimals. Left
 * out on purpose: CLP, CVE, IDR and ISK, which Adyen counts in other units.
 */
export const currencies: readonly string[] = [
  ...['AED', 'AUD', 'BRL', 'CAD', 'CHF', 'CNY', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF', 'INR', 'MXN', 'MYR', 'NOK', 'NZD'],
  ...['PHP', 'PLN', 'RON', 'SAR', 'SEK', 'SGD', 'THB', 'TRY', 'TWD', 'USD', 'ZAR'],
  ...['JPY', 'KRW', 'VND'],
  ...['BHD', 'JOD', 'KWD', 'OMR', 'TND'],
];

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };

/** Creates the link or the session and answers what the shopper's browser has to do with it. */
export async function pay(account: AdyenAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { amount, currency } = request.money;
  const product = products[request.product];
  if (product === undefined || !currencies.includes(currency)) return { kind: 'rejected', reason: 'unsupported' };
  if (!Number.isSafeInteger(amount) || amount <= 0) return { kind: 'rejected', reason: 'validation' };
  const content = product.content(account, request);
  const answer = await ask(account, call, { method: 'POST', path: product.path, content, idempotencyKey: request.number });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const sessionNo = readId(answer.data.id);
  if (sessionNo === null) return unmapped;
  const action = isAsAsked(account, request, answer.data) ? product.action(account, answer.data) : null;
  // What is not as asked is never shown to the shopper; its id is kept, so that it can be closed.
  if (action === null) return { kind: 'ok', report: { state: 'pending', echo: readEcho(answer.data) }, sessionNo };
  return { kind: 'action', action, sessionNo };
}

interface Product {
  readonly path: string;
  readonly content: (account: AdyenAccount, request: PayRequest) => Data;
  readonly action: (account: AdyenAccount, created: Data) => Action | null;
}

const products: Readonly<Record<string, Product>> = {
  link: { path: '/paymentLinks', content: linkContent, action: redirectTo },
  session: { path: '/sessions', content: sessionContent, action: handToClient },
};

/** What both products send. With a delay of zero the money is taken at once, whatever the account's own setting is. */
function commonContent(account: AdyenAccount, { number, money, payer }: PayRequest): Data {
  return {
    merchantAccount: account.merchantAccount,
    reference: number,
    amount: { value: money.amount, currency: money.currency },
    captureDelayHours: 0,
    ...(payer.country === undefined ? {} : { countryCode: payer.country }),
    ...(payer.email === undefined ? {} : { shopperEmail: payer.email }),
    ...(payer.locale !== undefined && /^[a-z]{2}-[A-Z]{2}$/.test(payer.locale) ? { shopperLocale: payer.locale } : {}),
  };
}

function linkContent(account: AdyenAccount, request: PayRequest): Data {
  return {
    ...commonContent(account, request),
    manualCapture: false,
    reusable: false,
    // Adyen takes 280 characters; whole code points, so that none is cut in half.
    description: [...request.subject].slice(0, 280).join(''),
    expiresAt: toSeconds(request.expiresAt),
    ...(request.returnUrl === null ? {} : { returnUrl: request.returnUrl }),
  };
}

function sessionContent(account: AdyenAccount, request: PayRequest): Data {
  const { payer, createdAt, expiresAt, returnUrl, callbackUrl } = request;
  // A session lives for 24 hours at most; a minute is for the way there.
  const latestMs = createdAt.getTime() + (24 * 60 - 1) * 60_000;
  return {
    ...commonContent(account, request),
    expiresAt: toSeconds(new Date(Math.min(expiresAt.getTime(), latestMs))),
    // Adyen demands an address to return to; without one of the merchant's, it is a neutral page of ours.
    returnUrl: returnUrl ?? `${new URL(callbackUrl).origin}/checkout/return`,
    ...(payer.clientIp === undefined ? {} : { shopperIP: payer.clientIp }),
  };
}

/** ISO 8601 in whole seconds, the only form that Adyen's documentation shows. */
function toSeconds(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

function redirectTo(_account: AdyenAccount, { url, status }: Data): Action | null {
  return status === 'active' && typeof url === 'string' && /^https?:\/\//.test(url) ? { type: 'redirect', url } : null;
}

function handToClient({ clientKey, environment }: AdyenAccount, { id, sessionData }: Data): Action | null {
  if (typeof sessionData !== 'string' || sessionData === '') return null;
  return { type: 'sdk', params: { id, sessionData, clientKey, environment } };
}

/** An account may be set to capture by hand, and Adyen then says so: the shopper's yes would not be the money. */
function isAsAsked(account: AdyenAccount, { number, money }: PayRequest, created: Data): boolean {
  const { number: reference, merchantNo } = readEcho(created);
  const total = readMoney(account.kit, created.amount);
  const capturesByHand = created.manualCapture === true || ![undefined, null, '0'].includes(created.captureDelayHours as string);
  const isOurs = reference === number && merchantNo === account.merchantAccount;
  return isOurs && total?.amount === money.amount && total.currency === money.currency && !capturesByHand;
}

/** Asks about a link. A session can be asked about only with what the shopper's browser was told, so it cannot be asked about here. */
export async function query(account: AdyenAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const path = linkPath(attempt);
  if (path === null) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const report = answer.data.id === attempt.sessionNo ? readLink(answer.data) : null;
  return report === null ? unmapped : { kind: 'ok', report };
}

/**
 * What a link says of its payment. It never says paid: neither the transaction's number nor the
 * outcome is in it, and both come by callback.
 */
function readLink(link: Data): PaymentReport | null {
  const echo = readEcho(link);
  switch (link.status) {
    case 'active':
      return { state: 'pending', echo };
    case 'paymentPending':
    case 'completed':
    case 'paid':
      return { state: 'processing', echo };
    case 'expired':
      return { state: 'closed', echo };
    default:
      return null;
  }
}

/** Expires a link. A refusal means that it is not active any more: then its status tells which end it took. */
export async function close(account: AdyenAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const path = linkPath(attempt);
  if (path === null) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'PATCH', path, content: { status: 'expired' } });
  if (answer.kind !== 'fault') return concludeClose(attempt, answer) ?? unmapped;
  const refusal = explainFault(answer.fault);
  if (answer.fault.status !== 400 && answer.fault.status !== 422) return refusal;
  const now = await ask(account, call, { method: 'GET', path });
  return now.kind === 'fault' ? explainFault(now.fault) : (concludeClose(attempt, now) ?? refusal);
}

/** Null: still open. Acted on but undecided is "paid" as well: too late to close, and the kernel looks for the facts. */
function concludeClose(attempt: AttemptRef, answer: Exclude<Answer, { kind: 'fault' }>): CloseOutcome | null {
  if (answer.kind !== 'data') return answer;
  const report = answer.data.id === attempt.sessionNo ? readLink(answer.data) : null;
  if (report === null) return unmapped;
  if (report.state === 'pending') return null;
  return { kind: report.state === 'closed' ? 'closed' : 'paid' };
}

/** Asks for a refund. Adyen only takes it in; its outcome comes by callback. */
export async function refund(account: AdyenAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, attempt } = request;
  const pspReference = readId(attempt.channelNo);
  if (pspReference === null || !Number.isSafeInteger(money.amount) || money.amount <= 0) return { kind: 'rejected', reason: 'validation' };
  const content = {
    merchantAccount: account.merchantAccount,
    amount: { value: money.amount, currency: money.currency },
    // Adyen's own `merchantRefundReason` takes five words only, and one of them accuses the shopper of fraud.
    reference: number,
  };
  const path = `/payments/${pspReference}/refunds`;
  const answer = await ask(account, call, { method: 'POST', path, content, idempotencyKey: number });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  return answer.kind === 'data' ? concludeRefund(account, request, answer.data) : answer;
}

/** The echo has no place for the payment and the amount of a refund that is not done yet, so they are compared here. */
function concludeRefund(account: AdyenAccount, { attempt, money }: RefundRequest, data: Data): RefundOutcome {
  const channelNo = readId(data.pspReference);
  const taken = readMoney(account.kit, data.amount);
  const isAsked = data.paymentPspReference === attempt.channelNo && taken?.amount === money.amount && taken.currency === money.currency;
  if (data.status !== 'received' || channelNo === null || !isAsked) return unmapped;
  return { kind: 'ok', report: { state: 'processing', channelNo, echo: readEcho(data) } };
}

/** What links, sessions and refunds repeat of the request. They do not name their environment. */
function readEcho({ reference, merchantAccount }: Data): Echo {
  return {
    ...(typeof reference === 'string' ? { number: reference } : {}),
    ...(typeof merchantAccount === 'string' ? { merchantNo: merchantAccount } : {}),
  };
}

/** An `Amount` of Adyen: an integer of minor units, and a currency. */
export function readMoney(kit: Kit, amount: unknown): Money | null {
  return isRecord(amount) ? kit.money.fromMinor(amount.value, amount.currency) : null;
}

/** The path of a link; null for what is none, which must not become part of an address. */
function linkPath({ product, sessionNo }: AttemptRef): string | null {
  const id = product === 'link' ? readId(sessionNo) : null;
  return id === null ? null : `/paymentLinks/${id}`;
}

/** A number of Adyen's: letters and digits. */
export function readId(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9]{1,64}$/.test(value) ? value : null;
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
