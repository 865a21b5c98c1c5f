import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { PaymentLinkRow } from '../../store/tables/payment-links.ts';

/** The network that a shopper comes from, so that it can be counted and not read: with the link's secret, which no other link has. */
export function holderOf(address: string, { token }: PaymentLinkRow): string {
  return createHmac('sha256', token)
    .update(`holder ${networkOf(address)}`)
    .digest('hex')
    .slice(0, 32);
}

/** Of IPv6 the first half: within the other a single machine takes whatever it likes. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  // The URL parser writes zeros as `::` and letters small, whoever wrote it how.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== '')) as [string[], string[]];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].slice(0, 4).join(':');
}
