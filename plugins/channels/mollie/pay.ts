import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { MethodManifest, Name } from '../../../core/contract/manifest.ts';
import type { CloseOutcome, Declined, Outcome, PaymentReport, Unknown } from '../../../core/contract/outcome.ts';
import { declineBy, explain } from './errors.ts';
import { type Answer, ask, type Data, isRecord, isText, type MollieAccount, readEcho, readMoney, writeMoney } from './gateway.ts';

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };
const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;

/** Currencies whose decimals at Mollie are those of ISO 4217. */
const many = ['EUR', 'USD', 'GBP', 'CHF', 'PLN', 'SEK', 'NOK', 'DKK', 'CZK', 'RON', 'AUD', 'CAD', 'JPY'];

interface Product {
  /** Mollie's name of the method; null where the shopper chooses on its page. */
  readonly method: string | null;
  readonly currencies: readonly string[];
  readonly name: Name;
}

const same = (text: string) => ({ en: text, zh: text });

const products: Readonly<Record<string, Product>> = {
  checkout: { method: null, currencies: many, name: { en: 'Mollie Checkout', zh: 'Mollie 收银台' } },
  creditcard: { method: 'creditcard', currencies: many, name: { en: 'Cards', zh: '银行卡', ja: 'カード', es: 'Tarjetas', ar: 'البطاقات' } },
  paypal: { method: 'paypal', currencies: many, name: same('PayPal') },
  ideal: { method: 'ideal', currencies: ['EUR'], name: same('iDEAL') },
  bancontact: { method: 'bancontact', currencies: ['EUR'], name: same('Bancontact') },
  eps: { method: 'eps', currencies: ['EUR'], name: same('EPS') },
  przelewy24: { method: 'przelewy24', currencies: ['PLN', 'EUR'], name: same('Przelewy24') },
  blik: { method: 'blik', currencies: ['PLN'], name: same('BLIK') },
};

export const methods: readonly MethodManifest[] = Object.entries(products).map(([product, { method, currencies, name }]) => ({
  id: `mollie_${product}`,
  product,
  name,
  action: 'redirect',
  currencies,
  // Mollie cancels what no method was chosen for. Whoever switches from another is told so before anything is called off.
  ...(method === null ? {} : { abilities: { close: 'none' } as const }),
}));

/** Creates the payment and answers the page where the shopper pays. */
export async function pay(account: MollieAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const product = Object.hasOwn(products, request.product) ? products[request.product] : undefined;
  if (!product?.currencies.includes(request.money.currency)) return { kind: 'rejected', reason: 'unsupported' };
  if (!Number.isSafeInteger(request.money.amount) || request.money.amount <= 0) return { kind: 'rejected', reason: 'validation' };
  const body = describe(account, product, request);
  const answer = await ask(account, call, { method: 'POST', path: '/v2/payments', body, number: request.number });
  if (answer.kind === 'fault') return explain(answer.fault);
  return answer.kind === 'data' ? concludePay(account, request, answer.data) : answer;
}

function describe(account: MollieAccount, { method }: Product, request: PayRequest): Readonly<Record<string, unknown>> {
  const { number, money, subject, callbackUrl, returnUrl } = request;
  const webhookUrl = new URL(callbackUrl);
  // A callback names Mollie's number alone, which is not known here when this answer is lost, and which refunds share.
  webhookUrl.searchParams.set('attempt', number);
  return {
    amount: writeMoney(account, money),
    description: [...subject].slice(0, 255).join(''),
    // Mollie demands an address to return to; without one of the merchant's, it is a neutral page of ours.
    redirectUrl: returnUrl ?? `${webhookUrl.origin}/checkout/return`,
    webhookUrl: webhookUrl.href,
    ...(method === null ? {} : { method }),
    metadata: { paymux_attempt: number },
  };
}

