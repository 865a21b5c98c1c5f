import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { ChannelManifest, MethodManifest, Name } from '../../../core/contract/manifest.ts';

/** What the shopper is told: where and how to hand over the money. */
export interface Config {
  readonly instructions: string;
  readonly payee?: string;
}

const currencies =
  'AED AUD BRL CAD CHF CLP CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KES KRW KWD MXN MYR NGN NOK NZD PHP PLN RON SAR SEK SGD THB TRY TWD USD VND ZAR';

const method = (product: string, name: Name): MethodManifest => ({
  id: `manual_${product}`,
  product,
  name,
  action: 'instructions',
  currencies: currencies.split(' '),
});

const manifest: ChannelManifest = {
  id: 'manual',
  name: { en: 'By hand', zh: '人工收款', ja: '手動での確認', es: 'Cobro manual', ar: 'تحصيل يدوي' },
  maturity: 'stable',
  verified: [],
  methods: [
    method('cash', { en: 'Cash', zh: '现金', ja: '現金', es: 'Efectivo', ar: 'نقدًا' }),
    method('other', {
      en: 'Other, confirmed by hand',
      zh: '其他(人工确认)',
      ja: 'その他（担当者が確認）',
      es: 'Otro, confirmado a mano',
      ar: 'طريقة أخرى بتأكيد يدوي',
    }),
  ],
  abilities: { query: 'none', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'none', statement: 'none' },
  money: { notation: 'minor_integer' },
  idempotency: { create: true },
  callback: { trust: 'unverified' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 0 },
  rateLimited: 'notSent',
  failoverCodes: [],
  confirmedBy: 'operator',
  config: {
    type: 'object',
    required: ['instructions'],
    properties: {
      instructions: { type: 'string', description: 'What the shopper is told: where and how to pay', pattern: '\\S', maxLength: 1000 },
      payee: { type: 'string', description: 'Who takes the money', pattern: '\\S', maxLength: 140 },
    },
  },
};

function open({ config }: Account<Config>, kit: Parameters<ChannelPlugin['open']>[1]): Channel {
  return {
    merchantNo: null,
    pay: async ({ number, money, expiresAt }) => {
      const payee = config.payee === undefined ? {} : { payee: config.payee };
      // The number is what the cashier writes on the receipt and the operator quotes.
      const params = {
        instructions: config.instructions,
        ...payee,
        amount: kit.money.toMajor(money),
        currency: money.currency,
        reference: number,
        pay_before: expiresAt.toISOString(),
      };
      return { kind: 'action', action: { type: 'instructions', params } };
    },
    close: async () => ({ kind: 'closed' }),
    refund: async ({ number }) => ({ kind: 'ok', report: { state: 'processing', echo: { number } } }),
    parseCallback: async () => ({ kind: 'refused', reason: 'malformed', reply: { status: 404, body: '' } }),
  };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
