import { z } from 'zod';
import { errors } from '../errors.ts';
import type { AnyRoute, RawRoute, Route } from './route.ts';

/** Plain JSON. */
export type Json = { readonly [name: string]: unknown };

/** What the document says beside the routes. */
export interface OpenApiOptions {
  readonly version: string;
  readonly serverUrl: string;
  /** Notifications to merchants: type → the object that `data.object` holds. */
  readonly notifications?: Readonly<Record<string, z.ZodType>>;
}

const mediaTypes = ['application/json', 'application/xml'];

/** The OpenAPI 3.1 document of a route table, made from the very schemas that requests are held against. */
export function buildOpenApi(routes: readonly AnyRoute[], options: OpenApiOptions): Json {
  const schemas: Record<string, unknown> = { Problem: schemaOf(problemSchema, 'output', {}) };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operations = route.kind === 'api' ? { [route.method.toLowerCase()]: operationOf(route, schemas) } : rawOperations(route);
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], ...operations };
  }
  const webhooks = notificationsOf(options.notifications ?? {}, schemas);
  return {
    openapi: '3.1.0',
    info: { title: 'paymux', version: options.version, description: 'One API for every payment channel.', license },
    servers: [{ url: options.serverUrl }],
    security: [{ key: [] }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    webhooks,
    components: { schemas, parameters: { IdempotencyKey: idempotencyKey }, securitySchemes },
  };
}

const license = { name: 'Apache-2.0', identifier: 'Apache-2.0' };

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key and body replay the first answer.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
};

const securitySchemes = {
  key: { type: 'http', scheme: 'bearer', description: 'A secret key: `sk_test_…` or `sk_live_…`.' },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'Signature',
    description: [
      'RFC 9421, beside the key, for apps that require it. With `Content-Digest` (RFC 9530, sha-256, also of an empty body) and',
      '`Signature-Input: paymux=("@method" "@path" "@query" "content-digest");created=…;nonce="…";keyid="…"`.',
      'The whole profile with an example: docs/signed-requests.md.',
    ].join(' '),
  },
};

const advices = ['retry', 'retry_other_method', 'fix_request', 'contact_support', 'do_not_retry'] as const;

const problemSchema = z.object({
  type: z.url().meta({ description: 'Where the code is documented.' }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: 'For people, in the language of Accept-Language.' }),
  code: z.string().meta({ description: 'For programs; never translated.', examples: Object.keys(errors).slice(0, 3) }),
  param: z.string().optional(),
  errors: z.array(z.object({ param: z.string(), code: z.string(), detail: z.string() })).optional(),
  request_id: z.string(),
  advice: z.enum(advices),
  payment: z.record(z.string(), z.unknown()).optional(),
});

/** A schema as JSON Schema. Schemas with an id of their own move to the components, once. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, unknown>): unknown {
  const { $schema: _dialect, $defs = {}, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  for (const [name, definition] of Object.entries($defs)) schemas[name] ??= withReferences(definition);
  return withReferences(own);
}

/** References point into the components of the document. */
function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name, member]) => !(name === 'id' && typeof member === 'string'));
  return Object.fromEntries(members.map(([name, member]) => [name, name === '$ref' ? reference(member) : withReferences(member)]));
}

function reference(target: unknown): string {
  return String(target).replace('#/$defs/', '#/components/schemas/');
}

function operationOf(route: Route, schemas: Record<string, unknown>): Json {
  const keyed = route.idempotent ?? route.method === 'POST';
  const parameters = [
    ...pathParameters(route.path),
    ...queryParameters(route, schemas),
    ...(keyed ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.tag],
    ...(route.scope === null ? {} : { description: describeNeeds(route, route.scope) }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: contentOf(schemaOf(route.body, 'input', schemas)) } }),
    ...(route.file && { requestBody: { required: true, content: filesOf(route.file.types) } }),
    responses: { ...answersOf(route, schemas), default: problemAnswer },
  };
}

function describeNeeds({ file }: Route, scope: string): string {
  const needs = `The key needs the scope \`${scope}\`.`;
  return file === undefined ? needs : `${needs} The body is a file of one of the types ${file.types.join(', ')}.`;
}

const problemAnswer = {
  description: 'A problem (RFC 9457).',
  content: Object.fromEntries(
    ['application/problem+json', 'application/problem+xml'].map((type) => [type, { schema: { $ref: '#/components/schemas/Problem' } }]),
  ),
};

function rawOperations(route: RawRoute): Json {
  const parameters = pathParameters(route.path);
  const operation = (method: string) => ({
    operationId: route.methods.length > 1 ? `${route.id}.${method.toLowerCase()}` : route.id,
    summary: route.summary,
    tags: [route.tag],
    security: [],
    ...(parameters.length > 0 && { parameters }),
    responses: { default: { description: 'As the caller of this address expects.' } },
  });
  return Object.fromEntries(route.methods.map((method) => [method.toLowerCase(), operation(method)]));
}

function contentOf(schema: unknown): Json {
  return Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
}

function answersOf(route: Route, schemas: Record<string, unknown>): Json {
  const entries = Object.entries(route.answers).map(([status, schema]) => {
    const content = status === '204' ? {} : { content: contentOf(schemaOf(schema, 'output', schemas)) };
    return [status, { description: route.summary, ...content }];
  });
  return Object.fromEntries(route.files === undefined ? entries : [...entries, ['200', fileAnswer(route, route.files)]]) as Json;
}

function fileAnswer({ summary }: Route, types: readonly string[]): Json {
  return { description: summary, content: filesOf(types.map((type) => type.split(';')[0] ?? type)) };
}

const filesOf = (types: readonly string[]): Json => Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }]));

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(route: Route, schemas: Record<string, unknown>): readonly Json[] {
  if (route.query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(route.query, 'input', schemas) as {
    properties?: Readonly<Record<string, { type?: unknown }>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    // A list is one comma-separated value.
    ...(schema.type === 'array' && { style: 'form', explode: false }),
    schema,
  }));
}

function notificationsOf(notifications: Readonly<Record<string, z.ZodType>>, schemas: Record<string, unknown>): Json {
  const entries = Object.entries(notifications).map(([type, object]) => {
    const envelope = z.object({
      id: z.string(),
      type: z.literal(type),
      created_at: z.iso.datetime(),
      sequence: z.int(),
      data: z.object({ object }),
    });
    const requestBody = { content: { 'application/json': { schema: schemaOf(envelope, 'output', schemas) } } };
    return [type, { post: { summary: type, tags: ['Notifications'], security: [], requestBody, responses: received } }];
  });
  return Object.fromEntries(entries) as Json;
}

const received = { '2XX': { description: 'Received. Anything else is tried again.' } };
