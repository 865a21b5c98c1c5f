import { errors } from '../errors.ts';
import { escapeHtml, htmlPage } from './html.ts';
import type { Json } from './openapi.ts';
import type { RawAnswer } from './route.ts';

/** An operation of the document with its place. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly parameters: readonly Json[];
  readonly body: Json | null;
  readonly answers: Readonly<Record<string, Json>>;
}

/** The API reference as one page, drawn from the OpenAPI document. */
export function docsPage(document: Json): Omit<RawAnswer, 'status'> {
  const operations = listOperations(document);
  const tags = [...new Set(operations.map((operation) => operation.tag))];
  const sections = tags.map((tag) => {
    const own = operations.filter((operation) => operation.tag === tag);
    return `<h2>${escapeHtml(tag)}</h2>${own.map((operation) => drawOperation(operation, document)).join('')}`;
  });
  const intro = `<h1>paymux API</h1><p>Also as <a href="/openapi.json">OpenAPI 3.1</a>. Every code of a problem: <a href="/docs/errors">errors</a>.</p>`;
  return htmlPage('paymux API', intro + drawContents(operations) + drawFirstCall(document) + sections.join(''));
}

/** Every code with its meaning; `type` of a problem points here. */
export function errorsPage(): Omit<RawAnswer, 'status'> {
  const rows = Object.entries(errors).map(([code, { status, advice, title, detail }]) => {
    const facts = `<p>${status === null ? '' : `HTTP ${status} · `}advice <code>${advice}</code></p>`;
    const texts = `<p>${escapeHtml(detail.en)}</p><p lang="zh-CN">${escapeHtml(title.zh)}：${escapeHtml(detail.zh)}</p>`;
    return `<h2 id="${code}"><code>${code}</code> ${escapeHtml(title.en)}</h2>${facts}${texts}`;
  });
  return htmlPage('paymux errors', `<h1>Errors</h1><p><a href="/docs">API reference</a></p>${rows.join('')}`);
}

function listOperations(document: Json): readonly Operation[] {
  return Object.entries(document['paths'] as Json).flatMap(([path, item]) =>
    Object.entries(item as Json).map(([method, value]) => readOperation(method, path, value as Json)),
  );
}

function readOperation(method: string, path: string, value: Json): Operation {
  const body = value['requestBody'] as { content?: Json } | undefined;
  const description = value['description'];
  return {
    method: method.toUpperCase(),
    path,
    id: String(value['operationId']),
    summary: String(value['summary']),
    ...(typeof description === 'string' && { description }),
    tag: (value['tags'] as readonly string[])[0] ?? '',
    parameters: (value['parameters'] as readonly Json[] | undefined) ?? [],
    body: schemaIn(body),
    answers: value['responses'] as Readonly<Record<string, Json>>,
  };
}

function schemaIn(holder: { content?: Json } | undefined): Json | null {
  const media = holder?.content?.['application/json'] as { schema?: Json } | undefined;
  return media?.schema ?? null;
}

function drawContents(operations: readonly Operation[]): string {
  const items = operations.map(({ id, method, path, summary }) => {
    const place = `<span class="method">${method}</span><code>${escapeHtml(path)}</code>`;
    return `<li><a href="#${escapeHtml(id)}">${place}</a> ${escapeHtml(summary)}</li>`;
  });
  return `<nav><ul>${items.join('')}</ul></nav>`;
}

function drawFirstCall(document: Json): string {
  const [server] = document['servers'] as readonly { url: string }[];
  const body = '{"merchant_order_no":"order-1","amount":1999,"currency":"CNY","subject":"Tea","method":"wechat_native"}';
  const lines = [
    `curl ${server?.url ?? ''}/v1/payments`,
    `-H 'Authorization: Bearer sk_test_…'`,
    `-H 'Content-Type: application/json'`,
    `-H 'Idempotency-Key: order-1'`,
    `-d '${body}'`,
  ];
  return `<h2>A first payment</h2><pre>${escapeHtml(lines.join(' \\\n  '))}</pre><p>Amounts are integers of minor units: 1999 is 19.99 yuan.</p>`;
}

