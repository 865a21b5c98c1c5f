import type { App } from '../access/directory.ts';
import { type Refusal, refuse } from '../errors.ts';
import { isLeftToShopper } from '../payments/candidates.ts';
import type { Kernel } from '../payments/deps.ts';
import { insertOpenings } from '../payments/open.ts';
import { refuseMethod } from '../payments/refuse-method.ts';
import type { NewPayment } from '../payments/request.ts';
import { newPayment } from '../payments/rows.ts';
import { type Reader, type Tx, UniqueError } from '../store/database.ts';
import {
  countLinkPayment,
  insertLinkPayment,
  lockPaymentLink,
  type PaymentLinkRow,
  readPaymentLink,
  readPaymentOfPage,
  readTakenPayments,
} from '../store/tables/payment-links.ts';
import { type PaymentRow, readPayment } from '../store/tables/payments.ts';

/** What a shopper sends from a link's page. */
export interface LinkPay {
  /** Of the page that was shown: sent twice, it makes one payment. */
  readonly pageKey: string;
  /** Typed by the shopper. Null where the link has its amount. */
  readonly amount: number | null;
}

/** A link that takes few payments holds a place for each that is open, but not for long. */
const heldSec = 900;
const openSec = 7200;

/** Makes the payment that a shopper asks for by a link, and leaves the method to its checkout. */
export async function payByLink(kernel: Kernel, app: App, link: PaymentLinkRow, asked: LinkPay): Promise<PaymentRow | Refusal> {
  const amount = link.amount ?? asked.amount;
  if (amount === null || !isWithin(link, amount)) return refuse('amount_invalid', { param: 'amount', detail: notWithin(link) });
  const now = kernel.clock.now();
  const id = kernel.newId('pay_');
  const request = requestOf(link, amount, `${link.id}-${id.slice('pay_'.length)}`);
  if (!isLeftToShopper(kernel, app, request)) return refuseMethod(kernel, app, request);
  const payment = { ...newPayment(kernel, app, request, now), id };
  try {
    return await kernel.database.transaction((tx) => takeInside(kernel, tx, link, payment, asked), { table: 'payments', id });
  } catch (error) {
    const before = error instanceof UniqueError ? await readPaymentOfPage(kernel.database, link.id, asked.pageKey) : null;
    const made = before === null ? null : await readPayment(kernel.database, before);
    if (made === null) throw error;
    return made;
  }
}

/** Under the link's row: those that come at the same time count one another. */
async function takeInside(
  kernel: Kernel,
  tx: Tx,
  link: PaymentLinkRow,
  payment: PaymentRow,
  { pageKey }: LinkPay,
): Promise<PaymentRow | Refusal> {
  const isOpen = await lockPaymentLink(tx, link.id, payment.created_at);
  const before = await readPaymentOfPage(tx, link.id, pageKey);
  const made = before === null ? null : await readPayment(tx, before);
  if (made !== null) return made;
  const current = await readPaymentLink(tx, link.id);
  if (!isOpen || current === null) return refuse('payment_link_over');
  const stock = await readStock(tx, current);
  if (stock.kind === 'soldOut') return refuse('payment_link_over');
  if (stock.kind === 'waiting') return (await readPayment(tx, stock.paymentId)) ?? refuse('payment_link_over');
  await countLinkPayment(tx, link.id);
  await insertLinkPayment(tx, { id: payment.id, linkId: link.id, pageKey, at: payment.created_at });
  await insertOpenings(kernel, tx, [{ payment, attempt: null }]);
  return payment;
}

/** Whether all that the link has is paid, or held by shoppers who may yet pay. */
export async function isSoldOut(reader: Reader, link: PaymentLinkRow): Promise<boolean> {
  return (await readStock(reader, link)).kind === 'soldOut';
}

type Stock = { readonly kind: 'left' | 'soldOut' } | { readonly kind: 'waiting'; readonly paymentId: string };

/** Of a link for one payment whoever comes again is shown that one, while it is open. */
async function readStock(reader: Reader, { id, most_payments: most }: PaymentLinkRow): Promise<Stock> {
  const taken = most === null ? [] : await readTakenPayments(reader, id);
  if (most === null || taken.length < most) return { kind: 'left' };
  const [only] = taken;
  const isWaiting = most === 1 && (only?.state === 'pending' || only?.state === 'processing');
  return isWaiting ? { kind: 'waiting', paymentId: only.id } : { kind: 'soldOut' };
}

function requestOf(link: PaymentLinkRow, amount: number, merchantOrderNo: string): NewPayment {
  return {
    merchantOrderNo,
    amount,
    currency: link.currency,
    subject: link.subject,
    method: null,
    fallbackMethods: [],
    payer: {},
    orderLines: [],
    notifyUrl: link.notify_url,
    returnUrl: link.return_url,
    expiresInSec: link.most_payments === null ? openSec : heldSec,
    metadata: { ...(JSON.parse(link.metadata) as Record<string, string>) },
    hash: merchantOrderNo,
  };
}

function isWithin({ amount: fixed, min_amount: min, max_amount: max }: PaymentLinkRow, amount: number): boolean {
  if (fixed !== null) return amount === fixed;
  return Number.isSafeInteger(amount) && amount >= (min ?? 1) && amount <= (max ?? Number.MAX_SAFE_INTEGER);
}

function notWithin({ min_amount: min, max_amount: max, currency }: PaymentLinkRow) {
  const most = max === null ? '' : ` to ${max}`;
  return {
    en: `This link takes amounts from ${min ?? 1}${most} minor units of ${currency}.`,
    zh: `该链接的金额须不小于 ${min ?? 1}${max === null ? '' : `，不大于 ${max}`}（${currency} 最小货币单位）。`,
  };
}
