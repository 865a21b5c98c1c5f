import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { FAILSAFE_SCHEMA, load } from 'js-yaml';
import { readDefinition } from '../../core/channels/declared/read.ts';
import type { AttemptRef, Channel, ChannelPlugin, PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import { makeKit } from '../kit/channel-kit.ts';

export const kettleAccount = { merchant: '120034', key: 'canary-kettle-key-1' };

/** The definition in docs/declarative-channels.md. */
export function takeKettle(): string {
  const guide = readFileSync('docs/declarative-channels.md', 'utf8');
  const blocks = [...guide.matchAll(/^```yaml\n# plugins\/channels\/kettle\/channel\.yaml\n([\s\S]*?)^```$/gm)];
  expect(blocks, 'examples in the guide').to.have.length(1);
  return blocks[0]?.[1] ?? '';
}

/** The same definition with one thing changed. Paths are `query.fields.mch`; undefined takes the member away. */
export function changeKettle(changes: Readonly<Record<string, unknown>>): string {
  // biome-ignore lint/suspicious/noExplicitAny: a definition is changed in places of every shape.
  const definition: any = load(takeKettle(), { schema: FAILSAFE_SCHEMA });
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const place = names.reduce((at, name) => {
      at[name] ??= {};
      return at[name];
    }, definition);
    if (value === undefined) delete place[last];
    else place[last] = value;
  }
  return JSON.stringify(definition);
}

export function faultsOf(text: string, folder = 'kettle'): readonly string[] {
  const read = readDefinition(folder, text);
  return read.kind === 'faults' ? read.faults : [];
}

export function pluginOf(text: string, folder = 'kettle'): ChannelPlugin {
  const read = readDefinition(folder, text);
  if (read.kind === 'faults') throw new Error(read.faults.join('\n'));
  return read.plugin;
}

export function openKettle(changes: Readonly<Record<string, unknown>> = {}, config: Readonly<Record<string, unknown>> = {}): Channel {
  const given = { base_url: 'https://kettle.example', ...kettleAccount, ...config };
  return pluginOf(changeKettle(changes)).open({ id: 'acc_1', livemode: false, config: given }, makeKit());
}

export const attempt: AttemptRef = {
  number: '01KETTLEKETTLEKETTLEKETTLE',
  channelNo: 'K77',
  sessionNo: null,
  product: 'qr',
  money: { amount: 1999, currency: 'CNY' },
  createdAt: new Date('2026-01-02T03:04:05Z'),
  expiresAt: new Date('2026-01-02T05:04:05Z'),
};
export const payRequest: PayRequest = {
  ...attempt,
  channelNo: null,
  subject: 'Tea',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example/v1/callbacks/kettle/acc_1',
  returnUrl: null,
};
export const refundRequest: RefundRequest = {
  number: '01REFUNDREFUNDREFUNDREFUND',
  channelNo: null,
  money: { amount: 500, currency: 'CNY' },
  reason: null,
  createdAt: attempt.createdAt,
  attempt,
  callbackUrl: payRequest.callbackUrl,
};

type Fields = Readonly<Record<string, string>>;

/** Kettle Pay's rule, written from the guide's sentence about it. */
export function signKettle(fields: Fields, key = kettleAccount.key): Fields {
  const names = Object.keys(fields).filter((name) => name !== 'sign' && fields[name] !== '');
  const text = names
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&');
  return { ...fields, sign: createHash('md5').update(`${text}&key=${key}`).digest('hex').toUpperCase() };
}

export interface KettleVendor {
  readonly url: string;
  readonly orders: ReadonlyMap<string, Record<string, string>>;
  /** Orders are answered once the function it gives has been called. */
  hold(): () => void;
  /** The shopper pays, and the vendor calls back. */
  pay(number: string): Promise<string>;
  stop(): Promise<void>;
}

async function readForm(request: IncomingMessage): Promise<Fields> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return Object.fromEntries(new URLSearchParams(text));
}

/** Kettle Pay itself, on loopback. */
export async function startKettleVendor(): Promise<KettleVendor> {
  const orders = new Map<string, Record<string, string>>();
  let gate = Promise.resolve();
  const answers: Readonly<Record<string, (fields: Fields) => Fields>> = {
    '/pay': (fields) => {
      const { number = '', total = '', notify = '' } = fields;
      orders.set(number, { number, total, notify, order: `K${orders.size + 1}`, status: 'WAIT' });
      return { code: '0000', number, order: orders.get(number)?.order ?? '', qr_code: `kettle://${number}` };
    },
    '/query': ({ number = '' }) => {
      const { notify: _, ...order } = orders.get(number) ?? {};
      return Object.keys(order).length === 0 ? { code: '4004', text: 'no such order' } : { code: '0000', ...order };
    },
    '/refund': ({ refund = '', total = '' }) => ({ code: '0000', refund, refund_order: `R${refund}`, total }),
  };
  const server = createServer(async (request, response) => {
    const fields = await readForm(request);
    const isGood = signKettle(fields)['sign'] === fields['sign'];
    const answer = isGood ? (answers[request.url ?? '']?.(fields) ?? {}) : { code: '4001', text: 'bad signature' };
    await gate;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(signKettle({ ...answer, mch: kettleAccount.merchant })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    async pay(number) {
      const order = orders.get(number);
      if (order === undefined) throw new Error(`no order ${number}`);
      order['status'] = 'PAID';
      const { notify = '', ...told } = order;
      const answer = await fetch(notify, {
        method: 'POST',
        body: new URLSearchParams(signKettle({ ...told, mch: kettleAccount.merchant })),
      });
      return answer.text();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
