import { Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Outgoing } from './types.ts';

/** What a merchant answered to a callback; status 0 when there was no answer. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

// WeChat Pay gives a merchant 5 s; the others are not documented to be more patient.
const patienceMs = 5000;
const keptBytes = 64 * 1024;

/** Sends callbacks over connections that it keeps. Never throws, never follows a redirect. */
export function makePoster(): {
  post(url: string, outgoing: Outgoing): Promise<Reply>;
  close(): void;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    post: (address, { method = 'POST', query, headers, body }) =>
      new Promise((resolve) => {
        const lost = () => resolve({ status: 0, body: '' });
        if (!URL.canParse(address) || !/^https?:/.test(address)) return lost();
        const url = query === undefined ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`;
        const secure = url.startsWith('https:');
        const options = {
          method,
          headers: { ...headers, ...(method !== 'GET' && { 'content-length': Buffer.byteLength(body) }) },
          timeout: patienceMs,
        };
        const sent = secure ? requestHttps(url, options) : requestHttp(url, { ...options, agent });
        sent.on('error', lost);
        sent.on('timeout', () => sent.destroy());
        sent.on('response', (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => {
            if (text.length < keptBytes) text += part;
          });
          answer.on('error', lost);
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
        });
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}
