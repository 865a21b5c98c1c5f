import { expect } from 'chai';
import fc from 'fast-check';
import { formatNumber } from '../../core/http/checkout/format.ts';
import { readAmount } from '../../core/http/checkout/read-amount.ts';
import { type Language, languages } from '../../core/http/checkout/texts.ts';
import { toMajor } from '../../core/money.ts';

const spoken = Object.keys(languages) as Language[];
const currencies = ['JPY', 'CNY', 'KWD', 'CLF'];

/** What a text means in some language, where it means anything. */
const meanings = (text: string, currency: string) =>
  new Set(spoken.map((language) => readAmount(text, currency, language)).filter((amount) => amount !== null));

describe('An amount as people type it', () => {
  const read: readonly (readonly [text: string, currency: string, language: Language, amount: number | null])[] = [
    ['12', 'CNY', 'en', 1200],
    ['12.5', 'CNY', 'es', 1250],
    ['12,5', 'CNY', 'en', 1250],
    ['.5', 'CNY', 'en', 50],
    ['5.', 'CNY', 'en', 500],
    ['00.50', 'CNY', 'en', 50],
    ['007', 'JPY', 'ja', 7],
    ['1,234,567.89', 'CNY', 'en', 123_456_789],
    ['1.234.567,89', 'CNY', 'en', 123_456_789],
    ['1 234,50', 'CNY', 'es', 123_450],
    ['1\u202f234,50', 'CNY', 'es', 123_450],
    ['1’234.50', 'CNY', 'en', 123_450],
    ['１２３．４５', 'CNY', 'zh-CN', 12_345],
    ['１，２３４．５', 'CNY', 'ja', 123_450],
    ['12。5', 'CNY', 'zh-CN', 1250],
    ['١٬٢٣٤٫٥', 'CNY', 'ar', 123_450],
    ['۱۲۳٫۴', 'CNY', 'ar', 12_340],
    ['1,000', 'CNY', 'en', 100_000],
    ['1.000', 'CNY', 'es', 100_000],
    ['1,000', 'JPY', 'ja', 1000],
    ['1.500', 'KWD', 'ar', 1500],
    ['0,500', 'KWD', 'en', 500],
    ['1234,500', 'KWD', 'en', 1_234_500],
    // Could be a thousand, or one and thousandths.
    ['1,000', 'KWD', 'en', null],
    ['1.000', 'KWD', 'es', null],
    ['1.000', 'CNY', 'en', null],
    ['1,000', 'CNY', 'es', null],
    ['12.345', 'CNY', 'zh-CN', null],
    ['1.000', 'JPY', 'ja', null],
    // Is nothing.
    ...[
      '',
      '.',
      ',',
      '-1',
      '+1',
      '1e3',
      '0x10',
      'NaN',
      '1..2',
      '1,2,3',
      '1,23,456.7',
      '1.234,567.8',
      '1,234.567,8',
      '1 2',
      '12 34',
      ',',
      '1_000',
    ].map((text) => [text, 'CNY', 'en', null] as const),
    ...['1.5', '1,5', '1,234.5'].map((text) => [text, 'JPY', 'en', null] as const),
    ...['1.234', '12.3456', '1,234.567', '１．２３４'].map((text) => [text, 'CNY', 'en', null] as const),
    ['9'.repeat(24), 'CNY', 'en', null],
  ];
  for (const [text, currency, language, amount] of read) {
    it(`“${text}” of ${currency} in ${language} is ${amount === null ? 'asked for anew' : amount}`, () => {
      expect(readAmount(text, currency, language)).to.equal(amount);
    });
  }

  it('is read as that language writes it, with groups and without, in its own digits', () => {
    const amounts = fc.integer({ min: 0, max: 10_000_000_000 });
    const write = (amount: number, currency: string, locale: string) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: digitsOf(currency), maximumFractionDigits: digitsOf(currency) }).format(
        toMajor({ amount, currency }) as Intl.StringNumericLiteral,
      );
    fc.assert(
      fc.property(amounts, fc.constantFrom(...currencies), fc.constantFrom(...spoken), (amount, currency, language) => {
        expect(readAmount(formatNumber({ amount, currency }, language), currency, language)).to.equal(amount);
        for (const locale of language === 'ar' ? ['ar', 'ar-EG', 'fa'] : [language]) {
          const text = write(amount, currency, locale).replace(/[\u200e\u200f]/g, '');
          expect(readAmount(text, currency, language), text).to.equal(amount);
        }
      }),
    );
  });

  it('means one thing or nothing, whatever the language of the page', () => {
    const piece = fc.constantFrom('0', '1', '5', '12', '000', '234', '.', ',', ' ', "'", '٫', '٬', '．', '，', '５', '٣');
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.constantFrom(...currencies), (pieces, currency) => {
        expect(meanings(pieces.join(''), currency).size).to.be.at.most(1);
      }),
      { numRuns: 5000 },
    );
  });
});

function digitsOf(currency: string): number {
  return ({ JPY: 0, CNY: 2, KWD: 3, CLF: 4 } as Readonly<Record<string, number>>)[currency] ?? 0;
}
