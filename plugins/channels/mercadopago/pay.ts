import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { Echo, Outcome, PaymentReport, Unknown } from '../../../core/contract/outcome.ts';
import { explain } from './errors.ts';
import { ask, type Data, isNumber, isRecord, isText, type MercadoAccount } from './gateway.ts';

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };
const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;

/** Of the countries, those whose decimals are ISO 4217's at the vendor too. The Colombian peso is written without. */
export const currencies: readonly string[] = ['ARS', 'BRL', 'CLP', 'MXN', 'PEN', 'UYU'];

/** Creates a preference, which is a page that can be paid, and sends the shopper there. */
export async function pay(account: MercadoAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { product, money, number } = request;
  if (product !== 'checkout' || !currencies.includes(money.currency)) return { kind: 'rejected', reason: 'unsupported' };
  if (!Number.isSafeInteger(money.amount) || money.amount <= 0) return { kind: 'rejected', reason: 'validation' };
  const body = describe(account, request);
  const answer = await ask(account, call, { method: 'POST', path: '/checkout/preferences', body, idempotencyKey: number });
  if (answer.kind === 'fault') return explain(answer.fault);
  if (answer.kind !== 'data') return answer;
  const { id: sessionNo, init_point: live, sandbox_init_point: sandbox } = answer.data;
  const url = account.livemode ? live : sandbox;
  // A page of another amount or merchant is never shown; nobody can pay it, so nothing is lost.
  const isAsAsked = isText(sessionNo) && isPreferenceOf(account, request, answer.data);
  if (!isAsAsked || !isText(url) || !/^https?:\/\//.test(url)) return unmapped;
  return { kind: 'action', action: { type: 'redirect', url }, sessionNo };
}

function describe(account: MercadoAccount, request: PayRequest): Readonly<Record<string, unknown>> {
  const { number, money, subject, callbackUrl, returnUrl, createdAt, expiresAt } = request;
  const notificationUrl = new URL(callbackUrl);
  // A callback names a payment that is new to us, so its address carries our number. The other parameter keeps the older kind away.
  notificationUrl.searchParams.set('attempt', number);
  notificationUrl.searchParams.set('source_news', 'webhooks');
  const back = returnUrl ?? `${notificationUrl.origin}/checkout/return`;
  const price = account.kit.jsonNumber(account.kit.money.toMajor(money));
  return {
    items: [{ id: number, title: [...subject].slice(0, 250).join(''), quantity: 1, unit_price: price, currency_id: money.currency }],
    external_reference: number,
    notification_url: notificationUrl.href,
    back_urls: { success: back, pending: back, failure: back },
    expires: true,
    expiration_date_from: timeOf(createdAt),
    expiration_date_to: timeOf(expiresAt),
    // Cash is paid days later, at a counter that asks nobody.
    payment_methods: { excluded_payment_types: [{ id: 'ticket' }, { id: 'atm' }] },
  };
}

/** The vendor wants an offset in digits. */
const timeOf = (time: Date) => time.toISOString().replace('Z', '+00:00');

function isPreferenceOf(account: MercadoAccount, { number, money }: PayRequest, data: Data): boolean {
  const items = Array.isArray(data.items) ? data.items : [];
  const [item] = items;
  if (items.length !== 1 || !isRecord(item) || item.quantity !== '1') return false;
  const asked = account.kit.money.fromMajor(item.unit_price, item.currency_id);
  const isSame = asked?.amount === money.amount && asked.currency === money.currency;
  return isSame && data.external_reference === number && data.collector_id === account.userId;
}

/** Asks by the payment's number; before one is known, looks for the payments of ours. */
export async function query(account: MercadoAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const { channelNo } = attempt;
  if (channelNo === null) return findByNumber(account, attempt, call);
  if (!isNumber(channelNo)) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path: `/v1/payments/${channelNo}` });
  if (answer.kind === 'fault') return answer.fault.status === 404 ? notFound : explain(answer.fault);
  if (answer.kind !== 'data') return answer;
  const report = answer.data.id === channelNo ? readPayment(account, answer.data) : null;
  return report === null ? unmapped : { kind: 'ok', report };
}

async function findByNumber(account: MercadoAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const { number } = attempt;
  const path = `/v1/payments/search?external_reference=${encodeURIComponent(number)}&sort=date_created&criteria=asc&limit=50`;
  const answer = await ask(account, call, { method: 'GET', path });
  if (answer.kind === 'fault') return explain(answer.fault);
  if (answer.kind !== 'data') return answer;
  const { results, paging } = answer.data;
  const isWhole = Array.isArray(results) && isRecord(paging) && paging.total === String(results.length);
  if (!isWhole || !results.every(isRecord) || results.some((one) => one.external_reference !== number)) return unmapped;
  if (results.length === 0) return findPage(account, attempt, call);
  const reports = results.map((one) => readPayment(account, one));
  const paid = reports.filter((report) => report?.state === 'succeeded');
  if (paid.length > 1) call.log('warn', 'a page of Mercado Pago was paid more than once', { number, payments: paid.length });
  const best = paid[0] ?? (reports.includes(null) ? null : (reports.find((report) => report?.state === 'processing') ?? reports[0]));
  return best == null ? unmapped : { kind: 'ok', report: best };
}

/** Nobody has tried to pay yet: the vendor knows the page alone, by its own name. */
async function findPage(account: MercadoAccount, { sessionNo }: AttemptRef, call: Call): Promise<Outcome> {
  if (sessionNo === null) return notFound;
  if (!/^[\w-]+$/.test(sessionNo)) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path: `/checkout/preferences/${sessionNo}` });
  if (answer.kind === 'fault') return answer.fault.status === 404 ? notFound : explain(answer.fault);
  if (answer.kind !== 'data') return answer;
  return answer.data.id === sessionNo ? { kind: 'ok', report: { state: 'pending', echo: readEcho(answer.data) } } : unmapped;
}

/**
 * Reads a payment. One that was rejected or cancelled is one try of the shopper: the page can still
 * be paid, so it is pending. Null: a dispute or a refund that was made elsewhere, which needs a
 * person, or a state that is not ours to guess.
 */
function readPayment(account: MercadoAccount, data: Data): PaymentReport | null {
  const { id: channelNo, status } = data;
  if (!isNumber(channelNo)) return null;
  const echo = readEcho(data);
  switch (status) {
    case 'approved': {
      const money = readMoney(account, data);
      return money === null ? null : { state: 'succeeded', channelNo, money, echo };
    }
    case 'pending':
    case 'in_process':
    case 'authorized':
      return { state: 'processing', echo };
    case 'rejected':
    case 'cancelled':
      return { state: 'pending', echo };
    default:
      return null;
  }
}

function readEcho({ external_reference: number, collector_id: merchantNo, live_mode: livemode }: Data): Echo {
  return {
    ...(isText(number) ? { number } : {}),
    ...(isText(merchantNo) ? { merchantNo } : {}),
    ...(typeof livemode === 'boolean' ? { livemode } : {}),
  };
}

function readMoney({ kit }: MercadoAccount, data: Data): Money | null {
  return kit.money.fromMajor(data.transaction_amount, data.currency_id);
}
