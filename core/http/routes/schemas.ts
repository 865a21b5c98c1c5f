import { z } from 'zod';
import { verifiedShape } from '../../channels/manifest.ts';
import { isCurrency } from '../../money.ts';

/** The shapes of the public API, as api documents and validation both read them. */

export const amount = z.int().min(1).max(Number.MAX_SAFE_INTEGER).meta({ description: 'Integer number of minor units' });
export const currency = z
  .string()
  .refine(isCurrency, { params: { code: 'invalid_choice' } })
  .meta({ description: 'ISO 4217 code in upper case' });
/** A merchant's own number: kept for ever and compared bytewise, so only what every channel and log can carry. */
export const merchantNo = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7e]+$/);
export const url = z.string().min(1).max(1000);
/** What a shopper is told that the money is for: never only white space. That it is empty is said by `min`. */
export const subject = z.string().min(1).max(256).regex(/^$|\S/);

export const metadata = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((value) => Object.keys(value).length <= 20)
  .meta({ description: 'Returned as given. In XML a key that cannot be the name of an element is `<entry name="…">`' });

export const newPaymentBody = z.strictObject({
  merchant_order_no: merchantNo,
  amount,
  currency,
  subject,
  method: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-z0-9_]+$/)
    .optional(),
  fallback_methods: z
    .array(
      z
        .string()
        .min(1)
        .max(64)
        .regex(/^[a-z0-9_]+$/),
    )
    .max(10)
    .optional(),
  payer: z
    .strictObject({
      member_id: z.string().min(1).max(64).optional(),
      openid: z.string().min(1).max(128).optional(),
      client_ip: z.union([z.ipv4(), z.ipv6()]).optional(),
      auth_code: z.string().min(1).max(128).optional(),
      token: z.string().min(1).max(4096).optional(),
      email: z.email().max(254).optional(),
      name: z.string().max(128).regex(/\S/).meta({ description: 'As the bank or the wallet knows the shopper' }).optional(),
      phone: z
        .string()
        .regex(/^\+[1-9][0-9]{6,14}$/)
        .meta({ description: 'In E.164, such as +8613800000000' })
        .optional(),
      bank_code: z
        .string()
        .min(1)
        .max(32)
        .regex(/^[\x21-\x7e]+$/)
        .meta({ description: 'The bank that the shopper chose, as the channel calls it' })
        .optional(),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/)
        .meta({ description: 'Two letters of ISO 3166' })
        .optional(),
      locale: z
        .string()
        .min(2)
        .max(35)
        .regex(/^[A-Za-z0-9-]+$/)
        .optional(),
    })
    .optional(),
  order_lines: z
    .array(z.strictObject({ merchant_order_no: merchantNo, amount, subject: subject.optional() }))
    .min(1)
    .max(1000)
    .meta({ description: 'Their amounts add up to the amount, and each has a merchant_order_no of its own' })
    .optional(),
  notify_url: url.optional(),
  return_url: url.meta({ description: 'Where the shopper comes back to; it alone may have a fragment' }).optional(),
  expires_in: z.int().min(60).max(604_800).meta({ description: 'Seconds until it closes by itself; 7200 when absent' }).optional(),
  metadata: metadata.optional(),
});

export const newRefundBody = z.strictObject({
  merchant_refund_no: merchantNo,
  amount,
  reason: z.string().min(1).max(256).optional(),
});

const limit = z.int().min(1).max(100).optional();
/** An id in a query. Ids are ASCII, and so are their columns: MariaDB cannot compare those with any other text. */
const anyId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7e]+$/);
const cursor = (description: string) => anyId.meta({ description }).optional();
export const pageQuery = {
  limit,
  starting_after: cursor('The id after which the page begins; any other id is refused. Not with ending_before'),
  ending_before: cursor('The id before which the page ends; any other id is refused. Not with starting_after'),
};
const instant = z.iso.datetime({ offset: true });
const expand = z
  .array(z.enum(['attempts', 'refunds']))
  .max(2)
  .optional();

export const listPaymentsQuery = z.strictObject({
  ...pageQuery,
  merchant_order_no: merchantNo.optional(),
  state: z.enum(['pending', 'processing', 'success', 'failed', 'refunded', 'closed']).optional(),
  channel: anyId.optional(),
  created_from: instant.optional().describe('From this instant on'),
  created_to: instant.optional().describe('Up to this instant, which is not part of it'),
  expand,
});

export const onePaymentQuery = z.strictObject({ expand });
export const listRefundsQuery = z.strictObject({ ...pageQuery, payment: anyId.optional() });
export const listEventsQuery = z.strictObject({
  limit,
  after: cursor(
    'The id of the last event that is known, from here or from a notification; any other id is refused. Absent: from the first',
  ),
});

const nullableText = z.string().nullable();
const at = z.iso.datetime();

export const failureView = z.strictObject({ code: z.string(), message: z.string(), advice: z.string() }).nullable();

