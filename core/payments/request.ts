import type { Payer, PayRequest } from '../contract/channel.ts';
import type { AttemptRow } from '../store/tables/attempts.ts';
import type { PaymentRow } from '../store/tables/payments.ts';

/** A payment as a merchant asks for it, read and valid. JSON and XML both become this. */
export interface NewPayment {
  readonly merchantOrderNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly subject: string;
  readonly method: string;
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

/** What of the request is stored, so that the same attempt can be sent again with the same content. */
export interface StoredRequest {
  readonly payer: NewPayment['payer'];
  readonly orderLines: NewPayment['orderLines'];
  readonly methods: readonly string[];
}

/** Where the vendor sends the callbacks of an account. */
export function callbackUrl(publicUrl: string, channel: string, accountId: string): string {
  return `${publicUrl}/v1/callbacks/${channel}/${accountId}`;
}

/** The request of an attempt. Built from stored rows alone, so a repeat is equal in every field. */
export function payRequestOf(payment: PaymentRow, attempt: AttemptRow, publicUrl: string): PayRequest {
  const stored = JSON.parse(payment.request) as StoredRequest;
  return {
    ...attemptRefOf(attempt),
    subject: payment.subject,
    payer: stored.payer,
    orderLines: stored.orderLines.map(({ merchantOrderNo, amount, subject }) => ({
      merchantOrderNo,
      money: { amount, currency: payment.currency },
      subject,
    })),
    callbackUrl: callbackUrl(publicUrl, attempt.channel, attempt.account_id),
    returnUrl: payment.return_url,
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
