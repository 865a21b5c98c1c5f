import { errors, type Refusal } from '../errors.ts';
import type { HttpContext } from './context.ts';
import { buildProblem } from './problem.ts';
import type { Answer, RawAnswer } from './route.ts';
import { writeProblemXml, writeXml } from './xml-write.ts';

/** Writes a refusal as a problem, in the format and language of the request. HTTP has a `status` of its own for some faults that share a code. */
export function sendRefusal(ctx: HttpContext, refusal: Refusal, status: number = errors[refusal.code].status): void {
  const { requestId, locale, format, errorsUrl } = ctx.state;
  const problem = { ...buildProblem(refusal, { requestId, locale, errorsUrl }), status };
  ctx.state.code = refusal.code;
  ctx.status = status;
  ctx.set('Content-Language', locale === 'zh' ? 'zh-CN' : 'en');
  ctx.set('Vary', 'Accept, Accept-Language');
  if (refusal.retryAfterSec !== undefined) ctx.set('Retry-After', String(refusal.retryAfterSec));
  if (ctx.status === 401) ctx.set('WWW-Authenticate', 'Bearer');
  ctx.set('Content-Type', `application/problem+${format}`);
  ctx.body = format === 'xml' ? writeProblemXml(problem) : JSON.stringify(problem);
}

/** Writes what a handler answered. */
export function sendAnswer(ctx: HttpContext, answer: Answer): void {
  ctx.status = answer.status;
  if (answer.headers) ctx.set({ ...answer.headers });
  if (answer.raw) {
    ctx.set('Content-Type', answer.raw.contentType);
    ctx.body = answer.raw.body;
  } else if (answer.body === undefined) {
    ctx.body = null;
    ctx.status = answer.status;
  } else {
    ctx.set('Vary', 'Accept, Accept-Language');
    ctx.set('Content-Type', `application/${ctx.state.format}`);
    ctx.body = ctx.state.format === 'xml' ? writeXml(answer.body) : JSON.stringify(answer.body);
  }
}

/** Writes an answer as it is. */
export function sendRaw(ctx: HttpContext, answer: RawAnswer): void {
  ctx.status = answer.status;
  // Nothing that a channel's answer may set decides what a browser makes of it.
  ctx.set('Content-Type', 'text/plain; charset=utf-8');
  if (answer.headers) ctx.set({ ...answer.headers });
  ctx.body = answer.body;
}
