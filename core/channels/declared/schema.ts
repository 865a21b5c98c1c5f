import { z } from 'zod';
import { nameShape, timeShape, verifiedShape } from '../manifest.ts';

/*
 * The shape of a channel definition. Every scalar of the file is text (see read.ts), so that a status
 * `0000` stays four digits; what is a number or a yes here is written as one and read as one.
 */
const text = z.string().min(1);
const flag = z.enum(['true', 'false']).transform((word) => word === 'true');
const whole = z
  .string()
  .regex(/^(0|[1-9]\d{0,9})$/, 'is not a whole number')
  .transform(Number);
const both = z.strictObject({ en: text, zh: text });
const path = z.string().regex(/^[\w-]+(\.[\w-]+)*$/, 'is no path such as data.order.0.amount');
const paths = z.union([path.transform((one) => [one]), z.array(path).min(1)]);

const property = z.strictObject({
  type: z.enum(['string', 'integer', 'boolean']),
  description: text,
  secret: flag.optional(),
  identity: flag.optional(),
  pattern: z.string().optional(),
  minLength: whole.optional(),
  maxLength: whole.optional(),
  enum: z.array(z.string()).optional(),
  default: z.string().optional(),
});

const method = z.strictObject({
  product: z.string().regex(/^[a-z0-9]+$/, 'must be lower-case letters and digits'),
  name: nameShape,
  action: z.enum(['qr', 'redirect', 'form', 'sdk']),
  maturity: z.enum(['stable', 'beta']).optional(),
  currencies: z.array(text).min(1),
  min: whole.optional(),
  max: whole.optional(),
  needs: z.array(text).optional(),
  values: z.record(z.string(), z.string()).default({}),
});

/** How one side signs. The same rule serves both sides where the key is shared. */
const signature = z.strictObject({
  family: z.enum(['md5', 'sha256', 'hmac-sha1', 'hmac-sha256', 'hmac-sha512', 'rsa-sha1', 'rsa-sha256', 'sm2-sm3']),
  key: text.optional(),
  privateKey: text.optional(),
  publicKey: text.optional(),
  over: z.enum(['fields', 'body']).default('fields'),
  order: z.enum(['sorted', 'listed']).default('sorted'),
  fields: z.array(text).min(1).optional(),
  except: z.array(text).default([]),
  empty: z.enum(['dropped', 'kept']).default('dropped'),
  pair: z.enum(['name=value', 'value']).default('name=value'),
  separator: z.string().default('&'),
  keyAt: z.enum(['end', 'start']).default('end'),
  keyAs: z.string().default(''),
  write: z.enum(['hex', 'HEX', 'base64']).optional(),
  userId: text.optional(),
  rsaBits: z.enum(['1024', '2048']).default('2048').transform(Number),
  field: text.optional(),
  header: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be a header name in small letters')
    .optional(),
});

/** Where an answer or a callback says what. */
const facts = z.strictObject({
  number: path.optional(),
  paymentNumber: path.optional(),
  channelNo: path.optional(),
  sessionNo: path.optional(),
  merchantNo: path.optional(),
  amount: path.optional(),
  currency: path.optional(),
  constantCurrency: z.string().optional(),
  notation: z.enum(['minor', 'major']).optional(),
  status: path.optional(),
  paidAt: path.optional(),
  paidAtFormat: z.enum(['yyyyMMddHHmmss', 'yyyy-MM-dd HH:mm:ss', 'rfc3339', 'unix']).optional(),
});

const verification = z.union([
  z.literal('tls'),
  text.transform((by) => [{ by, under: '' }]),
  z.array(z.strictObject({ by: text, under: path.or(z.literal('')).default('') })).min(1),
]);

const answer = z.strictObject({
  format: z.enum(['json', 'form', 'xml']),
  verify: verification,
  success: z.record(path, z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)])),
  code: path.optional(),
  message: path.optional(),
  facts: facts.default({}),
  statuses: z.record(z.string(), text).optional(),
  state: text.optional(),
  action: paths.optional(),
});

const fields = z.record(text, z.string());
const wire = {
  url: text,
  fields: fields.default({}),
  headers: z
    .record(
      z.string().regex(/^[a-z0-9-]+$/, 'must be a header name in small letters'),
      z.string().regex(/^[\x20-\x7e]*$/, 'must be one line of ASCII'),
    )
    .default({}),
  sign: text.optional(),
};

