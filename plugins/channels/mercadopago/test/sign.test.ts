import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { judge } from '../sign.ts';

const { sameText } = makeKit();
const secret = 'secret';
const now = new Date('2026-01-02T03:04:05.600Z');
const hashOf = (text: string) => createHmac('sha256', secret).update(text).digest('hex');

/** A header for this time, signed for the id `abc` and the request `r1`. */
function judged(
  ts: string,
  { write = (time: string, hash: string) => `ts=${time},v1=${hash}`, at = now, requestId = 'r1' as string | undefined } = {},
) {
  const request = requestId === undefined ? '' : `request-id:${requestId};`;
  const header = write(ts, hashOf(`id:abc;${request}ts:${ts};`));
  return judge({ header, requestId, dataId: 'ABC', secret, now: at, sameText });
}

const ms = String(now.getTime());
const seconds = ms.slice(0, 10);

describe('The signature of Mercado Pago', () => {
  it('names its time in seconds or in milliseconds, and is good for five minutes either way', () => {
    expect([judged(ms), judged(seconds)]).to.deep.equal(['genuine', 'genuine']);
    const later = (by: number) => new Date(now.getTime() + by);
    expect([judged(ms, { at: later(300_000) }), judged(ms, { at: later(-300_000) })]).to.deep.equal(['genuine', 'genuine']);
    expect([judged(ms, { at: later(300_001) }), judged(ms, { at: later(-300_001) })]).to.deep.equal(['stale', 'stale']);
    const whole = Number(seconds) * 1000;
    expect(judged(seconds, { at: new Date(whole + 300_000) })).to.equal('genuine');
    expect(judged(seconds, { at: new Date(whole + 300_001) })).to.equal('stale');
  });

  it('with eleven or twelve digits is read as milliseconds whose last are not written', () => {
    expect([judged(ms.slice(0, 11)), judged(ms.slice(0, 12))]).to.deep.equal(['genuine', 'genuine']);
    expect(judged(ms.slice(0, 11), { at: new Date(Number(`${ms.slice(0, 11)}00`) + 300_001) })).to.equal('stale');
  });

  it('of another time than digits is none, though it was signed', () => {
    for (const odd of ['', '1', ms.slice(0, 9), `${ms}0`, ` ${ms}x`, `x${ms}`, `-${seconds}`, `${seconds}.5`])
      expect(judged(odd), odd).to.equal('bad_signature');
  });

  it('may have spaces around its parts, and several hashes of which one is right', () => {
    expect(judged(ms, { write: (ts, hash) => ` ts=${ts} , v1=${hash} ` })).to.equal('genuine');
    expect(judged(ms, { write: (ts, hash) => `v1=0,ts=${ts},v1=${hash}` })).to.equal('genuine');
  });

  it('is none without a time, with two, or without a hash', () => {
    expect(judged(ms, { write: (_, hash) => `v1=${hash}` })).to.equal('bad_signature');
    expect(judged(ms, { write: (ts, hash) => `ts=${ts},ts=${ts},v1=${hash}` })).to.equal('bad_signature');
    expect(judged(ms, { write: (ts) => `ts=${ts}` })).to.equal('bad_signature');
    expect(judge({ header: undefined, requestId: 'r1', dataId: 'abc', secret, now, sameText })).to.equal('bad_signature');
  });

  it('covers the request’s id where there is one, and no text in its place where there is none', () => {
    expect(judged(ms, { requestId: undefined })).to.equal('genuine');
    const header = `ts=${ms},v1=${hashOf(`id:abc;request-id:undefined;ts:${ms};`)}`;
    expect(judge({ header, requestId: undefined, dataId: 'abc', secret, now, sameText })).to.equal('bad_signature');
  });
});
