import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

type Json = Readonly<Record<string, unknown>>;

/** A vendor's published OpenAPI, asked whether it would take a request. */
export interface VendorSchema {
  /** Everything that the vendor would refuse; empty when it takes the body. `operation` is `POST /v2/payments`. */
  faultsOf(operation: string, body: unknown): readonly string[];
}

/** One body with the verdict that the vendor should give. */
export interface VendorCase {
  readonly spec: string;
  readonly op: string;
  readonly name: string;
  readonly should_be: 'valid' | 'invalid';
  readonly body: unknown;
}

/** The text of a file among the vendors' data, which are not part of this repository; null where they are absent. */
export function readVector(path: string): string | null {
  const file = join(process.env['PAYMUX_VECTORS'] ?? '../shared/vectors', path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** Null where the file is absent. A schema that does not compile is an error: taken for "no rule", it would accept everything. */
export function readVendorSchema(file: string): VendorSchema | null {
  const text = readVector(`global/specs-min/${file}`);
  if (text === null) return null;
  const document = widenNulls(JSON.parse(text)) as Json;
  const options = { strict: false, unicodeRegExp: false, allErrors: true, validateFormats: true, logger: false as const };
  const ajv = String(document['openapi']).startsWith('3.1') ? new Ajv2020(options) : new Ajv(options);
  // The package is CommonJS, and its default export is a member of what Node hands over.
  (formats as unknown as { default: (one: unknown) => void }).default(ajv);
  ajv.addSchema({ $id: 'vendor', components: document['components'], paths: document['paths'] });
  return {
    faultsOf(operation, body) {
      const [method = '', path = ''] = operation.split(' ');
      const pointer = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema'];
      const validate = ajv.compile({ $ref: `vendor#/${pointer.map(escapePointer).join('/')}` });
      if (validate(body)) return [];
      return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
    },
  };
}

export function readVendorCases(spec: string): readonly VendorCase[] {
  const { cases } = JSON.parse(readVector('global/contract-cases.json') ?? '{"cases":[]}') as { readonly cases: readonly VendorCase[] };
  return cases.filter((one) => one.spec === spec);
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** OpenAPI 3.0 writes `nullable` where JSON Schema wants null among the values. */
function widenNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(widenNulls);
  if (typeof value !== 'object' || value === null) return value;
  const widened = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, widenNulls(inner)]));
  if (widened['nullable'] !== true) return widened;
  const { nullable: _, ...rest } = widened;
  return { anyOf: [{ type: 'null' }, rest] };
}
