import { expect } from 'chai';
import fc from 'fast-check';
import { exponentOf, fromMajor, fromMinor, isCurrency, isoExponents, parseAmount, toMajor } from '../../core/money.ts';

const amounts = fc.oneof(fc.maxSafeNat(), fc.nat(1000), fc.constantFrom(0, 1, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER));

describe('money', () => {
  for (const [currency, decimals] of isoExponents) {
    it(`${currency} (${decimals} decimals) survives the way to text and back`, () => {
      fc.assert(
        fc.property(amounts, (amount) => {
          const text = toMajor({ amount, currency });
          expect(text).to.match(decimals === 0 ? /^\d+$/ : new RegExp(`^\\d+\\.\\d{${decimals}}$`));
          expect(text.replace('.', '').replace(/^0+(?=\d)/, '')).to.equal(String(amount));
          expect(fromMajor(text, currency)).to.deep.equal({ amount, currency });
          expect(fromMinor(String(amount), currency)).to.deep.equal({ amount, currency });
          expect(fromMinor(amount, currency)).to.deep.equal({ amount, currency });
        }),
        { numRuns: 30 },
      );
    });
  }

  it('is written in major units with exactly the decimals of the currency', () => {
    const cases = [
      [1999, 'CNY', '19.99'],
      [5, 'CNY', '0.05'],
      [0, 'CNY', '0.00'],
      [500, 'JPY', '500'],
      [1, 'KWD', '0.001'],
      [12345, 'CLF', '1.2345'],
      [-150, 'USD', '-1.50'],
      [Number.MAX_SAFE_INTEGER, 'CNY', '90071992547409.91'],
    ] as const;
    for (const [amount, currency, text] of cases) expect(toMajor({ amount, currency })).to.equal(text);
  });

  it('is read from plain, exact text only', () => {
    expect(fromMajor('19.9', 'CNY')).to.deep.equal({ amount: 1990, currency: 'CNY' });
    expect(fromMajor('19', 'CNY')).to.deep.equal({ amount: 1900, currency: 'CNY' });
    expect(fromMajor('0.1', 'KWD')).to.deep.equal({ amount: 100, currency: 'KWD' });
    const refused = [
      '1e2',
      '0x10',
      '',
      ' 1',
      '1 ',
      '1\n',
      '1.',
      '.5',
      '-0',
      '-1',
      '+1',
      '1.001',
      '1.000',
      '1,00',
      '1_0',
      '00',
      '01.00',
      '１',
      'NaN',
      'Infinity',
      '9007199254740992',
      '90071992547409.92',
      '9'.repeat(400),
      19.99,
      1n,
      null,
      undefined,
      {},
      ['1'],
    ];
    for (const text of refused) expect(fromMajor(text, 'CNY'), String(text)).to.equal(null);
    expect(fromMajor('500.00', 'JPY')).to.equal(null);
    for (const currency of ['cny', 'XXX', 'XTS', 'RMB', '', '__proto__', 'constructor', null, 156])
      expect(fromMajor('1', currency)).to.equal(null);
  });

  it('is read from minor units as safe integers only', () => {
    for (const value of [
      '1e2',
      '0x10',
      '',
      ' 1',
      '1.0',
      '-0',
      '-1',
      '01',
      1.5,
      -1,
      -0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      String(2 ** 53),
      1n,
      true,
      null,
      undefined,
      [1],
    ]) {
      expect(fromMinor(value, 'CNY'), String(value)).to.equal(null);
      expect(parseAmount(value), String(value)).to.equal(null);
    }
    expect(parseAmount('9007199254740991')).to.equal(Number.MAX_SAFE_INTEGER);
    expect(fromMinor(1, 'cny')).to.equal(null);
  });

  it('throws rather than writes what is no money', () => {
    expect(() => toMajor({ amount: 1, currency: 'XXX' })).to.throw(RangeError, 'not a currency: XXX');
    expect(() => toMajor({ amount: 1, currency: 'XXX' }, { XXX: 2 }), 'whatever a vendor calls one').to.throw(
      RangeError,
      'not a currency: XXX',
    );
    for (const amount of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
      expect(() => toMajor({ amount, currency: 'CNY' })).to.throw(RangeError, 'not an integer number of minor units');
  });

  it('follows a channel where it departs from ISO 4217', () => {
    expect(toMajor({ amount: 50_000, currency: 'HUF' }, { HUF: 0 })).to.equal('500');
    expect(fromMajor('500', 'HUF', { HUF: 0 })).to.deep.equal({ amount: 50_000, currency: 'HUF' });
    expect(fromMajor('500.00', 'HUF', { HUF: 0 })).to.equal(null);
    expect(() => toMajor({ amount: 50_050, currency: 'HUF' }, { HUF: 0 })).to.throw(RangeError);
    expect(toMajor({ amount: 123, currency: 'CLP' }, { CLP: 2 })).to.equal('123.00');
    expect(toMajor({ amount: 1230, currency: 'KWD' }, { KWD: 2 })).to.equal('1.23');
    expect(() => toMajor({ amount: 1234, currency: 'KWD' }, { KWD: 2 })).to.throw(RangeError, 'this vendor writes KWD with 2 decimals');
    expect(fromMajor('123.00', 'CLP', { CLP: 2 })).to.deep.equal({ amount: 123, currency: 'CLP' });
    expect(fromMajor('1.23', 'CLP', { CLP: 2 })).to.equal(null);
    expect(exponentOf('USD', { HUF: 0 })).to.equal(2);
  });

  it('knows the currencies of ISO 4217 and their decimals', () => {
    const sample = {
      CNY: 2,
      USD: 2,
      JPY: 0,
      KRW: 0,
      VND: 0,
      ISK: 0,
      UGX: 0,
      BHD: 3,
      KWD: 3,
      TND: 3,
      CLF: 4,
      UYW: 4,
      XCG: 2,
      ZWG: 2,
      SLE: 2,
    };
    for (const [currency, decimals] of Object.entries(sample)) expect(exponentOf(currency), currency).to.equal(decimals);
    for (const code of ['XXX', 'XTS', 'XAU', 'XDR', 'DEM', 'usd', 'US', 'USDT']) expect(isCurrency(code), code).to.equal(false);
  });

  it('has every currency that this Node knows to circulate', () => {
    const retired = ['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'XDR', 'XSU', 'ZWL'];
    const missing = Intl.supportedValuesOf('currency').filter((code) => !isCurrency(code) && !retired.includes(code));
    expect(missing).to.deep.equal([]);
  });
});
