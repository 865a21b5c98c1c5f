import type { App } from '../access/directory.ts';
import { signText } from '../notifications/sign.ts';
import type { PaymentRow } from '../store/tables/payments.ts';

/**
 * Where the shop wants its shopper back, with what the page shows and a signature over it. A browser proves nothing
 * all the same: the signature tells a shop that the address is ours, and a query what has become of the money since.
 * Null: the shop named no address.
 */
export function returnAddress(app: App, payment: PaymentRow, now: Date): string | null {
  const address = payment.return_url ?? app.returnUrl;
  const url = address === null ? null : URL.parse(address);
  // Such are refused when they come in; a row of another origin is no reason to run a script.
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return null;
  const timestampSec = Math.floor(now.getTime() / 1000);
  const body = `${payment.state}.${payment.merchant_order_no}`;
  const signature = signText({ id: payment.id, timestampSec, body }, app.notificationSecrets(now));
  const told = { payment: payment.id, merchant_order_no: payment.merchant_order_no, state: payment.state };
  for (const [name, value] of Object.entries({ ...told, timestamp: String(timestampSec), signature })) url.searchParams.set(name, value);
  return url.href;
}
