import { type Defect, declaring, doing, hearing, sending, withMethod } from '../spoil.ts';

export const moneyDefects: readonly Defect[] = [
  {
    name: 'money without decimals is sent with two',
    seenBy: /JPY: the vendor's books hold|JPY: .*is taken/,
    spoil: sending(/orders$/, (content) => (content['currency'] === 'JPY' ? { ...content, amount: `${content['amount']}.00` } : content)),
  },
  {
    name: 'money without decimals is a hundred times as much',
    seenBy: /JPY: the vendor's books hold/,
    spoil: sending(/orders$/, (content) => (content['currency'] === 'JPY' ? { ...content, amount: `${content['amount']}00` } : content)),
  },
  {
    name: 'money of three decimals is sent with two',
    seenBy: /KWD: the vendor's books hold/,
    spoil: sending(/orders$/, (content) =>
      content['currency'] === 'KWD' ? { ...content, amount: (content['amount'] ?? '').slice(0, -1) } : content,
    ),
  },
  {
    name: 'money of three decimals is cut off after two',
    seenBy: /KWD: the vendor's books hold/,
    spoil: sending(/orders$/, (content) =>
      content['currency'] === 'KWD' ? { ...content, amount: (content['amount'] ?? '').replace(/.$/, '0') } : content,
    ),
  },
  {
    name: 'large amounts lose their last unit',
    seenBy: /CNY: the vendor's books hold/,
    spoil: sending(/orders$/, (content) => ({ ...content, amount: (content['amount'] ?? '').replace(/^(\d{5,}\.\d)\d$/, '$19') })),
  },
  {
    name: 'money without decimals is read as a hundred times as much',
    seenBy: /JPY: what the vendor tells is read/,
    spoil: hearing(/orders\/\w+$/, (content) =>
      content['currency'] === 'JPY' ? { ...content, amount: `${content['amount']}00` } : content,
    ),
  },
  {
    name: 'a callback about money of three decimals is read as if it had two',
    seenBy: /KWD: what the vendor tells is read/,
    spoil: doing((own) => ({
      async parseCallback(raw, call) {
        const callback = await own.parseCallback(raw, call);
        return JSON.parse(JSON.stringify(callback).replace(/(\d+)\d,"currency":"KWD"/, '$1,"currency":"KWD"'));
      },
    })),
  },
  {
    name: 'a refund of money without decimals is sent as a hundredth',
    seenBy: /JPY: a refund moves/,
    spoil: sending(/refunds$/, (content) =>
      content['currency'] === 'JPY' ? { ...content, amount: (content['amount'] ?? '').slice(0, -2) } : content,
    ),
  },
  {
    name: 'a refund of money of three decimals loses its last unit',
    seenBy: /KWD: a refund moves/,
    spoil: sending(/refunds$/, (content) =>
      content['currency'] === 'KWD' ? { ...content, amount: (content['amount'] ?? '').replace(/.$/, '0') } : content,
    ),
  },
  {
    name: 'the currency is always that of the merchant’s country',
    seenBy: /(JPY|KWD): what the vendor tells is read/,
    spoil: hearing(/orders\/\w+$/, (content) => ({ ...content, currency: 'CNY', amount: '19.99' })),
  },
  {
    name: 'the manifest offers a currency that the vendor does not take',
    seenBy: /[A-Z]{3}: a payment is taken/,
    spoil: withMethod({ currencies: ['CNY', 'EUR', 'JPY', 'KWD'] }),
  },
  {
    name: 'the manifest gives a currency other decimals than the vendor',
    seenBy: /JPY: the vendor's books hold/,
    spoil: declaring({ money: { notation: 'major_string', exponents: { JPY: 2 } } }),
  },
];
