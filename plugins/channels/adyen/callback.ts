import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Echo } from '../../../core/contract/outcome.ts';
import type { AdyenAccount, Data } from './gateway.ts';
import { isRecord, readId, readMoney } from './pay.ts';
import { isGenuine, isUnambiguous, type SignedFields } from './sign.ts';

type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

const accepted: Reply = { status: 200, headers: { 'content-type': 'text/plain' }, body: '[accepted]' };
const retry: Reply = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'not stored yet' };

/** One item of a batch: what Adyen signed of it, and the rest. */
interface Item {
  readonly signed: SignedFields;
  readonly whole: Data;
  readonly echo: Echo;
}

/** Verifies every item of a batch, then reads what they say of our payments and refunds. */
export function readCallback(account: AdyenAccount, raw: RawRequest, call: Call): Callback {
  const { kit, callbackAuthorization } = account;
  if (callbackAuthorization !== null && !kit.sameText(raw.headers.authorization ?? '', callbackAuthorization)) {
    return refuse('bad_signature', 401);
  }
  const content = kit.json(raw.body, { numbersAsText: true });
  const batch = content === null ? null : readBatch(content);
  if (batch === null) return refuse('malformed');
  // All or none: one bad item shows that the batch is not Adyen's.
  const isAllGenuine = batch.every(({ signed, whole }) => isGenuine(signed, hmacOf(whole), account.hmacKeys, (a, b) => kit.sameText(a, b)));
  if (!isAllGenuine) return refuse('bad_signature');
  // A webhook of the whole company tells of other merchant accounts too. Their names go along, for the kernel to refuse: nothing is dropped unsaid.
  const read = batch.map((item) => itemOf(account, item, call));
  if (read.includes('unreadable')) {
    call.log('warn', 'a genuine callback of Adyen could not be read', { event: idOf(batch) });
    return refuse('malformed');
  }
  const items = read.filter((item) => item !== null && item !== 'unreadable');
  if (items.length === 0) return { kind: 'ignored', eventType: batch[0]?.signed.eventCode ?? '', reply: accepted };
  return { kind: 'event', eventId: idOf(batch), trust: 'signed', items, accepted, retry };
}

function readBatch({ live, notificationItems }: Data): readonly Item[] | null {
  if (!Array.isArray(notificationItems) || notificationItems.length === 0 || (live !== 'true' && live !== 'false')) return null;
  const items = notificationItems.map((entry) => readItem(isRecord(entry) ? entry.NotificationRequestItem : null, live === 'true'));
  return items.every((item) => item !== null) ? items : null;
}

/** Null: an item that lacks what every item has. Members that some events do not have are signed as empty text. */
function readItem(whole: unknown, livemode: boolean): Item | null {
  if (!isRecord(whole) || !isRecord(whole.amount)) return null;
  const { amount, pspReference, merchantAccountCode, eventCode, success } = whole;
  const { value, currency } = amount;
  const always = [pspReference, merchantAccountCode, eventCode, value, currency];
  if (!always.every((one) => typeof one === 'string') || (success !== 'true' && success !== 'false')) return null;
  const originalReference = textOrEmpty(whole.originalReference);
  const merchantReference = textOrEmpty(whole.merchantReference);
  if (originalReference === null || merchantReference === null) return null;
  const signed = { pspReference, originalReference, merchantAccountCode, merchantReference, value, currency, eventCode, success };
  // `live` is not signed. It can only make the kernel refuse, never believe.
  return { signed: signed as SignedFields, whole, echo: { merchantNo: merchantAccountCode as string, livemode } };
}

function textOrEmpty(value: unknown): string | null {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : null;
}

function hmacOf({ additionalData }: Data): string {
  const signature = isRecord(additionalData) ? additionalData.hmacSignature : undefined;
  return typeof signature === 'string' ? signature : '';
}

/** What an item says of a payment or refund of ours. Unreadable: ours and genuine, so that it must not be answered as if it were stored. */
type Reading = CallbackItem | null | 'unreadable';

