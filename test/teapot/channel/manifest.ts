import type { ChannelManifest } from '../../../core/contract/manifest.ts';

export const manifest: ChannelManifest = {
  id: 'teapot',
  name: { en: 'Teapot Pay', zh: '茶壶支付' },
  maturity: 'beta',
  methods: [
    {
      id: 'teapot_page',
      product: 'page',
      name: { en: 'Teapot page', zh: '茶壶网页支付' },
      action: 'redirect',
      currencies: ['CNY', 'USD', 'JPY', 'KWD'],
    },
  ],
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'api' },
  money: { notation: 'major_string' },
  idempotency: { create: true },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 600 },
  rateLimited: 'unknown',
  failoverCodes: ['limit_exceeded'],
  statements: { zone: 'UTC', readyAt: '01:00' },
  config: {
    type: 'object',
    required: ['base_url', 'merchant', 'key', 'callback_key'],
    properties: {
      base_url: { type: 'string', description: 'Address of the API', pattern: '^https?://[^\\s?#]+$' },
      merchant: { type: 'string', description: 'Merchant number', pattern: '^\\d{4,12}$' },
      key: { type: 'string', description: 'Signs requests and answers', secret: true, minLength: 16 },
      callback_key: { type: 'string', description: 'Signs the callbacks to all merchants', secret: true, minLength: 16 },
    },
  },
};
