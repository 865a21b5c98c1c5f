import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { digestOf } from '../../access/signature.ts';
import { type Refusal, refuse } from '../../errors.ts';
import type { HttpContext, Step } from '../context.ts';
import { sendRefusal } from '../respond.ts';

export interface FileLimits {
  readonly maxBytes: () => number;
  /** From the beginning of the request to the last byte. */
  readonly deadlineMs: number;
}

/** Why a file is not read on. It is thrown to whoever reads it, through readers that know nothing of requests. */
class FileRefused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(`the body of the request was refused: ${refusal.code}`);
    this.name = 'FileRefused';
    this.refusal = refusal;
  }
}

/** How long what nobody wants is still read for, so that the client reads our answer instead of a reset. */
const drainMs = 1000;

/** Hands a body on as it comes, never whole, to a handler that reads it in its own time. */
export function takeFile(limits: FileLimits): Step {
  return async (ctx, next) => {
    ctx.state.file = readFile(ctx, limits);
    try {
      await next();
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      sendRefusal(ctx, error.refusal);
    }
    await drain(ctx.req);
    // What was not read cannot be followed by another request.
    if (!ctx.req.readableEnded) ctx.set('Connection', 'close');
  };
}

async function* readFile(ctx: HttpContext, { maxBytes, deadlineMs }: FileLimits): AsyncIterable<Uint8Array> {
  const most = maxBytes();
  const tooLarge = refuse('body_too_large', { values: { maxBytes: most } });
  if (Number(ctx.req.headers['content-length'] ?? 0) > most) throw new FileRefused(tooLarge);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of readUntil(ctx.req, deadlineMs)) {
    size += chunk.length;
    if (size > most) throw new FileRefused(tooLarge);
    hash.update(chunk);
    yield chunk;
  }
  if (size === 0) throw new FileRefused(refuse('invalid_request', { detail: noFile }));
  // A signature covers the digest alone: only now is it known to be that of the body.
  const digest = digestOf(ctx.get('Content-Digest'));
  if (digest !== null && !hash.digest().equals(digest)) throw new FileRefused(refuse('signature_invalid', { detail: anotherFile }));
}

const noFile = { en: 'The body must be a file, and is empty.', zh: '请求体须为文件，但为空。' };
const anotherFile = { en: 'The body is not the one that Content-Digest is of.', zh: '请求体与 Content-Digest 不符。' };

/** The chunks that come in time. The connection stays open when whoever reads them has had enough: the answer has still to go out. */
async function* readUntil(request: IncomingMessage, deadlineMs: number): AsyncIterable<Buffer> {
  const chunks = request.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), deadlineMs);
  const isLate = once(late.signal, 'abort').then(() => null);
  try {
    for (;;) {
      // A client that goes away is as late as can be.
      const next = await Promise.race([chunks.next().catch(() => null), isLate]);
      if (next === null) throw new FileRefused(refuse('request_timeout'));
      if (next.done) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    if (!late.signal.aborted) await chunks.return?.();
  }
}

/** Reads on for a while, for nobody. */
async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  request.resume();
  await finished(request, { signal: AbortSignal.timeout(drainMs), cleanup: true }).catch(() => undefined);
  request.pause();
}