export const attemptView = z.strictObject({
  id: z.string(),
  object: z.literal('attempt'),
  number: z.string(),
  state: z.string(),
  method: z.string(),
  channel: z.string(),
  account: z.string(),
  channel_no: nullableText,
  amount,
  currency: z.string(),
  fee_expected: amount.nullable().describe('What the channel keeps by the terms of its account; null where none are known.'),
  failure: failureView,
  created_at: at,
  succeeded_at: at.nullable(),
});

export const refundView = z.strictObject({
  id: z.string(),
  object: z.literal('refund'),
  payment: z.string(),
  merchant_refund_no: nullableText,
  state: z.enum(['pending', 'processing', 'success', 'failed']),
  amount,
  currency: z.string(),
  reason: nullableText,
  kind: z.enum(['merchant', 'late', 'duplicate', 'excess']),
  exception: z.enum(['abnormal']).nullable(),
  failure: failureView,
  created_at: at,
  succeeded_at: at.nullable(),
});

export const paymentView = z.strictObject({
  id: z.string(),
  object: z.literal('payment'),
  state: z.enum(['pending', 'processing', 'success', 'failed', 'refunded', 'closed']),
  amount,
  currency: z.string(),
  amount_refunded: z.int(),
  merchant_order_no: z.string(),
  method: nullableText,
  channel: nullableText,
  subject: z.string(),
  action: z.record(z.string(), z.unknown()).nullable(),
  checkout_url: nullableText,
  failure: failureView,
  exception: z.enum(['late', 'duplicate', 'excess', 'mismatch']).nullable(),
  closing: z.boolean(),
  metadata: z.record(z.string(), z.string()),
  expires_at: at,
  created_at: at,
  succeeded_at: at.nullable(),
  closed_at: at.nullable(),
  livemode: z.boolean(),
  attempts: z.array(attemptView).optional(),
  refunds: z.array(refundView).optional(),
});

export const eventView = z.strictObject({
  id: z.string(),
  object: z.literal('event'),
  type: z.string(),
  created_at: at,
  sequence: z.int(),
  data: z.strictObject({ object: z.record(z.string(), z.unknown()) }),
});

const amountsView = z
  .array(z.strictObject({ currency: z.string(), min: z.int().nullable(), max: z.int().nullable(), step: z.int() }))
  .describe('Where a currency has another rule than `min`, `max` and `step`.');

const nameView = z
  .strictObject({ en: z.string(), zh: z.string(), ja: z.string().optional(), es: z.string().optional(), ar: z.string().optional() })
  .describe('In Japanese, Spanish and Arabic where it has a name of its own there.');

export const methodView = z.strictObject({
  object: z.literal('method'),
  method: z.string(),
  channel: z.string(),
  name: nameView,
  action: z.string(),
  currencies: z.array(z.string()),
  min: z.int().nullable(),
  max: z.int().nullable(),
  step: z.int(),
  amounts: amountsView,
  limits: z
    .array(z.strictObject({ currency: z.string(), min: z.int().nullable(), max: z.int().nullable() }))
    .describe('Where the contracts with the vendor permit less than `min` and `max` do.'),
  order_lines: z.strictObject({ min: z.int(), max: z.int() }).nullable(),
  payer_fields: z.array(z.string()),
  health: z.enum(['up', 'degraded', 'down']),
});

export const channelView = z.strictObject({
  object: z.literal('channel'),
  id: z.string(),
  name: nameView,
  maturity: z.enum(['stable', 'beta']),
  verified: verifiedShape.describe(
    'What of this channel was checked, and against what; `methods` where it is not about all. Nothing was sent to a vendor for any of it.',
  ),
  origin: z.strictObject({ kind: z.enum(['folder', 'package']), name: z.string(), version: z.string().nullable() }),
  methods: z.array(
    z.strictObject({
      method: z.string(),
      name: nameView,
      action: z.string(),
      maturity: z.enum(['stable', 'beta']).describe('`beta`: some request of it could not be checked against the vendor’s own word.'),
      currencies: z.array(z.string()),
      min: z.int().nullable(),
      max: z.int().nullable(),
      step: z.int(),
      amounts: amountsView,
      order_lines: z.strictObject({ min: z.int(), max: z.int() }).nullable(),
      payer_fields: z.array(z.string()),
      query: z.enum(['by_number', 'by_channel_no', 'none']),
      close: z.enum(['unpaid', 'none']),
      capture: z.enum(['full', 'partial', 'none']),
      refund: z.enum(['full', 'partial', 'none']),
    }),
  ),
  query_refund: z.enum(['by_number', 'by_channel_no', 'none']),
  statement: z.enum(['api', 'file', 'none']),
  idempotency: z.strictObject({ create: z.boolean(), ttl_hours: z.int().nullable(), refund: z.boolean() }),
  callback_trust: z.enum(['signed', 'token', 'unverified']),
  health: z.enum(['up', 'degraded', 'down']).nullable(),
  quarantined: z.boolean(),
});

export const endpointView = z.strictObject({
  id: z.string(),
  object: z.literal('notification_endpoint'),
  url: z.string(),
  types: z.array(z.string()),
  status: z.string(),
  secret: z.string().optional(),
});

export function listOf(item: z.ZodType) {
  return z.strictObject({ object: z.literal('list'), data: z.array(item), has_more: z.boolean() });
}
