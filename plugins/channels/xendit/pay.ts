import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { Action, Declined, Echo, Outcome, PaymentReport, Unknown } from '../../../core/contract/outcome.ts';
import { declinePayment, explainPay, explainQuestion, saysNotFound } from './errors.ts';
import { type Answer, ask, type Data, isRecord, isText, memberOf, type XenditAccount } from './gateway.ts';
import { describeMethod, type Product, products } from './products.ts';

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };
const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;

/** Creates the payment request and answers what the shopper has to do with it. */
export async function pay(account: XenditAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const product = Object.hasOwn(products, request.product) ? products[request.product] : undefined;
  if (product === undefined || product.currency !== request.money.currency) return { kind: 'rejected', reason: 'unsupported' };
  const amount = writeAmount(account, request.money);
  const holder = request.payer.name ?? account.accountName ?? '';
  if (product.type === 'VIRTUAL_ACCOUNT' && holder === '') return { kind: 'rejected', reason: 'config' };
  if (amount === null) return { kind: 'rejected', reason: 'validation' };
  const body = {
    reference_id: request.number,
    amount: account.kit.jsonNumber(amount),
    currency: product.currency,
    country: product.country,
    description: request.subject,
    payment_method: describeMethod(product, request, holder),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/payment_requests', body, idempotencyKey: request.number });
  if (answer.kind === 'fault') return explainPay(answer.fault);
  return answer.kind === 'data' ? concludePay(account, product, request, answer.data) : answer;
}

/**
 * Xendit takes no part of a rupiah, of which ISO 4217 counts two decimals: such an amount is
 * refused here, because the vendor could round it. Null for what cannot be asked for.
 */
export function writeAmount({ kit }: XenditAccount, money: Money): string | null {
  if (!Number.isSafeInteger(money.amount) || money.amount <= 0) return null;
  const text = kit.money.toMajor(money);
  if (money.currency !== 'IDR') return text;
  return text.endsWith('.00') ? text.slice(0, -3) : null;
}

function concludePay(account: XenditAccount, product: Product, request: PayRequest, created: Data): Outcome {
  const reading = readPaymentRequest(account, created);
  if (reading === null) return unmapped;
  if ('kind' in reading) return isOurs(account, created, request.number) ? reading : unmapped;
  const money = readMoney(account, created);
  const isAsAsked =
    isOurs(account, created, request.number) && money?.amount === request.money.amount && money.currency === request.money.currency;
  const isOpen = reading.state === 'pending' || reading.state === 'processing';
  const action = isAsAsked && isOpen ? findAction(account, product, created) : null;
  // What is not as asked is never shown to the shopper: the kernel compares the report and asks again.
  return action === null ? { kind: 'ok', report: reading } : { kind: 'action', action, channelNo: reading.channelNo };
}

function findAction(account: XenditAccount, product: Product, created: Data): Action | null {
  const method = memberOf(memberOf(created, 'payment_method'), product.type.toLowerCase());
  const properties = memberOf(method, 'channel_properties');
  if (product.type === 'QR_CODE') {
    return isText(properties.qr_string) ? { type: 'qr', qrContent: properties.qr_string } : null;
  }
  if (product.type === 'EWALLET') return findPage(created);
  const { virtual_account_number: number, customer_name: name, expires_at: expiresAt } = properties;
  const money = readMoney(account, created);
  if (!isText(number) || money === null) return null;
  const params = { bank: product.channelCode, account_number: number, amount: account.kit.money.toMajor(money), currency: money.currency };
  return {
    type: 'instructions',
    params: { ...params, ...(isText(name) ? { account_name: name } : {}), ...(isText(expiresAt) ? { expires_at: expiresAt } : {}) },
  };
}

/** The wallet's page: for any browser if there is one, else that for telephones. Deep links into an app are no address. */
function findPage({ actions }: Data): Action | null {
  const pages = (Array.isArray(actions) ? actions : []).filter(isRecord).filter((one) => one.action === 'AUTH' && one.method !== 'POST');
  for (const kind of ['WEB', 'MOBILE']) {
    const url = pages.find((one) => one.url_type === kind)?.url;
    if (isText(url) && /^https?:\/\//.test(url)) return { type: 'redirect', url };
  }
  return null;
}

/** Asks by the vendor's number; where an answer was lost and none is known, by ours. */
export async function query(account: XenditAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const { number, channelNo } = attempt;
  if (channelNo === null) return findByNumber(account, attempt, call);
  if (!/^[\w-]+$/.test(channelNo)) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path: `/payment_requests/${channelNo}` });
  if (answer.kind !== 'data') return concludeSilence(answer);
  return answer.data.id === channelNo ? conclude(account, number, answer.data) : unmapped;
}

