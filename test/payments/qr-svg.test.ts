import { expect } from 'chai';
import fc from 'fast-check';
import { encode } from 'uqr';
import { drawQr } from '../../core/payments/qr-svg.ts';

/** The dark modules that an SVG paints, as `x,y`. */
function painted(svg: string): ReadonlySet<string> {
  const modules = new Set<string>();
  for (const [, x, y, length, back] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
    expect(length).to.equal(back);
    for (let step = 0; step < Number(length); step += 1) modules.add(`${Number(x) + step},${y}`);
  }
  return modules;
}

describe('the QR code of a payment', () => {
  it('paints every dark module of the code, and no other', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), (text) => {
        const { data } = encode(text, { border: 2, maskPattern: 0 });
        const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`${x},${y}`] : [])));
        expect([...painted(drawQr(text))].toSorted()).to.deep.equal(dark.toSorted());
      }),
      { numRuns: 30 },
    );
  });

  it('has a quiet zone of two modules and a light ground, so that it can be read on a dark page', () => {
    const svg = drawQr('weixin://wxpay/bizpayurl?pr=7f1');
    const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
    expect(svg).to.include(`<rect width="${size}" height="${size}" fill="#fff"/>`);
    const places = [...painted(svg)].flatMap((module) => module.split(',').map(Number));
    expect(Math.min(...places)).to.equal(2);
    expect(Math.max(...places)).to.equal(size - 3);
  });

  it('is a document of its own', () => {
    expect(drawQr('7f1')).to.match(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^<]*>.*<\/svg>$/);
  });
});
