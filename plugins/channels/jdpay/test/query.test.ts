import { expect } from 'chai';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import * as made from './fixture.ts';
import {
  attempt,
  config,
  good,
  hashOf,
  number,
  paid,
  refunded,
  refundNumber,
  refundRequest,
  seal,
  state,
  unpack,
  unsigned,
} from './fixture.ts';

const channel = made.openJdpay();
const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

async function query(step: HttpStep, product = 'qr') {
  const { http, requests } = scriptHttp(step);
  return { outcome: await channel.query({ ...attempt, product }, makeCall({ http })), requests };
}

async function refund(step: HttpStep, ask: 'refund' | 'queryRefund' = 'refund') {
  const { http, requests } = scriptHttp(step);
  return { outcome: await channel[ask](refundRequest, makeCall({ http })), requests };
}

const losses: readonly (readonly [name: string, step: HttpStep, expected: object])[] = [
  ['a lost answer', { kind: 'unknown', reason: 'reset' }, { kind: 'unknown', reason: 'reset' }],
  ['HTTP 500', answered(500, ''), { kind: 'unknown', reason: 'server_error' }],
  ['a stranger’s answer', good(paid(), { key: made.stranger.privatePem }), { kind: 'unknown', reason: 'bad_signature' }],
  ['an answer about nothing', good(''), { kind: 'unknown', reason: 'unreadable' }],
];

