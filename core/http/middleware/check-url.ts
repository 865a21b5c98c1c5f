import { refuse } from '../../errors.ts';
import type { Step } from '../context.ts';
import { sendRefusal } from '../respond.ts';

/** Refuses addresses whose percent-encoding does not decode, before the router or a handler meets them. */
export function checkUrl(): Step {
  return async (ctx, next) => {
    if (isDecodable(ctx.path) && isDecodable(ctx.querystring.replaceAll('+', ' '))) return next();
    return sendRefusal(ctx, refuse('invalid_request', { detail: badUrl }));
  };
}

const badUrl = { en: 'The address is not correctly encoded.', zh: '地址编码不正确。' };

function isDecodable(text: string): boolean {
  try {
    return !decodeURIComponent(text).includes('\u0000');
  } catch {
    return false;
  }
}
