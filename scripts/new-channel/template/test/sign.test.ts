import { expect } from 'chai';
import { sign } from '../sign.ts';

describe('SampleName: signatures', () => {
  // Take the vendor's own samples, each with every byte changed once: what verifies nothing else is proven.
  it('hang on every byte and on the key', () => {
    const good = sign('0123456789abcdef', 'a=1');
    expect(sign('0123456789abcdef', 'a=2')).to.not.equal(good);
    expect(sign('0123456789abcdeX', 'a=1')).to.not.equal(good);
  });
});
