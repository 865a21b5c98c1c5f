import { expect } from 'chai';
import fc from 'fast-check';
import { isIban } from '../iban.ts';
import { referenceOf } from '../reference.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const number = fc.array(fc.constantFrom(...alphabet), { minLength: 26, maxLength: 26 }).map((characters) => characters.join(''));

/** As banks check it. */
function isRight(reference: string): boolean {
  const digits = [...(reference.slice(4) + reference.slice(0, 4))].map((character) => Number.parseInt(character, 36)).join('');
  return BigInt(digits) % 97n === 1n;
}

describe('The reference of a transfer', () => {
  it('is the published example of ISO 11649 for the digits of that', () => {
    expect(referenceOf('01JZZZZZZZZZZZ539007547034')).to.equal('RF18539007547034');
  });

  it('is sixteen characters in upper case whose check digits are right', () => {
    fc.assert(
      fc.property(number, (one) => {
        expect(referenceOf(one)).to.match(/^RF\d\d[0-9A-HJKMNP-TV-Z]{12}$/);
        expect(isRight(referenceOf(one))).to.equal(true);
      }),
    );
  });

  it('shows a digit or a letter that was mistyped', () => {
    fc.assert(
      fc.property(number, fc.integer({ min: 2, max: 15 }), fc.constantFrom(...alphabet), (one, at, other) => {
        const good = referenceOf(one);
        const here = good[at] ?? '';
        fc.pre(here !== other && /\d/.test(here) === /\d/.test(other));
        expect(isRight(good.slice(0, at) + other + good.slice(at + 1))).to.equal(false);
      }),
    );
  });
});

describe('An IBAN', () => {
  it('is known by its check digits', () => {
    for (const right of ['DE89370400440532013000', 'GB82WEST12345698765432']) expect(isIban(right), right).to.equal(true);
    for (const wrong of ['DE88370400440532013000', 'DE89370400440532013001', 'de89370400440532013000', 'DE89', '']) {
      expect(isIban(wrong), wrong).to.equal(false);
    }
  });
});
