import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import mollie, { type Config } from '../index.ts';

export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';
export const paymentId = 'tr_WDqYK6vllg';
export const refundId = 're_4qqhO89gsT';

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/mollie',
  api_key: 'test_0123456789abcdefghijABCDEFGHIJ',
  profile_id: 'pfl_QkEhN94Ba',
  webhook_secret: 'test_webhook_secret',
  organization_token: 'access_0123456789abcdefghij',
};

export type Mollie = Required<Omit<Channel, 'capture' | 'parseReturn'>>;

export function openMollie(overrides: Partial<Config> = {}, livemode = false): Mollie {
  return mollie.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit(mollie.manifest.money.exponents)) as Mollie;
}

export const attempt: AttemptRef = {
  number,
  channelNo: paymentId,
  sessionNo: null,
  product: 'checkout',
  money: { amount: 1999, currency: 'EUR' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export function payRequest(overrides: Partial<PayRequest> = {}): PayRequest {
  return {
    ...attempt,
    channelNo: null,
    subject: 'Tea & "cake", 茶',
    payer: {},
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/mollie/acc_1',
    returnUrl: null,
    ...overrides,
  };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'EUR' },
  createdAt: new Date('2026-01-02T04:00:00Z'),
  reason: null,
  attempt,
  callbackUrl: 'https://pay.example.com/v1/callbacks/mollie/acc_1',
};

type Members = Readonly<Record<string, unknown>>;

/** Objects as Mollie writes them, reduced to what tells a state. */
export function payment(members: Members = {}): Members {
  return {
    resource: 'payment',
    id: paymentId,
    mode: 'test',
    amount: { value: '19.99', currency: 'EUR' },
    metadata: { paymux_attempt: number },
    profileId: config.profile_id,
    status: 'open',
    isCancelable: true,
    _links: { checkout: { href: 'https://www.mollie.com/checkout/select-method/WDqYK6vllg', type: 'text/html' } },
    ...members,
  };
}

export function refunded(members: Members = {}): Members {
  return {
    resource: 'refund',
    id: refundId,
    mode: 'test',
    amount: { value: '5.00', currency: 'EUR' },
    metadata: { paymux_refund: refundNumber },
    paymentId,
    status: 'refunded',
    ...members,
  };
}

export const ok = (object: Members, status = 200): WireAnswer => answered(status, JSON.stringify(object));

export const fault = (status: number, field?: string): WireAnswer =>
  answered(status, JSON.stringify({ status, title: 'Error', detail: 'no', ...(field === undefined ? {} : { field }) }));

export function raw(body: string | Buffer, headers: Readonly<Record<string, string>> = {}, query = `attempt=${number}`): RawRequest {
  return { method: 'POST', url: 'https://pay.example.com/v1/callbacks/mollie/acc_1', query, headers, body: Buffer.from(body) };
}

/** A file of public vectors, or null where the folder is absent. */
export function readVectors(path: string): unknown {
  const folder = process.env.PAYMUX_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors');
  const file = resolve(folder, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}
