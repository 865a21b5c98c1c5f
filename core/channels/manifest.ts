import { z } from 'zod';
import type { Channel } from '../contract/channel.ts';
import type { Abilities, ChannelManifest } from '../contract/manifest.ts';
import { isCurrency } from '../money.ts';
import { abilitiesOf, hasAbility } from './abilities.ts';
import { amountRuleOf } from './amounts.ts';

const text = z.string().min(1);
/** The same in a manifest and in a definition without code. */
export const nameShape = z.strictObject({
  en: text,
  zh: text,
  ja: text.exactOptional(),
  es: text.exactOptional(),
  ar: text.exactOptional(),
});
const currency = z.string().refine(isCurrency, 'is not an ISO 4217 code');

const maturity = z.enum(['stable', 'beta']);
/** The same in a manifest and in a definition without code. */
export const timeShape = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 10:00');

const abilities = {
  query: z.enum(['by_number', 'by_channel_no', 'none']),
  close: z.enum(['unpaid', 'none']),
  capture: z.enum(['full', 'partial', 'none']),
  refund: z.enum(['full', 'partial', 'none']),
};

const method = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(_[a-z0-9]+)+$/),
  product: z.string().min(1),
  name: nameShape,
  action: z.enum(['qr', 'redirect', 'form', 'sdk', 'instructions', 'none']),
  maturity: maturity.optional(),
  currencies: z.array(currency).min(1),
  min: z.int().positive().optional(),
  max: z.int().positive().optional(),
  step: z.int().positive().optional(),
  inCurrency: z
    .record(currency, z.strictObject({ min: z.int().positive(), max: z.int().positive(), step: z.int().positive() }).partial())
    .optional(),
  orderLines: z.strictObject({ min: z.int().positive(), max: z.int().positive() }).optional(),
  needs: z.array(z.enum(['openid', 'clientIp', 'authCode', 'token', 'email', 'name', 'phone', 'bankCode', 'country'])).optional(),
  checkout: z
    .strictObject({
      devices: z
        .array(z.enum(['desktop', 'phone']))
        .min(1)
        .optional(),
      inside: z.string().min(3).optional(),
      home: z.array(z.string().min(3)).min(1).optional(),
      kind: z.enum(['card']).optional(),
      except: z.array(z.string().min(3)).min(1).optional(),
      banks: z
        .array(z.strictObject({ code: z.string().regex(/^[!-~]{1,32}$/), name: z.union([nameShape, text]) }))
        .min(1)
        .optional(),
    })
    .optional(),
  abilities: z.strictObject(abilities).partial().optional(),
});

const property = z.strictObject({
  type: z.enum(['string', 'integer', 'boolean']),
  description: z.string().min(1),
  secret: z.boolean().optional(),
  identity: z.boolean().optional(),
  pattern: z.string().optional(),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  enum: z.array(z.string()).optional(),
  default: z.union([z.string(), z.int(), z.boolean()]).optional(),
});

/** The same in a manifest, in a definition without code and in the public API. */
export const verifiedShape = z.array(
  z.strictObject({
    what: z.enum(['requests', 'answers', 'callbacks', 'signatures', 'statements', 'flow']),
    against: z.enum(['vendor_document', 'vendor_schema', 'vendor_vector', 'vendor_library', 'standard', 'other_code', 'simulator']),
    source: z.string().min(1).max(200),
    methods: z.array(z.string()).min(1).exactOptional(),
  }),
);

const manifest = z.strictObject({
  id: z.string(),
  name: nameShape,
  maturity,
  verified: verifiedShape.optional(),
  methods: z.array(method).min(1),
  abilities: z.strictObject({
    ...abilities,
    queryRefund: z.enum(['by_number', 'by_channel_no', 'none']),
    statement: z.enum(['api', 'file', 'none']),
  }),
  money: z.strictObject({
    notation: z.enum(['minor_integer', 'major_string', 'major_number']),
    exponents: z.record(currency, z.int().min(0).max(4)).optional(),
  }),
  idempotency: z.strictObject({ create: z.boolean(), ttlHours: z.int().positive().optional(), refund: z.boolean().optional() }),
  callback: z.strictObject({ trust: z.enum(['signed', 'token', 'unverified']) }),
  settle: z.strictObject({ notFoundIsFinalAfterSec: z.int().min(1), settlingSec: z.int().min(0) }),
  rateLimited: z.enum(['notSent', 'unknown']),
  failoverCodes: z.array(z.string()),
  confirmedBy: z.literal('operator').optional(),
  statementsOf: z.literal('bank').optional(),
  statements: z
    .strictObject({
      zone: z.string().refine(isZone, 'is no time zone'),
      cutOff: timeShape.optional(),
      readyAt: timeShape,
      day: z.enum(['trade', 'settlement']).optional(),
    })
    .optional(),
  config: z.strictObject({ type: z.literal('object'), required: z.array(z.string()), properties: z.record(z.string(), property) }),
});

/** A cut-off before it is of the next day of the calendar. */
const noon = '12:00';

/** Why this is not a channel that may be loaded; empty when it is one. A channel in a folder (null: in a package) has its name. */
export function manifestFaults(folder: string | null, plugin: unknown): string[] {
  if (typeof plugin !== 'object' || plugin === null) return ['has no default export that is a channel'];
  const { contract, manifest: declared, open } = plugin as Record<string, unknown>;
  if (contract !== 1) return [`is written for contract ${String(contract)}, this kernel speaks contract 1`];
  if (typeof open !== 'function') return ['has no function open'];
  const read = manifest.safeParse(declared, { jitless: true });
  if (!read.success) return read.error.issues.map((issue) => `manifest.${issue.path.join('.')}: ${issue.message}`);
  return contradictions(folder, declared as ChannelManifest);
}