describe('jdpay: queries', () => {
  it('name the number and the type', async () => {
    const { requests } = await query(good(state('0')));
    expect(requests[0]?.url).to.equal('https://gate.example/service/query');
    const { plain, signed } = unpack(requests[0]);
    expect(signed).to.equal(hashOf(plain));
    expect(plain).to.equal(
      `${declaration}<jdpay><merchant>${config.merchant}</merchant><tradeNum>${number}</tradeNum><tradeType>0</tradeType><version>V2.0</version></jdpay>`,
    );
  });

  it('find money with JD’s facts', async () => {
    const { outcome } = await query(good(paid()));
    expect(outcome).to.have.deep.nested.property('report.money', { amount: 1999, currency: 'CNY' });
    expect(outcome).to.have.deep.nested.property('report.echo', { number, merchantNo: config.merchant });
    expect(outcome).to.have.deep.nested.property('report.at', new Date('2026-01-02T03:10:05Z'));
  });

  it('read the states, and end only a payment code by a failed try', async () => {
    const expected = { 0: 'pending', 1: 'processing', 3: 'pending', 4: 'closed' };
    for (const [status, name] of Object.entries(expected)) {
      expect((await query(good(state(status)))).outcome).to.have.nested.property('report.state', name);
    }
    expect((await query(good(state('3')), 'barcode')).outcome).to.include({ kind: 'declined', code: 'declined' });
    const ofAnother = good(state('3').replace(number, `${number.slice(0, -1)}2`));
    const names = { number: `${number.slice(0, -1)}2`, merchantNo: config.merchant };
    expect((await query(ofAnother, 'barcode')).outcome, 'for the kernel to refuse').to.deep.include({ kind: 'declined', echo: names });
    const elsewhere = good(state('3'), { merchant: '110148035006' });
    expect((await query(elsewhere, 'barcode')).outcome).to.have.nested.property('echo.merchantNo', '110148035006');
  });

  it('that find a refund, or a state that nobody knows, are unreadable', async () => {
    for (const content of [refunded(), state('9'), state('')]) {
      expect((await query(good(content))).outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
  });

  it('that find nothing say so, and other errors decline nothing', async () => {
    for (const say of [unsigned, (code: string) => good('', { code })]) {
      expect((await query(say('RFND000003'))).outcome).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
      for (const code of ['RFND000008', 'RFND000002', 'JMPT200011']) {
        expect((await query(say(code))).outcome).to.deep.include({ kind: 'unknown', reason: 'unmapped' });
      }
      expect((await query(say('JPGT201000'))).outcome).to.deep.include({ kind: 'rejected', reason: 'config' });
    }
  });

  for (const [name, step, expected] of losses) {
    it(`${name}: ${Object.values(expected).join(', ')}`, async () => expect((await query(step)).outcome).to.deep.equal(expected));
  }
});

describe('jdpay: refunds', () => {
  it('are asked for byte for byte', async () => {
    const { outcome, requests } = await refund(good(refunded()));
    expect(outcome).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: refundNumber,
        money: { amount: 500, currency: 'CNY' },
        echo: { number: refundNumber, merchantNo: config.merchant },
        at: new Date('2026-01-02T04:05:00Z'),
      },
    });
    expect(requests[0]?.url).to.equal('https://gate.example/service/refund');
    const { plain, signed } = unpack(requests[0]);
    expect(signed).to.equal(hashOf(plain));
    expect(plain).to.equal(
      `${declaration}<jdpay><amount>500</amount><currency>CNY</currency><merchant>${config.merchant}</merchant><note>too cold</note>` +
        `<notifyUrl>${refundRequest.callbackUrl}</notifyUrl><oTradeNum>${number}</oTradeNum><tradeNum>${refundNumber}</tradeNum>` +
        '<tradeTime>20260102120000</tradeTime><version>V2.0</version></jdpay>',
    );
  });

  it('are asked about under both numbers', async () => {
    const { plain } = unpack((await refund(good(refunded()), 'queryRefund')).requests[0]);
    expect(plain).to.contain(`<oTradeNum>${number}</oTradeNum><tradeNum>${refundNumber}</tradeNum><tradeType>1</tradeType>`);
  });

  it('have JD’s state, and another payment’s refund is none of ours', async () => {
    const expected = { 0: 'processing', 2: 'failed', 3: 'abnormal' };
    for (const ask of ['refund', 'queryRefund'] as const) {
      for (const [status, name] of Object.entries(expected)) {
        expect((await refund(good(refunded(status)), ask)).outcome).to.have.nested.property('report.state', name);
      }
      const another = good(refunded('1', '<tradeType>1</tradeType>', 'ANOTHER'));
      expect((await refund(another, ask)).outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
  });

  it('end with a refusal only when JD signed it', async () => {
    expect((await refund(good('', { code: 'RFND000002' }))).outcome).to.include({ kind: 'declined', code: 'refund_rejected' });
    expect((await refund(unsigned('RFND000002'))).outcome).to.include({ kind: 'unknown' });
    expect((await refund(good('', { code: 'RFND000002' }), 'queryRefund')).outcome).to.include({ kind: 'unknown' });
    expect((await refund(good('', { code: 'RFND000001' }))).outcome).to.include({ kind: 'unknown' });
    expect((await refund(good('', { code: 'RFND009000' }))).outcome).to.include({ kind: 'rejected', reason: 'validation' });
  });

  it('that JD does not know are not found, by a question only', async () => {
    expect((await refund(unsigned('RFND000004'), 'queryRefund')).outcome).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect((await refund(unsigned('RFND000004'))).outcome).to.include({ kind: 'unknown' });
  });

  for (const [name, step, expected] of losses) {
    it(`${name}: ${Object.values(expected).join(', ')}`, async () => {
      for (const ask of ['refund', 'queryRefund'] as const) expect((await refund(step, ask)).outcome).to.deep.equal(expected);
    });
  }
});

describe('jdpay: the probe', () => {
  const probe = async (step: HttpStep) => (await channel.probe(makeCall({ http: scriptHttp(step).http }))).ok;

  it('is good when JD signs an answer or knows that there is no such trade', async () => {
    expect(await probe(answered(200, seal('', { code: 'RFND000003' })))).to.equal(true);
    expect(await probe(unsigned('RFND000003'))).to.equal(true);
    expect(await probe(unsigned('CASH000007'))).to.equal(false);
    expect(await probe({ kind: 'unknown', reason: 'timeout' })).to.equal(false);
  });
});
