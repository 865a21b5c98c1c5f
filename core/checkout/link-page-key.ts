import type { Clock } from '../clock.ts';
import type { PaymentLinkRow } from '../store/tables/payment-links.ts';
import { makeStamp, type Purpose, readStamp, type StampDeps } from './stamp.ts';

/** So long a shopper may think about it. After that the page is drawn anew, with what was typed. */
const lifeSec = 86_400;

/** Names a page of a link that was drawn: sent twice, it makes one payment. */
export function makePageKey(link: PaymentLinkRow, deps: StampDeps): string {
  return makeStamp(purposeOf(link), deps);
}

/** What is kept of the key; null where we drew no such page of this link. */
export function readPageKey(text: string, link: PaymentLinkRow, clock: Clock): string | null {
  return readStamp(text, purposeOf(link), { clock, lifeSec });
}

const purposeOf = ({ id, token }: PaymentLinkRow): Purpose => ({ secret: token, facts: ['link page', id] });
