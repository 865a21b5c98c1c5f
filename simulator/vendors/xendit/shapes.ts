import { type Fault, object, type Rule, text } from '../../fields.ts';

const httpUrl = text(1, 2048, /^https?:\/\/\S+$/);
const time = text(20, 30, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/);
const metadata: Rule = object({ reason: text(1, 500), sku: text(1, 500) });

/** What one kind of payment method demands: its channel codes with their currency, and its properties. */
export interface Kind {
  readonly member: 'qr_code' | 'ewallet' | 'virtual_account';
  readonly currencies: Readonly<Record<string, readonly string[]>>;
  readonly properties: Rule;
  readonly needs: (code: string) => readonly string[];
}

const walletNeeds: Readonly<Record<string, readonly string[]>> = {
  GCASH: ['success_return_url', 'failure_return_url'],
  GRABPAY: ['success_return_url', 'failure_return_url'],
  PAYMAYA: ['success_return_url', 'failure_return_url', 'cancel_return_url'],
};

export const kinds: Readonly<Record<string, Kind>> = {
  QR_CODE: {
    member: 'qr_code',
    currencies: { QRIS: ['IDR'], DANA: ['IDR'], QRPH: ['PHP'], PROMPTPAY: ['THB'] },
    properties: object({ qr_string: text(1, 1024), expires_at: time }),
    needs: () => [],
  },
  EWALLET: {
    member: 'ewallet',
    currencies: {
      ...{ DANA: ['IDR'], SHOPEEPAY: ['IDR', 'PHP', 'MYR'], LINKAJA: ['IDR'], ASTRAPAY: ['IDR'] },
      ...{ GCASH: ['PHP'], GRABPAY: ['PHP', 'MYR'], PAYMAYA: ['PHP'], TOUCHNGO: ['MYR'] },
    },
    properties: object({
      success_return_url: httpUrl,
      failure_return_url: httpUrl,
      cancel_return_url: httpUrl,
      pending_return_url: httpUrl,
      mobile_number: text(8, 20, /^\+\d+$/),
    }),
    needs: (code) => walletNeeds[code] ?? ['success_return_url'],
  },
  VIRTUAL_ACCOUNT: {
    member: 'virtual_account',
    currencies: Object.fromEntries(
      ['BCA', 'BJB', 'BNI', 'BRI', 'BSI', 'CIMB', 'MANDIRI', 'PERMATA', 'SAHABAT_SAMPOERNA'].map((code) => [code, ['IDR']]),
    ),
    properties: object({ customer_name: text(1, 50), virtual_account_number: text(1, 30, /^\d+$/), expires_at: time }, 'customer_name'),
    needs: () => [],
  },
};

const methodOf = ({ member, properties }: Kind) =>
  object(
    {
      type: text(1, 32),
      reusability: text(1, 32, /^ONE_TIME_USE$/),
      reference_id: text(1, 255),
      description: text(1, 1000),
      [member]: object({ channel_code: text(1, 64), channel_properties: properties }, 'channel_code'),
    },
    ...['type', 'reusability', member],
  );

/** A request to pay, without its amount: numbers with decimals are read apart. */
export const paymentShape = (kind: Kind): Rule =>
  object(
    {
      reference_id: text(1, 255),
      currency: text(3, 3, /^[A-Z]{3}$/),
      country: text(2, 2, /^[A-Z]{2}$/),
      description: text(1, 1000),
      capture_method: text(1, 16, /^AUTOMATIC$/),
      payment_method: methodOf(kind),
      metadata,
    },
    ...['currency', 'payment_method'],
  );

export const refundShape: Rule = object(
  {
    payment_request_id: text(1, 255),
    reference_id: text(1, 255),
    currency: text(3, 3, /^[A-Z]{3}$/),
    reason: text(1, 64, /^(FRAUDULENT|DUPLICATE|REQUESTED_BY_CUSTOMER|CANCELLATION|OTHERS)$/),
    metadata,
  },
  ...['payment_request_id', 'reason'],
);

export const complaintOf = ({ field, issue }: Fault): string => `${field.slice(1).replaceAll('/', '.') || 'body'} ${issue}`;
