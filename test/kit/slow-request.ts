import { request } from 'node:http';

/** How a body is sent piece by piece. */
export interface SlowRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in chunks, without a length. */
  readonly pieces: readonly string[];
  /** False: the last chunk never comes. */
  readonly ends: boolean;
}

/** Posts a body in chunks of unknown length, as fetch would not. */
export function sendSlowly(input: SlowRequest): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(input.url, { method: 'POST', headers: { 'content-type': 'application/json', ...input.headers } });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => {
        sent.destroy();
        resolve({ status: answer.statusCode ?? 0, headers: new Headers(answer.headers as Record<string, string>), text });
      });
    });
    for (const piece of input.pieces) sent.write(piece);
    if (input.ends) sent.end();
  });
}