function concludePay(account: MollieAccount, request: PayRequest, created: Data): Outcome {
  const reading = readPayment(account, created);
  if (reading === null) return unmapped;
  const isAboutUs = isOurs(account, created, request.number);
  if ('kind' in reading) return isAboutUs ? reading : unmapped;
  const money = readMoney(account, created.amount);
  const isAsAsked = isAboutUs && money?.amount === request.money.amount && money.currency === request.money.currency;
  const { checkout } = isRecord(created._links) ? created._links : {};
  const url = isRecord(checkout) ? checkout.href : undefined;
  // What is not as asked is never shown to the shopper; its id is kept, so that it can be closed.
  if (reading.state !== 'pending' || !isAsAsked || !isText(url) || !/^https?:\/\//.test(url)) return { kind: 'ok', report: reading };
  return { kind: 'action', action: { type: 'redirect', url }, channelNo: reading.channelNo };
}

export async function query(account: MollieAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const path = pathOf(attempt.channelNo);
  if (path === null) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path });
  if (answer.kind === 'fault') return answer.fault.status === 404 ? notFound : explain(answer.fault);
  if (answer.kind !== 'data') return answer;
  const reading = answer.data.id === attempt.channelNo ? readPayment(account, answer.data) : null;
  if (reading === null) return unmapped;
  if (!('kind' in reading)) return { kind: 'ok', report: reading };
  // A decline carries no echo for the kernel to compare, so it counts only for the very attempt that was asked for.
  return isOurs(account, answer.data, attempt.number) ? reading : unmapped;
}

/**
 * Cancels the payment. Once the shopper has chosen a method, most cannot be cancelled: Mollie
 * answers 422, the state tells whether the payment has ended, and an open one ends by its own time.
 */
export async function close(account: MollieAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const path = pathOf(attempt.channelNo);
  if (path === null) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'DELETE', path });
  if (answer.kind !== 'fault') return concludeClose(account, attempt, answer);
  if (answer.fault.status === 404 || answer.fault.status === 410) return { kind: 'notFound' };
  if (answer.fault.status !== 422) return explain(answer.fault);
  const now = await ask(account, call, { method: 'GET', path });
  return now.kind === 'fault' ? explain(now.fault) : concludeClose(account, attempt, now);
}

function concludeClose(account: MollieAccount, attempt: AttemptRef, answer: Exclude<Answer, { kind: 'fault' }>): CloseOutcome {
  if (answer.kind !== 'data') return answer;
  const reading = answer.data.id === attempt.channelNo ? readPayment(account, answer.data) : null;
  if (reading === null || !isOurs(account, answer.data, attempt.number)) return unmapped;
  // Failed is final as well, and what the shopper has acted upon is too late to close: the kernel queries for the facts.
  if ('kind' in reading) return { kind: 'paid' };
  if (reading.state === 'pending') return unmapped;
  return { kind: reading.state === 'closed' ? 'closed' : 'paid' };
}

type Reading = (Exclude<PaymentReport, { readonly state: 'not_found' }> & { readonly channelNo: string }) | Declined | null;

/** Reads a payment. Null: a state that is not ours to guess. */
function readPayment(account: MollieAccount, data: Data): Reading {
  const { id: channelNo, status } = data;
  if (data.resource !== 'payment' || !isText(channelNo) || pathOf(channelNo) === null) return null;
  const echo = readEcho(data, 'paymux_attempt');
  switch (status) {
    case 'paid': {
      const money = readMoney(account, data.amount);
      return money === null ? null : { state: 'succeeded', channelNo, money, echo, ...readTime(data.paidAt) };
    }
    case 'open':
      return { state: 'pending', channelNo, echo };
    case 'pending':
    case 'authorized':
      return { state: 'processing', channelNo, echo };
    case 'canceled':
    case 'expired':
      return { state: 'closed', channelNo, echo };
    case 'failed':
      return declineBy(isRecord(data.details) ? data.details.failureReason : undefined);
    default:
      return null;
  }
}

function readTime(text: unknown): { readonly at?: Date } {
  const isTime = typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = isTime ? new Date(text) : null;
  return at === null || Number.isNaN(at.getTime()) ? {} : { at };
}

function isOurs(account: MollieAccount, data: Data, number: string): boolean {
  const echo = readEcho(data, 'paymux_attempt');
  return echo.number === number && echo.merchantNo === account.profileId && echo.livemode === account.livemode;
}

/** Null for an id that is none of a payment, which must not become part of an address. */
export function pathOf(channelNo: string | null): string | null {
  return channelNo !== null && /^tr_[A-Za-z0-9]+$/.test(channelNo) ? `/v2/payments/${channelNo}` : null;
}
