import type { Payer, PayRequest } from '../contract/channel.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';

/** A payment as a merchant asks for it, read and valid. JSON and XML both become this. */
export interface NewPayment {
  readonly merchantOrderNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly subject: string;
  /** Null: the shopper chooses at the checkout. */
  readonly method: string | null;
  readonly fallbackMethods: readonly string[];
  readonly payer: Payer & { readonly memberId?: string };
  readonly orderLines: readonly { readonly merchantOrderNo: string; readonly amount: number; readonly subject: string | null }[];
  readonly notifyUrl: string | null;
  readonly returnUrl: string | null;
  readonly expiresInSec: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 of the request's content: tells a repeat from another order under the same number. */
  readonly hash: string;
}

/** The methods that the merchant asked for, the first one first. */
export function methodsOf({ method, fallbackMethods }: Pick<NewPayment, 'method' | 'fallbackMethods'>): readonly string[] {
  return method === null ? [] : [...new Set([method, ...fallbackMethods])];
}

/** What of the request is stored, so that the same attempt can be sent again with the same content. */
export interface StoredRequest {
  readonly payer: NewPayment['payer'];
  /** What the shopper said at the checkout for the attempt under way. The merchant's word goes before it. */
  readonly shopper?: Payer;
  readonly orderLines: NewPayment['orderLines'];
  /** In order of preference. Empty: the shopper chooses at the checkout. */
  readonly methods: readonly string[];
}

export function storedRequestOf(payment: Pick<PaymentRow, 'request'>): StoredRequest {
  return JSON.parse(payment.request) as StoredRequest;
}

export function payerOf({ payer, shopper }: Pick<StoredRequest, 'payer' | 'shopper'>): NewPayment['payer'] {
  return { ...shopper, ...payer };
}

/** Whether the merchant left the method to the shopper, who may then choose more than once. */
export function isChosenByShopper(payment: Pick<PaymentRow, 'request'>): boolean {
  return storedRequestOf(payment).methods.length === 0;
}

/** Where the shopper sees and pays it. Null for payments of before there was a checkout. */
export function checkoutUrl(publicUrl: string, { id, checkout_token: token }: Pick<PaymentRow, 'id' | 'checkout_token'>): string | null {
  return token === null ? null : `${publicUrl}/checkout/${id}/${token}`;
}

/** Where the vendor sends the callbacks of an account. */
export function callbackUrl(publicUrl: string, channel: string, accountId: string): string {
  return `${publicUrl}/v1/callbacks/${channel}/${accountId}`;
}

/** The request of an attempt. Built from stored rows alone, so a repeat is equal in every field. */
export function payRequestOf(payment: PaymentRow, attempt: AttemptRow, publicUrl: string): PayRequest {
  const stored = storedRequestOf(payment);
  return {
    ...attemptRefOf(attempt),
    subject: payment.subject,
    payer: payerOf(stored),
    orderLines: stored.orderLines.map(({ merchantOrderNo, amount, subject }) => ({
      merchantOrderNo,
      money: { amount, currency: payment.currency },
      subject,
    })),
    callbackUrl: callbackUrl(publicUrl, attempt.channel, attempt.account_id),
    // Whoever chose on our page comes back to it: it shows what became of the payment, and leads on to the shop.
    returnUrl: isChosenByShopper(payment) ? checkoutUrl(publicUrl, payment) : payment.return_url,
  };
}

/** Whether the vendor can be asked by a number of its own. */
export function isNamed({ channel_no, session_no }: Pick<AttemptRow, 'channel_no' | 'session_no'>): boolean {
  return channel_no !== null || session_no !== null;
}

export function attemptRefOf(attempt: AttemptRow) {
  return {
    number: attempt.number,
    channelNo: attempt.channel_no,
    sessionNo: attempt.session_no,
    product: attempt.product,
    money: { amount: attempt.amount, currency: attempt.currency },
    createdAt: new Date(attempt.created_at),
    expiresAt: new Date(attempt.expires_at),
  };
}
