import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import xendit, { type Config } from '../index.ts';

export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';
export const requestId = 'pr-1fdaf346-dd2e-4b6c-b938-124c7167a822';
export const refundId = 'rfd-6f4a377d-a201-437f-9119-f8b00cbbe857';

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/xendit',
  secret_key: 'xnd_development_0123456789abcdef',
  callback_token: 'tok0123456789abcdefghij',
  business_id: '0123456789abcdef01234567',
};

export type Xendit = Required<Omit<Channel, 'close' | 'capture' | 'parseReturn'>>;

export function openXendit(overrides: Partial<Config> = {}, livemode = false): Xendit {
  return xendit.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit(xendit.manifest.money.exponents)) as Xendit;
}

export const attempt: AttemptRef = {
  number,
  channelNo: requestId,
  sessionNo: null,
  product: 'qris',
  money: { amount: 1_500_000, currency: 'IDR' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export function payRequest(overrides: Partial<PayRequest> = {}): PayRequest {
  return {
    ...attempt,
    channelNo: null,
    subject: 'Tea & "cake", 茶',
    payer: { name: 'Ahmad Gunawan' },
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/xendit/acc_1',
    returnUrl: null,
    ...overrides,
  };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500_000, currency: 'IDR' },
  createdAt: new Date('2026-01-02T04:00:00Z'),
  reason: null,
  attempt,
  callbackUrl: 'https://pay.example.com/v1/callbacks/xendit/acc_1',
};

type Members = Readonly<Record<string, unknown>>;

/** Objects as Xendit writes them, reduced to what tells a state. */
export function paymentRequest(members: Members = {}): Members {
  return {
    id: requestId,
    reference_id: number,
    business_id: config.business_id,
    amount: 15_000,
    currency: 'IDR',
    country: 'ID',
    status: 'PENDING',
    payment_method: {
      id: 'pm-1',
      type: 'QR_CODE',
      reusability: 'ONE_TIME_USE',
      qr_code: { channel_code: 'QRIS', channel_properties: { qr_string: '00020101021226', expires_at: '2026-01-02T05:04:00Z' } },
    },
    actions: [],
    failure_code: null,
    ...members,
  };
}

export const walletMethod = {
  id: 'pm-2',
  type: 'EWALLET',
  reusability: 'ONE_TIME_USE',
  ewallet: { channel_code: 'GCASH', channel_properties: { success_return_url: 'https://shop.example/done' } },
};

export function refunded(members: Members = {}): Members {
  return {
    id: refundId,
    payment_request_id: requestId,
    reference_id: refundNumber,
    amount: 5_000,
    currency: 'IDR',
    status: 'SUCCEEDED',
    failure_code: null,
    ...members,
  };
}

export function ok(object: Members, status = 200): WireAnswer {
  return answered(status, JSON.stringify(object));
}

export function fault(status: number, code: string): WireAnswer {
  return answered(status, JSON.stringify({ error_code: code, message: 'no' }));
}

export function paymentEvent(members: Members = {}, data: Members = {}): string {
  const inner = {
    id: 'py-1',
    payment_request_id: requestId,
    reference_id: number,
    status: 'SUCCEEDED',
    amount: 15_000,
    currency: 'IDR',
    ...data,
  };
  return JSON.stringify({
    event: 'payment.succeeded',
    business_id: config.business_id,
    created: '2026-01-02T03:05:00Z',
    data: inner,
    ...members,
  });
}

export function raw(body: string | Buffer, token: string | null = config.callback_token): RawRequest {
  return {
    method: 'POST',
    url: 'https://pay.example.com/v1/callbacks/xendit/acc_1',
    query: '',
    headers: token === null ? {} : { 'x-callback-token': token },
    body: Buffer.from(body),
  };
}
