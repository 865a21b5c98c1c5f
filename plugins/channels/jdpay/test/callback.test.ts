import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import {
  config,
  lockText,
  number,
  openJdpay,
  paid,
  pay,
  rawOf,
  refunded,
  refundNumber,
  seal,
  signatureOf,
  state,
  stranger,
  success,
  wrap,
} from './fixture.ts';

const channel = openJdpay();
const call = makeCall();
const tell = (body: string | Buffer) => channel.parseCallback(rawOf(body), call);

describe('jdpay: callbacks', () => {
  it('that are genuine tell of the payment with JD’s facts, and are answered with ok', async () => {
    const callback = await tell(seal(paid()));
    expect(callback).to.deep.include({ kind: 'event', trust: 'signed', accepted: { status: 200, body: 'ok' } });
    expect(callback).to.have.deep.property('items', [
      {
        of: 'payment',
        number,
        channelNo: number,
        report: {
          state: 'succeeded',
          channelNo: number,
          money: { amount: 1999, currency: 'CNY' },
          echo: { number, merchantNo: config.merchant },
          at: new Date('2026-01-02T03:10:05Z'),
        },
      },
    ]);
  });

  it('state JD’s amount and currency, never ours', async () => {
    expect(await tell(seal(paid(pay(), '2000')))).to.have.nested.property('items[0].report.money.amount', 2000);
    expect(await tell(seal(paid(pay('USD'))))).to.have.nested.property('items[0].report.money.currency', 'USD');
    const together = await tell(seal(paid(pay() + pay())));
    expect(together).to.have.nested.property('items[0].report.money.amount', 1999);
  });

  it('that hide the amount or the currency, or say them twice, are malformed', async () => {
    const faults = [paid('', '1999'), paid(pay() + pay('USD')), paid(pay(), '19.99'), paid(pay(), '0'), paid(pay(), '-1')];
    for (const content of [...faults, `${paid()}<amount>1</amount>`, `${paid()}<status>2</status>`, paid(pay(), '1999', '7')]) {
      expect(await tell(seal(content)), content).to.deep.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('about anything but success only make the kernel ask', async () => {
    for (const status of ['0', '1', '3', '4']) {
      expect(await tell(seal(state(status)))).to.have.nested.property('items[0].report.state', 'changed');
    }
    expect(await tell(seal(paid(), { code: 'JPGT999999' }))).to.have.nested.property('items[0].report.state', 'changed');
  });

  it('tell of refunds, with their type or without it', async () => {
    const expected = { 0: 'processing', 1: 'succeeded', 2: 'failed', 3: 'abnormal' };
    for (const [status, name] of Object.entries(expected)) {
      for (const type of ['<tradeType>1</tradeType>', '']) {
        const callback = await tell(seal(refunded(status, type)));
        expect(callback).to.have.nested.property('items[0].report.state', name);
        expect(callback).to.have.nested.property('items[0].number', refundNumber);
      }
    }
    expect(await tell(seal(refunded()))).to.have.nested.property('items[0].report.money.amount', 500);
  });

  it('about another merchant name it', async () => {
    const callback = await tell(seal(paid(), { merchant: '110148035999' }));
    expect(callback).to.have.nested.property('items[0].report.echo.merchantNo', '110148035999');
  });

  it('of another kind or another program are ignored', async () => {
    expect(await tell(seal(paid().replace('<tradeType>0', '<tradeType>2')))).to.include({ kind: 'ignored', eventType: 'tradeType 2' });
    expect(await tell(seal(paid().replace(number, 'shop-17')))).to.include({ kind: 'ignored' });
  });
});

describe('jdpay: the signature of a callback', () => {
  it('stands in any place and in broken lines', async () => {
    expect(await tell(seal(paid(), { sign: (right) => right.replace(/.{76}/g, '$&\r\n') }))).to.include({ kind: 'event' });
    expect(await tell(seal(paid(), { sign: (right) => right.replace(/.{76}/g, '$&&#xd;') }))).to.include({ kind: 'event' });
    const lines = `<?xml version="1.0" encoding="UTF-8"?>\n<jdpay>\n  <version>V2.0</version>\n  <merchant>${config.merchant}</merchant>\n  ${success}\n${paid()}\n`;
    const joined = `${lines.replace(/\n */g, '')}</jdpay>`;
    expect(await tell(wrap(`${lines}  <sign>${signatureOf(joined)}</sign>\n</jdpay>`))).to.include({ kind: 'event' });
  });

  it('is refused when it is a stranger’s, missing, twice, or of other words', async () => {
    const inner = `<jdpay><merchant>${config.merchant}</merchant>${success}${paid()}</jdpay>`;
    const twice = inner.replace('</jdpay>', `<sign>${signatureOf(inner)}</sign><sign>${signatureOf(inner)}</sign></jdpay>`);
    const bodies = [
      seal(paid(), { key: stranger.privatePem }),
      seal(paid(), { sign: () => '' }),
      seal(paid(), { sign: (right) => `${right}=` }),
      seal(paid(), { sign: (right) => right.slice(4) }),
      wrap(inner),
      wrap(twice),
      // Two signatures of which the first is right for what stands before it.
      wrap(`${inner.slice(0, -8)}<sign>${signatureOf(inner.slice(0, -8))}</sign><sign>x</sign></jdpay>`),
      seal(paid(), { sign: () => lockText('short') }),
    ];
    for (const body of bodies) expect(await tell(body)).to.deep.include({ kind: 'refused', reason: 'bad_signature' });
  });

  it('is needed: what stands outside of the encrypted part states nothing', async () => {
    const open = `<jdpay><version>V2.0</version><merchant>${config.merchant}</merchant>${success}${paid()}</jdpay>`;
    expect(await tell(open)).to.include({ kind: 'refused' });
    expect(await tell(open.replace('000000', 'JPGT999999'))).to.deep.include({ kind: 'refused', reason: 'bad_signature' });
    const mixed = seal(state('0')).replace('<encrypt>', `${paid()}<encrypt>`);
    expect(await tell(mixed)).to.have.nested.property('items[0].report.state', 'changed');
  });

  it('holds against a change of any byte of the encrypted part', async function () {
    this.timeout(20_000);
    const body = seal(paid());
    for (let at = body.indexOf('<encrypt>') + 9; at < body.indexOf('</encrypt>'); at += 1) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await tell(changed)).kind, `byte ${at}`).to.equal('refused');
    }
  });

  it('or whatever a stranger sends is never an exception', async () => {
    const body = seal(paid());
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(body.length - 1).map((end) => Buffer.from(body.slice(0, end))),
      fc.base64String().map((text) => Buffer.from(`<jdpay><encrypt>${text}</encrypt></jdpay>`)),
      fc
        .uint8Array({ maxLength: 64 })
        .map((bytes) =>
          Buffer.from(`<jdpay><encrypt>${Buffer.from(Buffer.from(bytes).toString('hex')).toString('base64')}</encrypt></jdpay>`),
        ),
      fc.string().map((text) => Buffer.from(wrap(text))),
    );
    const nothing = async (sent: Buffer) => (await tell(sent)).kind === 'refused';
    await fc.assert(fc.asyncProperty(junk, nothing), { numRuns: 300 });
  });
});
