import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest, MethodManifest } from '../../../core/contract/manifest.ts';
import { type Config, type JdAccount, readAccount } from './account.ts';
import { readCallback } from './callback.ts';
import { saysNotFound } from './errors.ts';
import { ask } from './gateway.ts';
import { pay } from './pay.ts';
import { query } from './payment.ts';
import { queryRefund, refund } from './refund.ts';

const limits = { currencies: ['CNY'], min: 1 } as const;
const address = { type: 'string', pattern: '^https?://[^\\s?#]+$', maxLength: 255 } as const;

const methods: readonly MethodManifest[] = [
  {
    id: 'jdpay_pc',
    product: 'pc',
    name: {
      en: 'JD Pay, desktop page',
      zh: '京东支付电脑网页',
      ja: 'JD Pay（パソコン）',
      es: 'JD Pay en el ordenador',
      ar: 'JD Pay على الحاسوب',
    },
    action: 'form',
    checkout: { devices: ['desktop'] },
    ...limits,
  },
  {
    id: 'jdpay_h5',
    product: 'h5',
    name: {
      en: 'JD Pay, mobile page',
      zh: '京东支付手机网页',
      ja: 'JD Pay（スマートフォン）',
      es: 'JD Pay en el móvil',
      ar: 'JD Pay على الهاتف',
    },
    action: 'form',
    checkout: { devices: ['phone'] },
    ...limits,
  },
  { id: 'jdpay_qr', product: 'qr', name: { en: 'JD Pay, QR code', zh: '京东支付扫码' }, action: 'qr', ...limits },
  {
    id: 'jdpay_barcode',
    product: 'barcode',
    name: { en: 'JD Pay, payment code', zh: '京东支付付款码' },
    action: 'none',
    needs: ['authCode'],
    ...limits,
  },
];

const manifest: ChannelManifest = {
  id: 'jdpay',
  name: { en: 'JD Pay', zh: '京东支付' },
  maturity: 'beta',
  verified: [
    { what: 'requests', against: 'vendor_document', source: "JD's interface document V1.2 of 2016: pages, queries, refunds" },
    { what: 'signatures', against: 'vendor_vector', source: "JD's demonstration programs of 2016: one signed request" },
    { what: 'callbacks', against: 'vendor_vector', source: "JD's demonstration programs of 2016: two signed notifications" },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/jdpay' },
  ],
  methods,
  // There is a call that revokes an order, but of a paid one it is a refund: as a close it could return money unseen.
  abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
  money: { notation: 'minor_integer' },
  // JD says that a number sent twice is taken as a repeated payment, and not whether it answers as the first time.
  idempotency: { create: false },
  callback: { trust: 'signed' },
  // Whether the time to pay runs from the order's time or from the shopper's arrival is not documented, so the margin is
  // the whole of our default time to pay.
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 7200 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['merchant', 'des_key', 'private_key', 'jd_public_key'],
    properties: {
      merchant: { type: 'string', description: 'Merchant number, of usually 12 digits', pattern: '^[0-9]{6,32}$' },
      des_key: {
        type: 'string',
        description: 'DES key of the merchant: 24 bytes in base64',
        secret: true,
        pattern: '^[A-Za-z0-9+/]{32}$',
      },
      private_key: {
        type: 'string',
        description: 'RSA private key of the merchant (PKCS #8) in PEM or base64; its public half is set at JD',
        secret: true,
        minLength: 400,
        maxLength: 10_000,
      },
      jd_public_key: {
        type: 'string',
        description: 'RSA public key of JD Pay in PEM or base64, as its document prints it',
        minLength: 200,
        maxLength: 4096,
      },
      order_type: {
        type: 'string',
        description: 'What is sold: 0 for goods that are shipped, 1 for anything else',
        enum: ['0', '1'],
        default: '1',
      },
      device: {
        type: 'string',
        description: 'Shop or till, named with payment codes',
        pattern: '^[0-9A-Za-z_-]{1,32}$',
        default: 'paymux',
      },
      pc_url: { ...address, description: 'Address of the desktop cashier', default: 'https://wepay.jd.com' },
      h5_url: { ...address, description: 'Address of the mobile cashier', default: 'https://h5pay.jd.com' },
      gateway_url: { ...address, description: 'Address of the gateway', default: 'https://paygate.jd.com' },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readAccount(account, kit);
  return {
    merchantNo: opened.merchant,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    parseCallback: async (raw) => readCallback(opened, raw),
    probe: (call) => probe(opened, call),
  };
}

/** Asks for a payment that cannot exist: that JD looked for it proves the keys. */
async function probe(account: JdAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, 'query', { tradeNum: 'paymuxprobe', tradeType: '0' });
  if (answer.kind === 'signed') return { ok: true, detail: 'JD Pay answered' };
  if (answer.kind !== 'unsigned') return { ok: false, detail: `${answer.kind}: ${answer.reason}` };
  return { ok: saysNotFound(answer), detail: answer.code };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
