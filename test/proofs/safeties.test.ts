import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { safeties } from '../../scripts/mutants/safeties.ts';

describe('The safeties that `npm run mutants` takes away', () => {
  for (const { name, file, text, without } of safeties) {
    it(`${name}: is where it is said to be`, () => {
      expect(readFileSync(file, 'utf8').split(text).length - 1, text).to.equal(1);
      expect(without).to.not.equal(text);
    });
  }
});
