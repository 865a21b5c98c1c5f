import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { config, nowSec, number, openLakala, order, platform, rawOf, stranger, tradeNo } from './fixture.ts';

const channel = openLakala();
const call = makeCall();
const body = JSON.stringify({ ...order, trade_status: 'SUCCESS', trade_time: '20260102110500' });

describe('lakala: callbacks', () => {
  it('that prove themselves over three lines tell what was paid', async () => {
    expect(await channel.parseCallback(rawOf(body), call)).to.deep.equal({
      kind: 'event',
      eventId: `${tradeNo}:SUCCESS`,
      trust: 'signed',
      items: [
        {
          of: 'payment',
          number,
          channelNo: tradeNo,
          report: {
            state: 'succeeded',
            channelNo: tradeNo,
            money: { amount: 1999, currency: 'CNY' },
            echo: { number, merchantNo: config.merchant_no },
            at: new Date('2026-01-02T03:05:00Z'),
          },
        },
      ],
      accepted: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"code":"SUCCESS","message":"OK"}' },
      retry: {
        status: 500,
        headers: { 'content-type': 'application/json' },
        body: '{"code":"FAIL","message":"not stored yet, please send again"}',
      },
    });
  });

  it('about anything but a success make the kernel ask', async () => {
    for (const state of ['FAIL', 'CLOSE', 'DEAL', 'REFUND', 'NEW']) {
      const callback = await channel.parseCallback(rawOf(JSON.stringify({ ...order, trade_status: state })), call);
      expect(callback, state).to.have.deep.nested.property('items[0].report', { state: 'changed' });
    }
  });

  it('about another merchant are refused', async () => {
    const strange = JSON.stringify({ ...order, merchant_no: '822000000000000', trade_status: 'SUCCESS' });
    expect(await channel.parseCallback(rawOf(strange), call)).to.include({ kind: 'refused', reason: 'wrong_account' });
  });

  it('of strangers, and with the key that signs answers, are refused', async () => {
    for (const { privateKey } of [stranger, platform]) {
      const callback = await channel.parseCallback(rawOf(body, { key: privateKey }), call);
      expect(callback).to.include({ kind: 'refused', reason: 'bad_signature' });
    }
  });

  it('that are too old, or from the future, are stale', async () => {
    for (const seconds of [-301, 301]) {
      const raw = rawOf(body, { timestamp: String(Number(nowSec) + seconds) });
      expect(await channel.parseCallback(raw, call)).to.include({ kind: 'refused', reason: 'stale' });
    }
  });

  it('changed in any one byte of body or header are refused', async () => {
    const raw = rawOf(body);
    for (let at = 0; at < raw.body.length; at += 1) {
      const changed = Buffer.from(raw.body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await channel.parseCallback({ ...raw, body: changed }, call), `byte ${at}`).to.include({ reason: 'bad_signature' });
    }
    const header = raw.headers['authorization'] ?? '';
    const from = header.indexOf('timestamp');
    for (let at = from; at < header.length; at += 1) {
      const authorization = `${header.slice(0, at)}${header[at] === 'A' ? 'B' : 'A'}${header.slice(at + 1)}`;
      const callback = await channel.parseCallback({ ...raw, headers: { authorization } }, call);
      expect(callback, `character ${at}`).to.include({ reason: 'bad_signature' });
    }
  });

  it('that are genuine and say nothing are malformed', async () => {
    for (const text of ['', '[]', '{}', JSON.stringify({ ...order, trade_status: 'SUCCESS', total_amount: '19.99' })]) {
      expect(await channel.parseCallback(rawOf(text), call), text).to.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('of any bytes and headers are refused without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.string(), fc.base64String(), async (bytes, header, signature) => {
        const proof = `LKLAPI-SHA256withRSA timestamp="${nowSec}",nonce_str="abcdef012345",signature="${signature}"`;
        for (const headers of [
          {},
          { authorization: header },
          { authorization: proof },
          { authorization: `LKLAPI-SHA256withRSA ${header}` },
        ]) {
          const raw = { ...rawOf(''), headers, body: Buffer.from(bytes) };
          expect(await channel.parseCallback(raw, call)).to.have.property('kind', 'refused');
        }
      }),
    ));
});
