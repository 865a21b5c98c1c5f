import { z } from 'zod';
import { type FieldFault, type Refusal, refuse, type Text } from '../../errors.ts';
import { type HttpContext, rawQuery, type Step } from '../context.ts';
import { type Parsed, refuseFaults } from '../faults.ts';
import { parseJson } from '../json.ts';
import { formatOfType } from '../negotiate.ts';
import { parseQuery } from '../query.ts';
import { sendRefusal } from '../respond.ts';
import type { FileRule, Route } from '../route.ts';
import { type Shape, shapeOf } from '../shape.ts';
import { textFaults } from '../text-faults.ts';
import { validate } from '../validate.ts';
import { parseXml } from '../xml.ts';

/** A schema and what text has to know of it. */
interface Schema {
  readonly type: z.ZodType;
  readonly shape: Shape;
}

/** Reads body and query by the route's schemas, and refuses with every fault of both at once. */
export function readInput(route: Route): Step {
  const bodySchema = schemaOf(route.body);
  const querySchema = schemaOf(route.query);
  return async (ctx, next) => {
    const parsed = route.file === undefined ? parseBody(ctx, bodySchema.shape) : checkFile(ctx, route.file);
    if ('kind' in parsed) return sendRefusal(ctx, parsed);
    if (!parsed.ok) return sendRefusal(ctx, refuse(parsed.code, { detail: parsed.detail }));
    const query = parseQuery(rawQuery(ctx), querySchema.shape);
    const body = check(bodySchema.type, parsed.value, parsed.faults);
    const params = check(querySchema.type, query.value, query.faults);
    const faults = [...params.faults, ...body.faults];
    if (faults.length > 0) return sendRefusal(ctx, refuseFaults([...faults, ...moreFaults(route, ctx, parsed.value, query.value, faults)]));
    ctx.state.body = body.value;
    ctx.state.query = params.value;
    return next();
  };
}

/** The faults that the route itself sees in the fields that have none so far. */
function moreFaults(route: Route, { state: { caller } }: HttpContext, body: unknown, query: unknown, faults: readonly FieldFault[]) {
  if (caller === null) return [];
  const app = caller.app as never;
  const [soundBody, soundQuery] = [soundOf(body, faults), soundOf(query, faults)];
  const isMissing = (field: string) => !Object.hasOwn(body as object, field);
  return [
    ...((soundBody && route.moreFaults?.(app, soundBody as never, isMissing)) ?? []),
    ...((soundQuery && route.moreQueryFaults?.(app, soundQuery as never)) ?? []),
  ];
}

function soundOf(value: unknown, faults: readonly FieldFault[]): object | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const faulty = new Set(faults.map(({ param }) => /^\w+/.exec(param)?.[0]));
  return Object.fromEntries(Object.entries(value).filter(([name]) => !faulty.has(name)));
}

function schemaOf(schema: z.ZodType | undefined): Schema {
  const type = schema ?? z.strictObject({});
  return { type, shape: shapeOf(type) };
}

/** A body that is empty is an empty object, whatever its type: the schema then names what is missing. */
function parseBody(ctx: HttpContext, shape: Shape): Parsed | Refusal {
  const { rawBody } = ctx.state;
  if (rawBody.length === 0) return { ok: true, value: {}, faults: [] };
  const encoding = ctx.req.headers['content-encoding'];
  const format = formatOfType(ctx.req.headers['content-type']);
  if (format === null || format === 'other') return refuse('unsupported_media_type');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return refuse('unsupported_media_type');
  return format === 'xml' ? parseXml(rawBody, shape) : parseJson(rawBody);
}

/** Of a body that is a file only what it is said to be; it is not there yet. */
function checkFile(ctx: HttpContext, { types }: FileRule): Parsed | Refusal {
  const type = (ctx.req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isPacked = (ctx.req.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity';
  if (isPacked || !types.includes(type)) return refuse('unsupported_media_type', { detail: oneOf(types) });
  return { ok: true, value: {}, faults: [] };
}

const oneOf = (types: readonly string[]): Text => ({
  en: `The body must be a file of one of these types, without Content-Encoding: ${types.join(', ')}.`,
  zh: `请求体须为以下类型之一的文件，且不得使用 Content-Encoding：${types.join('、')}。`,
});

/** The faults found while reading stand for those that the schema finds in the same field. */
function check(schema: z.ZodType, value: unknown, read: readonly FieldFault[]): { value: unknown; faults: readonly FieldFault[] } {
  const found = [...read, ...textFaults(value)];
  const result = validate(schema, value);
  if (result.ok) return { value: result.value, faults: found };
  const named = new Set(found.map((fault) => fault.param));
  return { value, faults: [...found, ...result.faults.filter((fault) => !named.has(fault.param))] };
}