async function findByNumber(account: XenditAccount, { number }: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/payment_requests?reference_id=${encodeURIComponent(number)}` });
  if (answer.kind !== 'data') return concludeSilence(answer);
  const { data: found, has_more: hasMore } = answer.data;
  if (!Array.isArray(found) || hasMore === true) return unmapped;
  const [only] = found;
  if (only === undefined) return notFound;
  // One number makes one payment request: anything else needs a person.
  return found.length === 1 && isRecord(only) && only.reference_id === number ? conclude(account, number, only) : unmapped;
}

function concludeSilence(answer: Exclude<Answer, { kind: 'data' }>): Outcome {
  if (answer.kind !== 'fault') return answer;
  return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
}

function conclude(account: XenditAccount, number: string, data: Data): Outcome {
  const reading = readPaymentRequest(account, data);
  if (reading === null) return unmapped;
  if (!('kind' in reading)) return { kind: 'ok', report: reading };
  // A decline carries no echo for the kernel to compare, so it counts only for the very attempt that was asked for.
  return isOurs(account, data, number) ? reading : unmapped;
}

type Reading = (Exclude<PaymentReport, { readonly state: 'not_found' }> & { readonly channelNo: string }) | Declined | null;

/**
 * Reads a payment request. The transaction goes by its id as well: that is what refunds name, and
 * the payment's own id stands neither in it nor, before long, in refunds ("to be deprecated").
 * Null: a state that is not ours to guess.
 */
function readPaymentRequest(account: XenditAccount, data: Data): Reading {
  const { id: channelNo, status } = data;
  if (!isText(channelNo) || !/^[\w-]+$/.test(channelNo)) return null;
  const echo = readEcho(data);
  switch (status) {
    case 'SUCCEEDED': {
      const money = readMoney(account, data);
      return money === null ? null : { state: 'succeeded', channelNo, money, echo };
    }
    case 'REQUIRES_ACTION':
      return { state: 'pending', channelNo, echo };
    case 'PENDING':
      // A code or an account that waits to be paid is PENDING from its first moment on; a wallet only once the shopper has acted.
      return { state: memberOf(data, 'payment_method').type === 'EWALLET' ? 'processing' : 'pending', channelNo, echo };
    case 'AWAITING_CAPTURE':
      return { state: 'processing', channelNo, echo };
    case 'CANCELED':
    case 'VOIDED':
    case 'EXPIRED':
      return { state: 'closed', channelNo, echo };
    case 'FAILED':
      return declinePayment(data.failure_code, echo);
    default:
      return null;
  }
}

function readEcho({ reference_id: number, business_id: merchantNo }: Data): Echo {
  return { ...(isText(number) ? { number } : {}), ...(isText(merchantNo) ? { merchantNo } : {}) };
}

function isOurs(account: XenditAccount, data: Data, number: string): boolean {
  return data.reference_id === number && data.business_id === account.businessId;
}

function readMoney({ kit }: XenditAccount, { amount, currency }: Data): Money | null {
  return kit.money.fromMajor(amount, currency);
}
