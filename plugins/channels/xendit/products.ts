import type { PayRequest } from '../../../core/contract/channel.ts';
import type { MethodManifest, Name } from '../../../core/contract/manifest.ts';

/** One way to pay, as Xendit knows it. */
export interface Product {
  readonly type: 'QR_CODE' | 'EWALLET' | 'VIRTUAL_ACCOUNT';
  readonly channelCode: string;
  readonly currency: string;
  readonly country: string;
  readonly name: Name;
  /** Addresses that this wallet demands, after `success_return_url`. */
  readonly returns?: readonly string[];
}

const rupiah = { currency: 'IDR', country: 'ID' } as const;
const peso = { currency: 'PHP', country: 'PH' } as const;
const ringgit = { currency: 'MYR', country: 'MY' } as const;
const baht = { currency: 'THB', country: 'TH' } as const;

const wallet = (
  channelCode: string,
  place: { currency: string; country: string },
  en: string,
  returns: readonly string[] = [],
): Product => ({
  type: 'EWALLET',
  channelCode,
  ...place,
  name: { en, zh: en },
  returns,
});

const code = (channelCode: string, place: { currency: string; country: string }, en: string, zh: string): Product => ({
  type: 'QR_CODE',
  channelCode,
  ...place,
  name: { en, zh },
});

const transfer = (channelCode: string): Product => ({
  type: 'VIRTUAL_ACCOUNT',
  channelCode,
  ...rupiah,
  name: {
    en: `Virtual account at ${channelCode}`,
    zh: `${channelCode} 虚拟账户转账`,
    ja: `バーチャル口座（${channelCode}）`,
    es: `Cuenta virtual en ${channelCode}`,
    ar: `حساب افتراضي لدى ${channelCode}`,
  },
});

const failure = 'failure_return_url';
const cancel = 'cancel_return_url';

/**
 * By product. Channel codes are those of the vendor's client library 7.0.0. OVO and Jenius are left
 * out: they ring the shopper's phone and have nothing that could be shown.
 */
export const products: Readonly<Record<string, Product>> = {
  qris: code('QRIS', rupiah, 'QRIS', 'QRIS 扫码'),
  qrph: code('QRPH', peso, 'QR Ph', 'QR Ph 扫码'),
  promptpay: code('PROMPTPAY', baht, 'PromptPay', 'PromptPay 扫码'),
  dana: wallet('DANA', rupiah, 'DANA'),
  shopeepay: wallet('SHOPEEPAY', rupiah, 'ShopeePay'),
  linkaja: wallet('LINKAJA', rupiah, 'LinkAja'),
  gcash: wallet('GCASH', peso, 'GCash', [failure]),
  grabpay: wallet('GRABPAY', peso, 'GrabPay', [failure]),
  paymaya: wallet('PAYMAYA', peso, 'Maya', [failure, cancel]),
  touchngo: wallet('TOUCHNGO', ringgit, "Touch 'n Go"),
  va_bca: transfer('BCA'),
  va_bni: transfer('BNI'),
  va_bri: transfer('BRI'),
  va_bsi: transfer('BSI'),
  va_cimb: transfer('CIMB'),
  va_mandiri: transfer('MANDIRI'),
  va_permata: transfer('PERMATA'),
};

const actions = { QR_CODE: 'qr', EWALLET: 'redirect', VIRTUAL_ACCOUNT: 'instructions' } as const;

export const methods: readonly MethodManifest[] = Object.entries(products).map(([product, { type, currency, name }]) => ({
  id: `xendit_${product}`,
  product,
  name,
  action: actions[type],
  currencies: [currency],
  // Xendit takes no part of a rupiah, of which ISO 4217 counts two decimals.
  ...(currency === 'IDR' ? { step: 100 } : {}),
  // A transfer has no way back: Xendit returns money to where it came from, and a bank's account is not told to it.
  ...(type === 'VIRTUAL_ACCOUNT' ? { abilities: { refund: 'none' } as const } : {}),
}));

/** `payment_method` of a request. `holder` is the name of a virtual account. */
export function describeMethod(product: Product, request: PayRequest, holder: string): Readonly<Record<string, unknown>> {
  const { type, channelCode } = product;
  const member = type.toLowerCase();
  return {
    type,
    reusability: 'ONE_TIME_USE',
    reference_id: request.number,
    [member]: { channel_code: channelCode, channel_properties: propertiesOf(product, request, holder) },
  };
}

function propertiesOf({ type, returns = [] }: Product, request: PayRequest, holder: string): Readonly<Record<string, string>> {
  const expiry = { expires_at: request.expiresAt.toISOString() };
  if (type === 'QR_CODE') return expiry;
  // What the payer's bank shows. Banks cut it; the vendor takes up to 50 characters.
  if (type === 'VIRTUAL_ACCOUNT') return { customer_name: [...holder].slice(0, 50).join(''), ...expiry };
  // A wallet demands an address to return to; without one of the merchant's, it is a neutral page of ours.
  const back = request.returnUrl ?? `${new URL(request.callbackUrl).origin}/checkout/return`;
  return Object.fromEntries(['success_return_url', ...returns].map((name) => [name, back]));
}