const request = z.strictObject({
  ...wire,
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  encoding: z.enum(['query', 'form', 'json', 'xml']),
  xmlRoot: text.default('xml'),
  numbers: z.array(text).default([]),
  answer,
});

const products = { products: z.array(text).min(1).optional() };
const visit = z.strictObject({ ...wire, ...products, browser: z.enum(['GET', 'POST']) });

const reply = z.strictObject({ status: whole.default(200), type: text.default('text/plain; charset=utf-8'), body: z.string() });

const statement = z.strictObject({
  ...wire,
  method: z.enum(['GET', 'POST']),
  encoding: z.enum(['query', 'form', 'json']),
  xmlRoot: text.default('xml'),
  numbers: z.array(text).default([]),
  charset: z.enum(['utf-8', 'gbk']).default('utf-8'),
  separator: z.string().length(1).default(','),
  columns: z.strictObject({
    kind: text,
    number: text.optional(),
    channelNo: text,
    gross: text,
    fee: text.optional(),
    occurredAt: text,
  }),
  kinds: z.record(text, z.enum(['payment', 'refund', 'fee', 'chargeback', 'payout', 'adjustment', 'skipped'])),
  outgoing: z.array(text).default([]),
  occurredAtFormat: z.enum(['yyyyMMddHHmmss', 'yyyy-MM-dd HH:mm:ss', 'rfc3339', 'unix']),
  notation: z.enum(['minor', 'major']),
  constantCurrency: text,
  noneWhen: text.optional(),
  cutOff: timeShape.default('00:00'),
  readyAt: timeShape.default('10:00'),
});

const callback = z.strictObject({
  methods: z.array(z.enum(['GET', 'POST'])).min(1),
  encoding: z.enum(['form', 'json', 'xml']).default('form'),
  trust: z.enum(['signed', 'unverified']),
  verify: text.optional(),
  of: z.enum(['payment', 'refund']).default('payment'),
  eventId: paths,
  facts,
  statuses: z.record(z.string(), text).optional(),
  state: text.optional(),
  accepted: reply,
  retry: reply,
});

const error = z.strictObject({
  code: text,
  message: z.string().optional(),
  on: z
    .array(z.enum(['pay', 'query', 'close', 'refund', 'queryRefund']))
    .min(1)
    .optional(),
  is: z.enum(['declined', 'rejected', 'not_found', 'closed', 'paid']),
  as: text.optional(),
  advice: z.enum(['retry', 'retry_other_method', 'fix_request', 'contact_support', 'do_not_retry']).optional(),
  text: both.optional(),
});

export const definitionSchema = z.strictObject({
  format: z.literal('paymux-channel-1'),
  id: z.string().regex(/^[a-z][a-z0-9]*$/, 'must be lower-case letters and digits'),
  name: nameShape,
  maturity: z.enum(['stable', 'beta']),
  verified: verifiedShape.default([]),
  methods: z.array(method).min(1),
  money: z.enum(['minor_integer', 'major_string']),
  exponents: z.record(text, whole).optional(),
  zone: z
    .string()
    .regex(/^[+-]\d\d:\d\d$/, 'must be an offset such as +08:00')
    .default('+00:00'),
  refunds: z.enum(['full', 'partial']).optional(),
  idempotency: z.strictObject({ create: flag, refund: flag.optional(), ttlHours: whole.optional() }),
  settle: z.strictObject({ notFoundIsFinalAfterSec: whole, settlingSec: whole }),
  rateLimited: z.enum(['notSent', 'unknown']).default('unknown'),
  failoverCodes: z.array(text).default([]),
  merchantNo: text.optional(),
  config: z.strictObject({ required: z.array(text).default([]), properties: z.record(text, property) }),
  signatures: z.record(text, signature).default({}),
  pay: z.array(z.union([visit, z.strictObject({ ...request.shape, ...products })])).min(1),
  query: request.optional(),
  close: request.optional(),
  refund: z.strictObject({ ...request.shape, confirm: flag.default(false) }).optional(),
  queryRefund: request.optional(),
  statement: statement.optional(),
  callback,
  errors: z.array(error).default([]),
});

/** A channel written down as data, as its file says it. */
export type Definition = z.output<typeof definitionSchema>;
export type Signature = Definition['signatures'][string];
export type Facts = z.output<typeof facts>;
export type Answer = z.output<typeof answer>;
export type Request = z.output<typeof request>;
export type StatementRule = z.output<typeof statement>;
export type PayStep = Definition['pay'][number];
export type Verification = z.output<typeof verification>;
export type ErrorRule = z.output<typeof error>;
