import { refuse, type Text } from '../../errors.ts';
import type { HttpContext, Step } from '../context.ts';
import { sendRefusal } from '../respond.ts';

/** Of these a second one is a second opinion of who is meant, who asks, or what is sent: proxies take the one, Node the other. */
const single = ['host', 'authorization', 'content-type', 'content-encoding'] as const;

/** Refuses what Node would answer without a body, and headers of which there may be only one. */
export function checkHeaders(): Step {
  return async (ctx, next) => {
    const detail = headerFault(ctx);
    const isUnmet = ctx.req.httpVersion === '1.1' && isUnknownExpectation(ctx.req.headers.expect);
    if (detail === null && !isUnmet) return next();
    // Its body may still be on its way, and would be read as the next request.
    ctx.set('Connection', 'close');
    return sendRefusal(ctx, refuse('invalid_request', { detail: detail ?? unknownExpectation }), isUnmet ? 417 : undefined);
  };
}

function headerFault(ctx: HttpContext): Text | null {
  const { headersDistinct, httpVersion } = ctx.req;
  const twice = single.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined) return { en: `The header ${twice} is given more than once.`, zh: `请求头 ${twice} 出现多次。` };
  if (httpVersion === '1.1' && headersDistinct['host'] === undefined) return noHost;
  return isPacked(ctx.req.headers['transfer-encoding']) ? packed : null;
}

/** Node takes the chunks apart and nothing else: what is packed inside of them would be read as it is. */
const isPacked = (coding = 'chunked') => coding.trim().toLowerCase() !== 'chunked';

const packed = { en: 'Transfer-Encoding may be chunked and nothing else.', zh: 'Transfer-Encoding 只支持 chunked。' };
const noHost = { en: 'The header Host is missing.', zh: '缺少请求头 Host。' };
const unknownExpectation = { en: 'Only 100-continue may be expected.', zh: 'Expect 只支持 100-continue。' };

function isUnknownExpectation(expect: string | undefined): boolean {
  return expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(expect);
}