/** What one item says; null for what is not about a payment or refund of ours. Disputes and cancellations are left to the Customer Area. */
function itemOf(account: AdyenAccount, item: Item, call: Call): Reading {
  const { merchantReference, eventCode, pspReference } = item.signed;
  // The merchant account may have other users. Answered with anything but success, their items would hold up ours.
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(merchantReference) || !isUnambiguous(item.signed)) return null;
  switch (eventCode) {
    case 'AUTHORISATION':
      return authorised(account, item, call);
    case 'CAPTURE':
      return captured(account, item);
    case 'CAPTURE_FAILED':
      call.log('error', 'Adyen could not take the money of an authorised payment', { pspReference, number: merchantReference });
      // With `success` false Adyen says that the failure itself did not happen.
      if (item.signed.success !== 'true') return null;
      return { of: 'payment', number: merchantReference, report: { state: 'reversed', echo: { ...item.echo, number: merchantReference } } };
    case 'REFUND':
      return refunded(account, item, item.signed.success === 'true');
    case 'REFUND_FAILED':
    case 'REFUNDED_REVERSED':
      // Here `success` says that the failure is a fact.
      return item.signed.success === 'true' ? refunded(account, item, false) : null;
    default:
      return null;
  }
}

/** A refused try is not the end: link and session let the shopper try again, and the number of the try is nothing to keep. */
function authorised(account: AdyenAccount, { signed, whole, echo: common }: Item, call: Call): Reading {
  const { merchantReference: number, success } = signed;
  const echo = { ...common, number };
  if (success === 'false') return { of: 'payment', number, report: { state: 'pending', echo } };
  const channelNo = readId(signed.pspReference);
  const money = readMoney(account.kit, whole.amount);
  if (channelNo === null || money === null) return 'unreadable';
  // Every request of ours asks for a capture without delay. Where Adyen says that there is one all the same, a yes is no money yet.
  if (isDelayed(whole)) {
    call.log('warn', 'Adyen has authorised a payment that it will not capture at once; it counts as paid once it is captured', { number });
    return { of: 'payment', number, channelNo, report: { state: 'processing', channelNo, echo } };
  }
  return { of: 'payment', number, channelNo, report: { state: 'succeeded', channelNo, money, echo, ...readTime(whole, call) } };
}

function isDelayed({ additionalData }: Data): boolean {
  const delay = isRecord(additionalData) ? additionalData.captureDelayHours : undefined;
  return delay !== undefined && delay !== null && delay !== '0' && delay !== '';
}

/** The money of a payment that was authorised first. The payment is the original; a capture has a number and perhaps a reference of its own. */
function captured(account: AdyenAccount, { signed, whole, echo }: Item): Reading {
  const channelNo = readId(signed.originalReference);
  const money = readMoney(account.kit, whole.amount);
  if (signed.success !== 'true') return null;
  if (channelNo === null || money === null) return 'unreadable';
  return { of: 'payment', number: signed.merchantReference, channelNo, report: { state: 'succeeded', channelNo, money, echo } };
}

/**
 * The outcome of a refund. Adyen's documents leave open whether an item repeats the refund's
 * reference or the payment's, so that the refund's own number at Adyen is given beside it, and the
 * reference is no part of the echo: each of the two names one refund only.
 */
function refunded(account: AdyenAccount, { signed, whole, echo }: Item, isDone: boolean): Reading {
  const channelNo = readId(signed.pspReference);
  const money = readMoney(account.kit, whole.amount);
  if (channelNo === null || money === null) return 'unreadable';
  const report = isDone
    ? ({ state: 'succeeded', channelNo, money, echo } as const)
    : ({ state: 'failed', code: 'refund_rejected', channelNo, echo } as const);
  return { of: 'refund', number: signed.merchantReference, channelNo, report };
}

/** When it happened, ready to be spread into a report. Not signed, so that a time to come is not believed. */
function readTime({ eventDate }: Data, call: Call): { readonly at?: Date } {
  const isTime = typeof eventDate === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(eventDate);
  const at = isTime ? new Date(eventDate) : null;
  return at !== null && at.getTime() <= call.now().getTime() ? { at } : {};
}

/** Adyen tells repeats by event, number and success; it sends the items of one batch together again. */
function idOf(batch: readonly Item[]): string {
  const [first] = batch;
  if (first === undefined) return '';
  const { eventCode, pspReference, success } = first.signed;
  return `${eventCode}/${pspReference}/${success}${batch.length > 1 ? `+${batch.length - 1}` : ''}`;
}

function refuse(reason: Refusal, status = 400): Callback {
  return { kind: 'refused', reason, reply: { status, headers: { 'content-type': 'text/plain' }, body: reason } };
}