function drawOperation(operation: Operation, document: Json): string {
  const { id, method, path, summary, description, parameters, body, answers } = operation;
  const parts = [
    `<h3 id="${escapeHtml(id)}"><span class="method">${method}</span><code>${escapeHtml(path)}</code></h3><p>${escapeHtml(summary)}.`,
    description === undefined ? '</p>' : ` ${escapeHtml(description)}</p>`,
    parameters.length > 0
      ? drawTable(
          'Parameters',
          parameters.map((parameter) => parameterRow(parameter, document)),
        )
      : '',
    body === null ? '' : drawTable('Body', fieldRows(body, document, '')),
    ...Object.entries(answers).map(([status, answer]) => drawAnswer(status, answer, document)),
  ];
  return parts.join('');
}

function drawAnswer(status: string, answer: Json, document: Json): string {
  const schema = schemaIn(answer as { content?: Json });
  if (schema === null) return '';
  return drawTable(`Answer ${status}`, fieldRows(schema, document, ''));
}

type TableRow = readonly [name: string, type: string, note: string];

function drawTable(caption: string, rows: readonly TableRow[]): string {
  const cells = rows.map(([name, type, note]) => {
    return `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(type)}</td><td>${escapeHtml(note)}</td></tr>`;
  });
  return `<h4>${escapeHtml(caption)}</h4><table><tbody>${cells.join('')}</tbody></table>`;
}

function parameterRow(parameter: Json, document: Json): TableRow {
  const { name, schema, required, description } = resolve(parameter, document) as { [member: string]: unknown };
  const note = [required === true ? 'required' : '', description, limitsOf(schema as Json)].filter(Boolean).join('; ');
  return [String(name), typeOf(schema as Json), note];
}

/** The members of an object, those of nested objects and lists below them as `a.b` and `a[].b`. */
function fieldRows(schema: Json, document: Json, prefix: string): readonly TableRow[] {
  const { properties = {}, required = [] } = resolve(schema, document) as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
  };
  return Object.entries(properties).flatMap(([name, unresolved]) => {
    const member = resolve(unresolved, document);
    const place = prefix + name;
    const note = [required.includes(name) ? 'required' : '', member['description'], limitsOf(member)].filter(Boolean).join('; ');
    const items = member['items'] as Json | undefined;
    const inner = items ? fieldRows(items, document, `${place}[].`) : fieldRows(member, document, `${place}.`);
    return [[place, typeOf(member), note] as const, ...inner];
  });
}

function resolve(value: Json, document: Json): Json {
  const target = value['$ref'];
  if (typeof target !== 'string') return value;
  return target
    .slice('#/'.length)
    .split('/')
    .reduce<Json>((node, step) => node[step] as Json, document);
}

function typeOf(schema: Json): string {
  const type = schema['type'];
  const options = schema['anyOf'] as readonly Json[] | undefined;
  if (options) return options.map(typeOf).join(' | ');
  return Array.isArray(type) ? type.join(' | ') : String(type ?? 'any');
}

function limitsOf(schema: Json): string {
  const texts = Object.entries(limitNames).flatMap(([name, label]) =>
    schema[name] === undefined ? [] : [`${label} ${String(schema[name])}`],
  );
  const choices = schema['enum'] as readonly unknown[] | undefined;
  return [...texts, ...(choices ? [`one of ${choices.join(', ')}`] : [])].join('; ');
}

const limitNames: Readonly<Record<string, string>> = {
  minLength: 'length ≥',
  maxLength: 'length ≤',
  minimum: '≥',
  maximum: '≤',
  minItems: 'items ≥',
  maxItems: 'items ≤',
  format: 'format',
  default: 'default',
};
