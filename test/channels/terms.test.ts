import { expect } from 'chai';
import fc from 'fast-check';
import { type AccountFee, expectedFee, limitsOf, takesUnder, termsFaults } from '../../core/channels/terms.ts';
import type { MethodManifest } from '../../core/contract/manifest.ts';

const method = (id: string, currencies: readonly string[]): MethodManifest => ({
  id,
  product: id.slice('toy_'.length),
  name: { en: id, zh: id },
  action: 'qr',
  currencies,
});
const methods = [method('toy_qr', ['CNY']), method('toy_card', ['CNY', 'USD', 'JPY'])];

describe('Terms of an account', () => {
  it('may say nothing: then all that the channel can do holds', () => {
    expect(termsFaults({}, methods)).to.deep.equal([]);
    expect(takesUnder({}, 'toy_qr', { amount: 1, currency: 'CNY' })).to.equal(true);
    expect(expectedFee({}, 'toy_qr', { amount: 1, currency: 'CNY' })).to.equal(null);
  });

  it('leave out methods that the contract does not have', () => {
    expect(takesUnder({ methods: ['toy_card'] }, 'toy_qr', { amount: 1, currency: 'CNY' })).to.equal(false);
    expect(takesUnder({ methods: ['toy_card'] }, 'toy_card', { amount: 1, currency: 'CNY' })).to.equal(true);
  });

  it('limit a payment by every entry that fits its method and currency', () => {
    const limits = [
      { currency: 'CNY', min: 100, max: 5000 },
      { currency: 'CNY', method: 'toy_qr', max: 1000 },
      { currency: 'USD', max: 10 },
    ];
    expect(limitsOf({ limits }, 'toy_qr', 'CNY')).to.deep.equal({ min: 100, max: 1000 });
    expect(limitsOf({ limits }, 'toy_card', 'CNY')).to.deep.equal({ min: 100, max: 5000 });
    expect(limitsOf({ limits }, 'toy_card', 'JPY')).to.deep.equal({ min: null, max: null });
    const takes = (amount: number) => takesUnder({ limits }, 'toy_qr', { amount, currency: 'CNY' });
    expect([99, 100, 1000, 1001].map(takes)).to.deep.equal([false, true, true, false]);
  });

  it('tell the fee by the first entry that fits', () => {
    const fees = [
      { currency: 'CNY', method: 'toy_card', percent: '0.38' },
      { currency: 'CNY', percent: '0.6' },
      { currency: 'USD', percent: '2.9', fixed: 30 },
      { currency: 'JPY', percent: '1.0001', min: 5, max: 100 },
    ];
    const feeOf = (id: string, amount: number, currency: string) => expectedFee({ fees }, id, { amount, currency });
    expect(feeOf('toy_card', 10_000, 'CNY')).to.equal(38);
    expect(feeOf('toy_qr', 10_000, 'CNY')).to.equal(60);
    expect(feeOf('toy_card', 10_000, 'USD')).to.equal(320);
    expect([1, 1000, 100_000].map((amount) => feeOf('toy_card', amount, 'JPY'))).to.deep.equal([1, 10, 100]);
    expect(feeOf('toy_card', 1, 'EUR')).to.equal(null);
  });

  it('round a fee to the minor unit, halves up, with no error however large the amount', () => {
    const fees: readonly AccountFee[] = [{ currency: 'CNY', percent: '0.6' }];
    expect([83, 84, 249, 250].map((amount) => expectedFee({ fees }, 'toy_qr', { amount, currency: 'CNY' }))).to.deep.equal([0, 1, 1, 2]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.integer({ min: 0, max: 1_000_000 }), (amount, parts) => {
        const percent = `${Math.trunc(parts / 10_000)}.${String(parts % 10_000).padStart(4, '0')}`;
        const fee = expectedFee({ fees: [{ currency: 'CNY', percent }] }, 'toy_qr', { amount, currency: 'CNY' });
        const twice = 2n * BigInt(fee ?? -1) * 1_000_000n - 2n * BigInt(amount) * BigInt(parts);
        expect(twice > -1_000_000n && twice <= 1_000_000n).to.equal(true);
      }),
    );
  });

  it('are refused with every fault, and where to find it', () => {
    const faults = termsFaults(
      {
        methods: ['toy_qr', 'toy_gold'],
        limits: [
          { currency: 'CNY', min: 5, max: 4 },
          { currency: 'USD', method: 'toy_qr' },
        ],
        fees: [{ currency: 'CNY', method: 'toy_gold' }],
      },
      methods,
    );
    expect(faults).to.deep.equal([
      'terms.methods.1: there is no method "toy_gold"; the channel has toy_qr, toy_card',
      'terms.limits.0: min is above max',
      'terms.limits.1.currency: no such payment can be in USD',
      'terms.fees.0.method: there is no method "toy_gold"; the channel has toy_qr, toy_card',
    ]);
    for (const wrong of ['0,6', '100.1', '-1', '1.23456', '', '1e2', 0.6]) {
      expect(termsFaults({ fees: [{ currency: 'CNY', percent: wrong }] }, methods), String(wrong)).to.have.length(1);
    }
    for (const wrong of [null, [], 'free', { fee: [] }, { limits: [{ currency: 'XXX', max: 1.5 }] }])
      expect(termsFaults(wrong, methods)).to.not.deep.equal([]);
  });
});
