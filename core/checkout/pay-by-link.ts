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
  type TakenPayment,
} from '../store/tables/payment-links.ts';
import { type PaymentRow, readPayment } from '../store/tables/payments.ts';

/** What a shopper sends from a link's page. */
export interface LinkPay {
  /** Of the page that was shown: sent twice, it makes one payment. */
  readonly pageKey: string;
  /** Who asks, as far as anybody knows: the network that he comes from. */
  readonly holder: string;
  /** Typed by the shopper. Null where the link has its amount. */
  readonly amount: number | null;
}

/** A link that takes few payments holds a place for each that is open, but not for long. */
const heldSec = 900;
const openSec = 7200;

/** What is left is held by shoppers who may yet pay. */
export interface Held {
  readonly kind: 'held';
}

/** Makes the payment that a shopper asks for by a link, and leaves the method to its checkout. */
export async function payByLink(kernel: Kernel, app: App, link: PaymentLinkRow, asked: LinkPay): Promise<PaymentRow | Refusal | Held> {
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
  { pageKey, holder }: LinkPay,
): Promise<PaymentRow | Refusal | Held> {
  const isOpen = await lockPaymentLink(tx, link.id, payment.created_at);
  const before = await readPaymentOfPage(tx, link.id, pageKey);
  const made = before === null ? null : await readPayment(tx, before);
  if (made !== null) return made;
  const current = await readPaymentLink(tx, link.id);
  if (!isOpen || current === null) return refuse('payment_link_over');
  const taken = await readTaken(tx, current);
  const stock = stockOf(current, taken);
  if (stock === 'soldOut') return refuse('payment_link_over');
  const only = current.most_payments === 1 ? taken.find(isOpenPayment) : undefined;
  // Whoever comes again to a link for one payment is shown that one: it is the same debt, unless he wants to pay another amount.
  if (only?.amount === payment.amount) return (await readPayment(tx, only.id)) ?? refuse('payment_link_over');
  if (stock === 'held' || holdsHisShare(current, taken, holder)) return { kind: 'held' };
  await countLinkPayment(tx, link.id);
  await insertLinkPayment(tx, { id: payment.id, linkId: link.id, pageKey, holder, at: payment.created_at });
  await insertOpenings(kernel, tx, [{ payment, attempt: null }]);
  return payment;
}

/** `soldOut`: all that the link has is paid. `held`: some of it waits for shoppers who may yet pay. */
export type Stock = 'left' | 'held' | 'soldOut';

export async function readStock(reader: Reader, link: PaymentLinkRow): Promise<Stock> {
  return stockOf(link, await readTaken(reader, link));
}

async function readTaken(reader: Reader, { id, most_payments: most }: PaymentLinkRow): Promise<readonly TakenPayment[]> {
  return most === null ? [] : readTakenPayments(reader, id);
}

function stockOf({ most_payments: most }: PaymentLinkRow, taken: readonly TakenPayment[]): Stock {
  if (most === null || taken.length < most) return 'left';
  return taken.some(isOpenPayment) ? 'held' : 'soldOut';
}

const isOpenPayment = ({ state }: TakenPayment) => state === 'pending' || state === 'processing';

/**
 * From one network no more than half of what the link has can be held without being paid: otherwise anybody could keep it from
 * being sold by asking for it again and again. A smaller share would stop the guests of one hotel, who have one address together.
 */
function holdsHisShare({ most_payments: most }: PaymentLinkRow, taken: readonly TakenPayment[], holder: string): boolean {
  const held = taken.filter((one) => one.holder === holder && isOpenPayment(one)).length;
  return most !== null && held >= Math.ceil(most / 2);
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