function contradictions(folder: string | null, one: ChannelManifest): string[] {
  const faults: string[] = [];
  if (!/^[a-z][a-z0-9]*$/.test(one.id))
    faults.push(`manifest.id ${one.id} must be lower-case letters and digits: an underscore ends it in the name of a method`);
  if (folder !== null && one.id !== folder) faults.push(`manifest.id is ${one.id}, the folder is ${folder}`);
  for (const { id, product } of one.methods) {
    if (id !== `${one.id}_${product}`) faults.push(`method ${id} must be called ${one.id}_${product}`);
  }
  for (const method of one.methods) {
    for (const currency of method.currencies) {
      const { min = 1, max = Number.MAX_SAFE_INTEGER, step = 1 } = amountRuleOf(method, currency);
      if (Math.ceil(min / step) * step > max) faults.push(`method ${method.id} takes no amount in ${currency}: its min is above its max`);
    }
    const strange = Object.keys(method.inCurrency ?? {}).filter((currency) => !method.currencies.includes(currency));
    if (strange.length > 0) faults.push(`method ${method.id} has amounts in ${strange.join(', ')}, which it does not take`);
  }
  const ids = one.methods.map(({ id }) => id);
  for (const id of (one.verified ?? []).flatMap(({ methods = [] }) => methods)) {
    if (!ids.includes(id)) faults.push(`manifest.verified names ${id}, which is no method of ${one.id}`);
  }
  for (const [name, { pattern }] of Object.entries(one.config.properties)) {
    if (pattern !== undefined && !isPattern(pattern)) faults.push(`config.${name} has a pattern that is no regular expression`);
  }
  for (const { id, product } of one.methods) {
    const { capture, query } = abilitiesOf(one, product);
    if (capture !== 'none' && query === 'none') faults.push(`method ${id} captures, and nothing can say when: it needs a query`);
  }
  const departing = one.money.notation === 'minor_integer' ? Object.keys(one.money.exponents ?? {}) : [];
  for (const { id, currencies } of one.methods) {
    for (const code of currencies.filter((each) => departing.includes(each))) {
      faults.push(`method ${id} offers ${code}, whose minor unit at this vendor is not the kernel's`);
    }
  }
  const twice = ids.filter((id, at, all) => all.indexOf(id) !== at);
  if (twice.length > 0) faults.push(`methods declared twice: ${twice.join(', ')}`);
  for (const name of one.config.required) {
    if (!Object.hasOwn(one.config.properties, name)) faults.push(`config requires ${name}, which it does not declare`);
  }
  if ((one.statements !== undefined) !== (one.abilities.statement === 'api')) {
    faults.push('manifest.statements must be there exactly when abilities.statement is api');
  }
  if (one.statementsOf !== undefined && one.abilities.statement === 'none')
    faults.push('manifest.statementsOf is said of statements that are not read');
  const { cutOff = '00:00', readyAt = cutOff } = one.statements ?? {};
  if (cutOff < noon && readyAt < cutOff) faults.push(`manifest.statements.readyAt ${readyAt} is before the day ends at ${cutOff}`);
  return faults;
}

/** Asked for once: the list takes 1.5 ms each time. */
const listedZones: readonly string[] = Intl.supportedValuesOf('timeZone');

/** Zones that the list still has under the names that they had before. */
const renamedZones: readonly string[] = [
  'America/Argentina/Buenos_Aires',
  'America/Nuuk',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Atlantic/Faroe',
  'Europe/Kyiv',
];

/** A formatter knows every zone and is asked last: the first one of a process takes 11 ms of its start. */
function isZone(name: string): boolean {
  if (name === 'UTC' || listedZones.includes(name) || renamedZones.includes(name)) return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** `statement` has two: {@link statementFaults}. */
const functionOf: Readonly<Record<Exclude<keyof Abilities, 'statement'>, keyof Channel>> = {
  query: 'query',
  close: 'close',
  capture: 'capture',
  refund: 'refund',
  queryRefund: 'queryRefund',
};

/** How a fault calls an ability that the channel has, or one of its methods alone. */
const ownOrMethods = (ability: string) => (ability === 'none' ? 'of a method' : ability);

/** Where an opened channel is not what its manifest says: an ability without its function, or the reverse. */
export function abilityFaults(declared: ChannelManifest, channel: Channel): string[] {
  const faults: string[] = [];
  for (const [ability, name] of Object.entries(functionOf) as [keyof typeof functionOf, keyof Channel][]) {
    const present = typeof channel[name] === 'function';
    const wanted = hasAbility(declared, ability);
    if (present && !wanted) faults.push(`has ${name}(), but declares ${ability}: none`);
    if (!present && wanted) faults.push(`declares ${ability}: ${ownOrMethods(declared.abilities[ability])}, but has no ${name}()`);
  }
  faults.push(...statementFaults(declared.abilities.statement, channel));
  for (const always of ['pay', 'parseCallback'] as const) {
    if (typeof channel[always] !== 'function') faults.push(`has no ${always}()`);
  }
  return faults;
}

function statementFaults(declared: Abilities['statement'], channel: Channel): string[] {
  const wanted = { fetchStatement: declared === 'api', readStatement: declared !== 'none' };
  return (['fetchStatement', 'readStatement'] as const)
    .filter((name) => (typeof channel[name] === 'function') !== wanted[name])
    .map((name) => `declares statement: ${declared}, ${wanted[name] ? 'but has no' : 'and has'} ${name}()`);
}
