import type { Call, WireRequest } from '../../contract/kit.ts';
import type { Declined, Echo, NotSent, Rejected, Unknown, VendorError } from '../../contract/outcome.ts';
import { type Data, readData, textAt } from './data.ts';
import { echoOf } from './facts.ts';
import { fillText, type Opened, signerOf, signWith } from './opened.ts';
import type { Answer, ErrorRule, Request } from './schema.ts';
import type { Values } from './template.ts';
import type { Operation } from './values.ts';
import { isGenuine } from './verify.ts';

type Fields = Readonly<Record<string, string>>;

/** A request's parts, filled in and signed. */
export interface Prepared {
  readonly url: string;
  readonly fields: Fields;
  readonly headers: Fields;
}

type Parts = Pick<Request, 'url' | 'fields' | 'headers' | 'sign'> & Partial<Pick<Request, 'encoding' | 'numbers' | 'xmlRoot'>>;

/** Fills in and signs. A signature over the body goes into a header, because the body cannot hold its own. */
export async function prepare(opened: Opened, parts: Parts, values: Values): Promise<Prepared> {
  const rule = parts.sign === undefined ? undefined : signerOf(opened, parts.sign).rule;
  const filled = Object.entries(parts.fields).map(([name, text]) => [name, fillText(opened, text, values)] as const);
  const fields = Object.fromEntries(filled.filter(([, value]) => value !== '' || rule?.empty === 'kept'));
  const headers = Object.fromEntries(Object.entries(parts.headers).map(([name, text]) => [name, fillText(opened, text, values)]));
  const url = fillUrl(opened, parts.url, values);
  if (parts.sign === undefined || rule === undefined) return { url, fields, headers };
  const body = rule.over === 'body' ? Buffer.from(writeBody(opened, parts, fields)) : Buffer.alloc(0);
  const signature = await signWith(opened, parts.sign, fields, body);
  return rule.header === undefined
    ? { url, fields: { ...fields, [rule.field ?? 'sign']: signature }, headers }
    : { url, fields, headers: { ...headers, [rule.header]: signature } };
}

/** What stands in an address is encoded, but for the address of the vendor at its beginning. */
function fillUrl(opened: Opened, text: string, values: Values): string {
  const begin = /^\{config\.\w+\}/.exec(text)?.[0] ?? '';
  return fillText(opened, begin, values) + fillText(opened, text.slice(begin.length), values, encodeURIComponent);
}

function writeBody(
  { kit }: Opened,
  { encoding, numbers = [], xmlRoot = 'xml' }: Pick<Parts, 'encoding' | 'numbers' | 'xmlRoot'>,
  fields: Fields,
): string {
  if (encoding === 'xml') return kit.xml.build(xmlRoot, fields);
  if (encoding !== 'json') return new URLSearchParams(fields).toString();
  const members = Object.entries(fields).map(([name, value]) => [name, numbers.includes(name) ? kit.jsonNumber(value) : value]);
  return JSON.stringify(Object.fromEntries(members));
}

const contentTypes = {
  form: 'application/x-www-form-urlencoded; charset=utf-8',
  json: 'application/json; charset=utf-8',
  xml: 'text/xml; charset=utf-8',
} as const;

/** Fields at the end of an address. */
export const withQuery = (url: string, fields: Fields): string => {
  const query = new URLSearchParams(fields).toString();
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`;
};

/** The request as it goes over the wire. */
export function toWire(
  opened: Opened,
  request: Pick<Request, 'method' | 'encoding' | 'numbers' | 'xmlRoot'>,
  { url, fields, headers }: Prepared,
): WireRequest {
  if (request.encoding === 'query') return { method: request.method, url: withQuery(url, fields), headers };
  const type = contentTypes[request.encoding];
  return { method: request.method, url, headers: { 'content-type': type, ...headers }, body: writeBody(opened, request, fields) };
}

/** An answer that may be read: genuine, and not an error. `listed`: an error that the table knows. */
export type Asked =
  | { readonly kind: 'data'; readonly data: Data }
  | { readonly kind: 'listed'; readonly rule: ErrorRule; readonly vendor: VendorError; readonly echo: Echo }
  | NotSent
  | Unknown;

/** Sends one operation and believes only what is proven as the definition demands. */
export async function ask(opened: Opened, operation: Operation, request: Request, values: Values, call: Call): Promise<Asked> {
  const wire = toWire(opened, request, await prepare(opened, request, values));
  const answer = await call.http(wire);
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 429) {
    const kind = opened.definition.rateLimited;
    return { kind, reason: 'rate_limited' };
  }
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const data = readData(opened.kit, request.answer.format, answer.body);
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  const vendor = vendorError(opened, request.answer, data);
  if (!(await isGenuine(opened, { data, body: answer.body, headers: answer.headers }, request.answer.verify, request.answer.facts))) {
    return { kind: 'unknown', reason: 'bad_signature', ...(isSuccess(request.answer, data) ? {} : { vendor }) };
  }
  if (answer.status < 300 && isSuccess(request.answer, data)) return { kind: 'data', data };
  const rule = opened.definition.errors.find((one) => fits(one, vendor, operation));
  if (rule === undefined) return { kind: 'unknown', reason: 'unmapped', vendor };
  return { kind: 'listed', rule, vendor: withText(rule, vendor), echo: echoOf(request.answer.facts, data) };
}

const isSuccess = ({ success }: Answer, data: Data): boolean =>
  Object.entries(success).every(([path, values]) => values.includes(textAt(data, path) ?? ''));

const fits = (rule: ErrorRule, { code, message }: VendorError, operation: Operation): boolean =>
  rule.code === code && (rule.message === undefined || rule.message === message) && (rule.on?.includes(operation) ?? true);

/** In the vendor's words, at a length that fits a log line. Vendors are known to echo what they were sent, keys included. */
function vendorError({ definition, config }: Opened, { code, message }: Answer, data: Data): VendorError {
  const secrets = Object.entries(definition.config.properties).flatMap(([name, { secret }]) =>
    secret === true ? [String(config[name] ?? '')] : [],
  );
  const clean = (text: string) =>
    secrets
      .filter((secret) => secret !== '')
      .reduce((left, secret) => left.replaceAll(secret, '***'), text)
      .slice(0, 200);
  return { code: clean(textAt(data, code) ?? ''), message: clean(textAt(data, message) ?? '') };
}

/** The vendor's sentence with the table's; the table's alone where the vendor has none. */
function withText({ text }: ErrorRule, { code, message }: VendorError): VendorError {
  return text === undefined ? { code, message } : { code, message: `${message === '' ? text.en : message} (${text.zh})` };
}

/** What an error of the table means where nothing special is said of the operation. */
export function toRefusal({ rule, vendor, echo }: Extract<Asked, { kind: 'listed' }>): Declined | Rejected | Unknown {
  if (rule.is === 'declined')
    return { kind: 'declined', echo, code: rule.as ?? 'declined', advice: rule.advice ?? 'retry_other_method', vendor };
  if (rule.is === 'rejected') return { kind: 'rejected', reason: (rule.as ?? 'validation') as Rejected['reason'], vendor };
  return { kind: 'unknown', reason: 'unmapped', vendor };
}
