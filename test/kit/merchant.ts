import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A notification as a shop receives it. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
  readonly body: {
    readonly id: string;
    readonly type: string;
    readonly sequence: number;
    readonly data: { readonly object: Record<string, unknown> };
  };
}

/** A shop's endpoint on loopback. */
export interface Merchant {
  readonly url: string;
  readonly received: Received[];
  /** Answers to come: each is used once, then 204. */
  readonly answers: number[];
  /** Waits until a notification fits; rejects after ten seconds with what came instead. */
  waitFor(fits: (one: Received) => boolean): Promise<Received>;
  stop(): Promise<void>;
}

export async function startMerchant(): Promise<Merchant> {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      received.push({ headers: request.headers as Record<string, string>, raw, body: JSON.parse(raw) as Received['body'] });
      response.writeHead(answers.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`,
    received,
    answers,
    waitFor: (fits) =>
      eventually(
        () => received.find(fits),
        () => `notifications: ${received.map((one) => one.body.type).join(', ')}`,
      ),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Throws unless the signature is good, by the reference library of Standard Webhooks. */
export function verifyNotification(one: Received, secret: string): void {
  new Webhook(secret).verify(one.raw, one.headers as Record<string, string>);
}

/** Polls until there is a value. */
export async function eventually<T>(
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  describe: () => string = () => 'nothing',
  limitMs = 10_000,
): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found as T;
    if (Date.now() > until) throw new Error(`did not happen within ${limitMs} ms; there was ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
