import type { IncomingMessage } from 'node:http';
import { type Refusal, refuse } from '../../errors.ts';
import type { HttpContext, Step } from '../context.ts';
import { sendRefusal } from '../respond.ts';

/** Limits on the bytes of a body. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** From the first byte wanted to the last one read. */
  readonly deadlineMs: number;
}

/** How much of a body that is too large is still read, unkept, so that the client reads our answer instead of a reset. */
const drainFactor = 8;
/** How long it is read for when its own header already says that it is too large. */
const drainMs = 1000;

/** Keeps the body's bytes as they came. Counts while they stream, so that neither a false length nor a chunked body passes the limit. */
export function readBody(limits: BodyLimits): Step {
  return async (ctx, next) => {
    const body = await collect(ctx.req, limits);
    if (Buffer.isBuffer(body)) {
      ctx.state.rawBody = body;
      return next();
    }
    return stopReading(ctx, body);
  };
}

/** What was not read cannot be followed by another request: the connection ends with the answer. */
function stopReading(ctx: HttpContext, refusal: Refusal): void {
  ctx.set('Connection', 'close');
  sendRefusal(ctx, refusal);
}

async function collect(request: IncomingMessage, limits: BodyLimits): Promise<Buffer | Refusal> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const declaredTooLarge = Number(request.headers['content-length'] ?? 0) > limits.maxBytes;
    const tooLargeOrNull = () => {
      const tooLarge = declaredTooLarge || size > limits.maxBytes;
      return tooLarge ? refuse('body_too_large', { values: { maxBytes: limits.maxBytes } }) : null;
    };
    const late = () => finish(tooLargeOrNull() ?? refuse('request_timeout'));
    const timer = setTimeout(late, declaredTooLarge ? Math.min(drainMs, limits.deadlineMs) : limits.deadlineMs);
    const finish = (outcome: Buffer | Refusal) => {
      clearTimeout(timer);
      request.off('data', take).off('end', end).off('close', late).pause();
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limits.maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > limits.maxBytes * drainFactor) late();
    };
    const end = () => finish(tooLargeOrNull() ?? Buffer.concat(chunks));
    request.on('data', take).once('end', end).once('close', late);
  });
}
