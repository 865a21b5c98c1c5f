import { createHmac } from 'node:crypto';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import mercadopago, { type Config } from '../index.ts';

/** 2026-01-02T03:04:05Z, the clock of the test kit. */
export const nowSec = 1_767_323_045;
export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';
export const paymentId = '12345678901';
export const refundId = '987654321';
export const preferenceId = '400000001-0123abcd';

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/mercadopago',
  access_token: 'TEST-0123456789012345-010203-abcdef-400000001',
  user_id: '400000001',
  webhook_secret: '0123456789abcdef0123456789abcdef',
};

export type MercadoPago = Required<Omit<Channel, 'close' | 'capture' | 'parseReturn'>>;

export function openMercadoPago(overrides: Partial<Config> = {}, livemode = false): MercadoPago {
  const kit = makeKit(mercadopago.manifest.money.exponents);
  return mercadopago.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, kit) as MercadoPago;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: null,
  product: 'checkout',
  money: { amount: 1999, currency: 'BRL' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export function payRequest(overrides: Partial<PayRequest> = {}): PayRequest {
  const callbackUrl = 'https://pay.example.com/v1/callbacks/mercadopago/acc_1';
  return { ...attempt, subject: 'Chá & "bolo"', payer: {}, orderLines: [], callbackUrl, returnUrl: null, ...overrides };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'BRL' },
  createdAt: new Date('2026-01-02T04:00:00Z'),
  reason: null,
  attempt: { ...attempt, channelNo: paymentId },
  callbackUrl: 'https://pay.example.com/v1/callbacks/mercadopago/acc_1',
};

type Members = Readonly<Record<string, unknown>>;

/** Objects as Mercado Pago writes them, reduced to what tells a state. */
export function preference(members: Members = {}): Members {
  return {
    id: preferenceId,
    collector_id: 400_000_001,
    external_reference: number,
    items: [{ id: number, title: 'Tea', quantity: 1, unit_price: 19.99, currency_id: 'BRL' }],
    init_point: 'https://www.mercadopago.com.br/checkout/v1/redirect?pref_id=1',
    sandbox_init_point: 'https://sandbox.mercadopago.com.br/checkout/v1/redirect?pref_id=1',
    ...members,
  };
}

export function payment(members: Members = {}): Members {
  return {
    id: 12_345_678_901,
    status: 'approved',
    external_reference: number,
    collector_id: 400_000_001,
    live_mode: false,
    transaction_amount: 19.99,
    currency_id: 'BRL',
    ...members,
  };
}

export function refunded(members: Members = {}): Members {
  return { id: 987_654_321, payment_id: 12_345_678_901, amount: 5, status: 'approved', ...members };
}

export const ok = (object: Members, status = 200): WireAnswer => answered(status, JSON.stringify(object));

export const found = (results: readonly Members[], members: Members = {}): WireAnswer =>
  ok({ paging: { total: results.length, limit: 50, offset: 0 }, results, ...members });

export const fault = (status: number, code?: number): WireAnswer =>
  answered(status, JSON.stringify({ message: 'no', error: 'e', status, cause: code === undefined ? [] : [{ code, description: 'no' }] }));

export const eventBody = (members: Members = {}): string =>
  JSON.stringify({
    id: 1,
    live_mode: false,
    type: 'payment',
    user_id: 400_000_001,
    action: 'payment.updated',
    data: { id: paymentId },
    ...members,
  });

export function sign(dataId = paymentId, ts = String(nowSec), secret = config.webhook_secret): Readonly<Record<string, string>> {
  const v1 = createHmac('sha256', secret).update(`id:${dataId};request-id:req-1;ts:${ts};`).digest('hex');
  return { 'x-request-id': 'req-1', 'x-signature': `ts=${ts},v1=${v1}` };
}

const query = `attempt=${number}&source_news=webhooks&data.id=${paymentId}&type=payment`;

export function raw(overrides: Partial<Omit<RawRequest, 'body'>> & { readonly body?: string | Buffer } = {}): RawRequest {
  const { body = eventBody(), ...rest } = overrides;
  const url = 'https://pay.example.com/v1/callbacks/mercadopago/acc_1';
  return { method: 'POST', url, query, headers: sign(), ...rest, body: Buffer.from(body) };
}
