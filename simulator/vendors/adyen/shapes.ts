import { boolean, integer, list, object, text } from '../../fields.ts';

// CheckoutService v72. Groups that no payment of ours uses (splits, line items, addresses, risk data …) are left out, so that they are refused.
const amount = object({ currency: text(3, 3, /^[A-Z]{3}$/), value: integer(0) }, 'currency', 'value');
const time = text(20, 35, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
const methods = list(text(1, 64), 100);

const common = {
  allowedPaymentMethods: methods,
  amount,
  blockedPaymentMethods: methods,
  captureDelayHours: integer(0, 0x7fffffff),
  countryCode: text(2, 2, /^[A-Z]{2}$/),
  expiresAt: time,
  merchantAccount: text(1, 80),
  merchantOrderReference: text(1, 1000),
  reference: text(1, 80),
  shopperEmail: text(1, 500),
  shopperLocale: text(2, 32),
  shopperReference: text(3, 256),
  shopperStatement: text(1, 10_000),
  store: text(1, 64),
  telephoneNumber: text(1, 32),
};

export const linkShape = object(
  { ...common, description: text(0, 280), manualCapture: boolean, returnUrl: text(1, 8000), reusable: boolean, themeId: text(1, 64) },
  'amount',
  'merchantAccount',
  'reference',
);

export const updateShape = object({ status: text(7, 7, /^expired$/) }, 'status');

export const sessionShape = object(
  {
    ...common,
    channel: text(3, 7, /^(iOS|Android|Web)$/),
    mode: text(6, 8, /^(embedded|hosted)$/),
    returnUrl: text(1, 1024),
    shopperIP: text(1, 45),
  },
  'amount',
  'merchantAccount',
  'reference',
  'returnUrl',
);

export const refundShape = object(
  {
    amount,
    merchantAccount: text(1, 80),
    merchantRefundReason: text(1, 20, /^(FRAUD|CUSTOMER REQUEST|RETURN|DUPLICATE|OTHER)$/),
    reference: text(1, 80),
    store: text(1, 64),
  },
  'amount',
  'merchantAccount',
);
