import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { isSigned } from '../sign.ts';

const body = Buffer.from('{"a":"茶"}');
const hex = createHmac('sha512', 'secret').update(body).digest('hex');
const signed = (signature: string | undefined, secret = 'secret', bytes = body) => isSigned(secret, bytes, signature);

describe('The signature of Paystack', () => {
  it('is over these bytes, by this secret', () => {
    expect(signed(hex)).to.equal(true);
    expect(signed(hex, 'another')).to.equal(false);
    for (const at of body.keys())
      expect(signed(hex, 'secret', Buffer.from(body.map((byte, index) => (index === at ? byte ^ 1 : byte))))).to.equal(false);
  });

  it('is its hex in small letters, whole and with nothing around it: all else is false and never an error', () => {
    const others = [
      undefined,
      '',
      'x',
      hex.slice(2),
      hex.toUpperCase(),
      `x${hex}`,
      `${hex}x`,
      `${hex}00`,
      `00${hex}`,
      ` ${hex}`,
      `${hex},${hex}`,
    ];
    for (const other of others) expect(signed(other), String(other)).to.equal(false);
  });
});
