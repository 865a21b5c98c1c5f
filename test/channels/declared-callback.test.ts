import { expect } from 'chai';
import fc from 'fast-check';
import type { Callback, Channel, RawRequest } from '../../core/contract/channel.ts';
import { makeCall } from '../kit/channel-kit.ts';
import { attempt, kettleAccount, openKettle, signKettle } from './kettle.ts';

const { merchant: mch } = kettleAccount;
const told = { mch, number: attempt.number, order: 'K77', total: '19.99', status: 'PAID' };

const raw = (body: string, more: Partial<RawRequest> = {}): RawRequest => ({
  method: 'POST',
  url: 'https://pay.example/v1/callbacks/kettle/acc_1',
  query: '',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: Buffer.from(body),
  ...more,
});
const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();
const read = (channel: Channel, request: RawRequest): Promise<Callback> => channel.parseCallback(request, makeCall());

describe('A callback of a channel that is data', () => {
  const channel = openKettle();

  it('is read once its signature was verified, and answered in the vendor’s words', async () => {
    const callback = await read(channel, raw(form(signKettle(told))));
    expect(callback).to.deep.equal({
      kind: 'event',
      eventId: 'K77:PAID',
      trust: 'signed',
      items: [
        {
          of: 'payment',
          number: attempt.number,
          channelNo: 'K77',
          report: {
            state: 'succeeded',
            channelNo: 'K77',
            money: { amount: 1999, currency: 'CNY' },
            echo: { number: attempt.number, merchantNo: mch },
          },
        },
      ],
      accepted: { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'OK' },
      retry: { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'AGAIN' },
    });
  });

  it('is refused when another key signed it, or when any character was changed', async () => {
    expect(await read(channel, raw(form(signKettle(told, 'another-key-of-theirs'))))).to.include({
      kind: 'refused',
      reason: 'bad_signature',
    });
    const good = form(signKettle(told));
    for (let at = 0; at < good.length; at += 1) {
      const changed = good.slice(0, at) + (good[at] === '7' ? '8' : '7') + good.slice(at + 1);
      expect((await read(channel, raw(changed))).kind, changed).to.equal('refused');
    }
  });

  it('is refused when a field comes twice, whichever of them is signed', async () => {
    const good = form(signKettle(told));
    for (const twice of [`${good}&total=0.01`, `total=0.01&${good}`]) {
      expect(await read(channel, raw(twice))).to.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('is refused when a signed text was shared out anew among the fields', async () => {
    // The vendor signed an order whose title a shopper chose; its text also reads as one about another number.
    const title = `tea&number=OTHER&order=K78&status=PAID&total=19.99`;
    const genuine = { mch, name: title, number: attempt.number, order: 'K77', status: 'PAID', total: '19.99' };
    const { sign = '' } = signKettle(genuine);
    const anew = {
      mch,
      name: 'tea',
      number: 'OTHER',
      order: 'K78',
      status: 'PAID',
      total: `19.99&number=${attempt.number}&order=K77&status=PAID&total=19.99`,
    };
    expect(signKettle(anew)['sign'], 'the two texts are the same').to.equal(sign);
    expect(await read(channel, raw(form({ ...anew, sign })))).to.include({ kind: 'refused', reason: 'bad_signature' });
  });

  it('is refused when it is signed and lacks a fact, or has a status in no table', async () => {
    for (const fields of [
      { total: '' },
      { total: '1,00' },
      { order: '' },
      { number: '' },
      { status: 'BREWING' },
      { status: '__proto__' },
    ]) {
      const callback = await read(channel, raw(form(signKettle({ ...told, ...fields }))));
      expect(callback, JSON.stringify(fields)).to.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('may come in the address where the definition says so, and only there', async () => {
    const request = raw('', { method: 'GET', query: form(signKettle(told)) });
    expect((await read(channel, request)).kind).to.equal('refused');
    expect((await read(openKettle({ 'callback.methods': ['GET'] }), request)).kind).to.equal('event');
  });

  it('may be of no interest, only say that something changed, or decline', async () => {
    const words = openKettle({ 'callback.statuses': { A: 'ignored', B: 'changed', C: 'declined', PAID: 'succeeded' } });
    const states = await Promise.all(['A', 'B', 'C'].map((status) => read(words, raw(form(signKettle({ ...told, status }))))));
    expect(states[0]).to.include({ kind: 'ignored', eventType: 'A' });
    expect(states[1]).to.deep.nested.include({ 'items[0].report': { state: 'changed' } });
    const echo = { number: told.number, merchantNo: told.mch };
    expect(states[2]).to.deep.nested.include({ 'items[0].report': { state: 'declined', code: 'declined', echo } });
  });

  it('proves nothing without a signature: it makes the kernel ask', async () => {
    const unverified = { verify: undefined, trust: 'unverified', statuses: undefined, state: 'changed' };
    const changes = Object.fromEntries(
      Object.entries({ ...unverified, 'facts.status': undefined }).map(([name, value]) => [`callback.${name}`, value]),
    );
    const callback = await read(openKettle(changes), raw(form(told)));
    expect(callback).to.deep.nested.include({ trust: 'unverified', 'items[0].report': { state: 'changed' } });
  });

  it('may be about a refund', async () => {
    const changes = { 'callback.of': 'refund', 'callback.statuses': { PAID: 'succeeded', BAD: 'failed', ODD: 'abnormal' } };
    const state = async (status: string) => read(openKettle(changes), raw(form(signKettle({ ...told, status }))));
    expect(await state('PAID')).to.deep.nested.include({ 'items[0].of': 'refund', 'items[0].report.state': 'succeeded' });
    expect(await state('BAD')).to.deep.nested.include({ 'items[0].report.code': 'refund_rejected' });
    expect(await state('ODD')).to.deep.nested.include({ 'items[0].report.state': 'abnormal' });
  });

  it('never throws and is never believed, whatever a stranger sends', async () => {
    const formats = [openKettle(), openKettle({ 'callback.encoding': 'json' }), openKettle({ 'callback.encoding': 'xml' })];
    const name = fc.constantFrom('mch', 'number', 'order', 'total', 'status', 'sign', '__proto__', 'constructor');
    const fields = fc.dictionary(name, fc.string({ maxLength: 30 }));
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fields.map((given) => Buffer.from(form(given))),
      fields.map((given) => Buffer.from(JSON.stringify(given))),
      fc.json().map((text) => Buffer.from(text)),
      fields.map((given) =>
        Buffer.from(
          `<xml>${Object.entries(given)
            .map(([tag, text]) => `<${tag}>${text}</${tag}>`)
            .join('')}</xml>`,
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...formats), bodies, fc.string(), async (one, body, query) => {
        const callback = await read(one, raw('', { body, query }));
        expect(callback.kind).to.equal('refused');
      }),
      { numRuns: 400 },
    );
  });
});
