import { hash } from 'node:crypto';
import type { App } from '../access/directory.ts';
import type { Kernel } from '../payments/deps.ts';
import { isSameText } from '../same-text.ts';
import { UniqueError } from '../store/database.ts';
import {
  disablePaymentLink,
  insertPaymentLink,
  type PaymentLinkRow,
  readPaymentLink,
  readPaymentLinkByRequest,
} from '../store/tables/payment-links.ts';

/** A link as a merchant asks for it, read and valid. */
export interface NewPaymentLink {
  readonly subject: string;
  /** Null: the shopper types it. */
  readonly amount: number | null;
  readonly minAmount: number | null;
  readonly maxAmount: number | null;
  readonly currency: string;
  /** How many payments it takes. Null: any number. */
  readonly mostPayments: number | null;
  readonly notifyUrl: string | null;
  readonly returnUrl: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly expiresAt: number | null;
}

/** Makes a link. The same request, told by its key, makes it once. */
export async function createPaymentLink(
  kernel: Kernel,
  app: App,
  link: NewPaymentLink,
  requestKey: string | null,
): Promise<PaymentLinkRow> {
  const row: PaymentLinkRow = {
    id: kernel.newId('lnk_'),
    app_id: app.id,
    token: kernel.newToken(),
    request_key: requestKey === null ? null : hash('sha256', `payment_link ${requestKey}`),
    status: 'active',
    subject: link.subject,
    amount: link.amount,
    min_amount: link.minAmount,
    max_amount: link.maxAmount,
    currency: link.currency,
    most_payments: link.mostPayments,
    made: 0,
    notify_url: link.notifyUrl,
    return_url: link.returnUrl,
    metadata: JSON.stringify(link.metadata),
    expires_at: link.expiresAt,
    created_at: kernel.clock.now().getTime(),
  };
  try {
    await kernel.database.transaction((tx) => insertPaymentLink(tx, row), { table: 'payment_links', id: row.id });
    return row;
  } catch (error) {
    const before = row.request_key === null ? null : await readPaymentLinkByRequest(kernel.database, row.request_key);
    if (!(error instanceof UniqueError) || before === null) throw error;
    return before;
  }
}

/** Nobody can pay by it any more; payments that it made go on. */
export async function disableLink(kernel: Kernel, link: PaymentLinkRow): Promise<PaymentLinkRow> {
  await kernel.database.transaction((tx) => disablePaymentLink(tx, link.id));
  return { ...link, status: 'disabled' };
}

/** The link of an address. Null: there is none, or the token is not its own. */
export async function readLinkByAddress(
  kernel: Kernel,
  { linkId, token }: { readonly linkId: string; readonly token: string },
): Promise<PaymentLinkRow | null> {
  const link = await readPaymentLink(kernel.database, linkId);
  return link !== null && isSameText(link.token, token) ? link : null;
}

/** Where shoppers pay by it. */
export function linkUrl({ publicUrl }: Pick<Kernel, 'publicUrl'>, { id, token }: Pick<PaymentLinkRow, 'id' | 'token'>): string {
  return `${publicUrl}/pay/${id}/${token}`;
}
