import { gzipSync } from 'node:zlib';
import type { RawAnswer } from '../route.ts';

/**
 * The answer in a third of its bytes, for browsers that say they can read it. Nothing on a page is both secret and beside
 * what a stranger can put there, so its length tells nothing.
 */
export function compress(answer: RawAnswer, acceptEncoding: string | undefined): RawAnswer {
  if (typeof answer.body !== 'string' || !/(^|,)\s*gzip\s*(,|$)/i.test(acceptEncoding ?? '')) return answer;
  const vary = answer.headers?.['Vary'];
  const headers = {
    ...answer.headers,
    'Content-Encoding': 'gzip',
    Vary: vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`,
  };
  return { ...answer, headers, body: gzipSync(answer.body) };
}
