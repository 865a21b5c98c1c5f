import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { sm2 } from 'sm-crypto-v2';
import type { Channel } from '../../../../core/contract/channel.ts';
import { answered, type HttpStep, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import cmbecny from '../index.ts';
import * as fixture from './fixture.ts';

const { attempt, bankSign, config, contentOf, created, envelope, fault, genuine, membersOf, number, openCmb, paid, payRequest } = fixture;
const { refunded, refundNumber, refundRequest, signedText, success } = fixture;

type Ask = (channel: Required<Channel>, call: ReturnType<typeof makeCall>) => Promise<unknown>;
const asks: Readonly<Record<string, Ask>> = {
  pay: (channel, call) => channel.pay(payRequest(), call),
  query: (channel, call) => channel.query(attempt, call),
  close: (channel, call) => channel.close(attempt, call),
  refund: (channel, call) => channel.refund(refundRequest, call),
  queryRefund: (channel, call) => channel.queryRefund(refundRequest, call),
};

async function run(name: keyof typeof asks, step: HttpStep): Promise<unknown> {
  return asks[name]!(openCmb(), makeCall({ http: scriptHttp(step).http }));
}

describe('cmbecny requests', () => {
  const channel = openCmb();

  it('creates an order: each field, both signatures, the headers', async () => {
    const script = scriptHttp(genuine(created));
    const outcome = await channel.pay(payRequest(), makeCall({ http: script.http }));
    expect(outcome).to.deep.equal({
      kind: 'action',
      action: { type: 'qr', qrContent: 'https://e.example/qr/1' },
      channelNo: created.cmbOrderId,
    });
    const [request] = script.requests;
    expect(request).to.include({ method: 'POST', url: 'http://127.0.0.1:8090/cmbecny/polypay/v1.0/mchorders/ecny/unifiedOrder' });
    const { sign = '', ...members } = membersOf(request);
    expect(members).to.deep.equal({
      biz_content:
        `{"merId":"308999170120FWZ","orderId":"${number}","userId":"N003109945",` +
        '"notifyUrl":"https://pay.example.com/v1/callbacks/cmbecny/acc_1","currencyCode":"156","transactionType":"TT01","txnAmt":"888",' +
        '"terminalNo":"POS-0001","terminalIp":"203.0.113.7","goodsName":"咖啡 茶 coffee 1","tradePlace":"深圳市福田区",' +
        '"orderTimeExpire":"2026-01-03T01:04:00"}',
      encoding: 'UTF-8',
      signMethod: '02',
      version: '0.0.1',
    });
    const der = Buffer.from(sign, 'base64').toString('hex');
    const bytes = new Uint8Array(Buffer.from(signedText(members)));
    expect(sm2.doVerifySignature(bytes, der, fixture.merchant.publicKey, { hash: true, der: true })).to.equal(true);
    const seconds = '1767323045';
    const proof = createHash('md5').update(`appid=${config.app_id}&secret=${config.app_secret}&sign=${sign}&timestamp=${seconds}`);
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    expect(request?.headers).to.deep.equal({ ...json, appid: config.app_id, timestamp: seconds, apisign: proof.digest('hex') });
    expect(`${request?.body}${JSON.stringify(request?.headers)}`).to.not.include(config.app_secret);
  });

  it('opens the wallet from an app and from a page with the address and the context', async () => {
    const context = { cdtrPtyId: 'C1030811000012', mrchntNo: '1', encryptInfo: 'x' };
    for (const [product, transactionType] of [
      ['app', 'TT03'],
      ['h5', 'TT04'],
    ] as const) {
      const script = scriptHttp(genuine({ ...created, invokeUrl: 'dcep://pay', context }));
      const outcome = await channel.pay(payRequest({ product }), makeCall({ http: script.http }));
      expect(outcome).to.deep.include({ kind: 'action', action: { type: 'sdk', params: { invokeUrl: 'dcep://pay', context } } });
      expect(contentOf(script.requests[0])).to.include({ transactionType });
    }
  });

  it('names the goods by the number where nothing of the subject is allowed, and cuts at 40 characters', async () => {
    for (const [subject, goodsName] of [
      ['/=&', number],
      ['😀'.repeat(3), number],
      ['茶'.repeat(50), '茶'.repeat(40)],
    ] as const) {
      const script = scriptHttp(genuine(created));
      await openCmb({ platform_name: '商城' }).pay(payRequest({ subject }), makeCall({ http: script.http }));
      expect(contentOf(script.requests[0])).to.include({ goodsName, platformName: '商城' });
    }
  });

  it('asks, closes, refunds and asks about refunds by our numbers', async () => {
    const known = { ...attempt, channelNo: created.cmbOrderId };
    const who = { merId: config.merchant_no, userId: config.user_id };
    const script = scriptHttp(...Array.from({ length: 4 }, () => fault('SYSTERM_ERROR')));
    const call = makeCall({ http: script.http });
    await channel.query(known, call);
    await channel.close(known, call);
    await channel.refund(refundRequest, call);
    await channel.queryRefund(refundRequest, call);
    expect(script.requests.map(({ url }) => url.split('/mchorders')[1])).to.deep.equal([
      '/orderquery',
      '/close',
      '/refund',
      '/refundquery',
    ]);
    const [query, close, refund, queryRefund] = script.requests.map(contentOf);
    expect(query).to.deep.equal({ ...who, orderId: number });
    expect(close).to.deep.equal({ ...who, origOrderId: number, origCmbOrderId: created.cmbOrderId });
    const amounts = { currencyCode: '156', txnAmt: '888', refundAmt: '300' };
    const about = { origOrderId: number, origCmbOrderId: created.cmbOrderId, refundReason: 'cold', notifyUrl: refundRequest.callbackUrl };
    expect(refund).to.deep.equal({ ...who, orderId: refundNumber, ...amounts, ...about });
    expect(queryRefund).to.deep.equal({ ...who, orderId: refundNumber });
  });

  it('sends nothing for another currency or product', async () => {
    const usd = { amount: 1, currency: 'USD' };
    expect(await channel.pay(payRequest({ money: usd }), makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    expect(await channel.pay(payRequest({ product: 'mini' }), makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    expect(await channel.refund({ ...refundRequest, money: usd }, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
  });
});

describe('cmbecny answers', () => {
  const echo = { number, merchantNo: config.merchant_no };
  const channelNo = created.cmbOrderId;

  it('reads each state of an order', async () => {
    const at = new Date('2026-01-02T03:05:03Z');
    const succeeded = { state: 'succeeded', channelNo, money: { amount: 888, currency: 'CNY' }, echo, at };
    const states: Readonly<Record<string, unknown>> = {
      S: succeeded,
      R: succeeded,
      P: { state: 'pending', channelNo, echo },
      C: { state: 'closed', channelNo, echo },
      D: { state: 'closed', channelNo, echo },
    };
    for (const [tradeState, report] of Object.entries(states)) {
      expect(await run('query', genuine({ ...paid, tradeState })), tradeState).to.deep.equal({ kind: 'ok', report });
    }
    expect(await run('query', genuine({ ...paid, tradeState: 'X' }))).to.deep.include({ kind: 'unknown' });
  });

  it('takes amount and numbers from the answer, never from the request', async () => {
    const other = { ...paid, txnAmt: '887', orderId: refundNumber, merId: 'OTHER1' };
    const report = { money: { amount: 887, currency: 'CNY' }, echo: { number: refundNumber, merchantNo: 'OTHER1' } };
    expect(((await run('query', genuine(other))) as { report: object }).report).to.deep.include(report);
    const poor = [
      { txnAmt: '8.88' },
      { txnAmt: 888 },
      { txnAmt: '' },
      { txnAmt: '-1' },
      { currencyCode: '840' },
      { cmbOrderId: '' },
      { merId: 1 },
    ];
    for (const change of poor) {
      expect(await run('query', genuine({ ...paid, ...change })), JSON.stringify(change)).to.deep.include({
        kind: 'unknown',
        reason: 'unreadable',
      });
    }
  });

  it('calls a failed order declined, with the names for the kernel to compare', async () => {
    const failed = { ...paid, tradeState: 'F', errDescription: '余额不足' };
    for (const change of [{}, { orderId: refundNumber }, { merId: 'OTHER1' }]) {
      const { orderId, merId } = { ...failed, ...change };
      const declined = { kind: 'declined', code: 'declined', echo: { number: orderId, merchantNo: merId } };
      expect(await run('query', genuine({ ...failed, ...change }))).to.deep.include(declined);
    }
  });

  it('reads what errors of a query say about the order', async () => {
    const says = async (code: string) => run('query', fault(code));
    for (const code of ['CMBORDERID_NOT_EXIST', 'ORDERID_NOT_EXIST'])
      expect(await says(code)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    for (const code of ['UNPAIED_ORDER', 'ORDERID_INVALID'])
      expect(await says(code)).to.deep.equal({ kind: 'ok', report: { state: 'pending', echo: {} } });
    for (const code of ['SYSTERM_ERROR', 'SYSTERM_MAINTAINING', 'NEVER_HEARD_OF'])
      expect(await says(code)).to.deep.include({ kind: 'unknown' });
    expect(await run('query', fault('SIGN_ERROR', '签名错误', 'returnCode'))).to.deep.include({ kind: 'rejected', reason: 'auth' });
  });

  it('takes no error of an order as a decline, and its own faults as such', async () => {
    for (const code of ['SYSTERM_ERROR', 'ORDERID_DUPLICATION', 'NEVER_HEARD_OF']) {
      expect(await run('pay', fault(code)), code).to.deep.include({ kind: 'unknown', reason: 'unmapped' });
    }
    expect(await run('pay', fault('USERID_CHECK_FAILED'))).to.deep.include({ kind: 'rejected', reason: 'config' });
    expect(await run('pay', fault('NEVER_HEARD_OF', '长'.repeat(300)))).to.have.nested.property('vendor.message', '长'.repeat(256));
    expect(await run('pay', fault('TXNAMT_NOT_LAWFUL', '', 'returnCode'))).to.deep.include({ kind: 'rejected', reason: 'validation' });
  });

  it('refuses an action that is about another order or has nothing to show', async () => {
    for (const change of [{ orderId: refundNumber }, { merId: 'OTHER1' }, { qrCode: undefined }, { qrCode: '' }]) {
      expect(await run('pay', genuine({ ...created, ...change }))).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
  });

  it('closes on the word of the bank alone', async () => {
    const closed = { merId: config.merchant_no, origOrderId: number, closeState: 'C' };
    expect(await run('close', genuine(closed))).to.deep.equal({ kind: 'closed' });
    for (const change of [{ closeState: 'F' }, { origOrderId: refundNumber }, { merId: 'OTHER1' }]) {
      expect(await run('close', genuine({ ...closed, ...change }))).to.deep.include({ kind: 'unknown' });
    }
    expect(await run('close', fault('TRADESTATE_NOT_LAWFUL'))).to.deep.equal({ kind: 'paid' });
    expect(await run('close', fault('CMBORDERID_NOT_EXIST'))).to.deep.equal({ kind: 'notFound' });
    expect(await run('close', fault('SYSTERM_ERROR'))).to.deep.include({ kind: 'unknown' });
  });

  it('reads refunds, and settles none without an amount of the bank', async () => {
    const of = { number: refundNumber, merchantNo: config.merchant_no };
    const processing = { kind: 'ok', report: { state: 'processing', channelNo: refunded.cmbOrderId, echo: of } };
    const { tradeState: _, refundAmt: __, currencyCode: ___, ...answer } = refunded;
    for (const refundState of ['P', 'S']) expect(await run('refund', genuine({ ...answer, refundState }))).to.deep.equal(processing);
    const done = { state: 'succeeded', channelNo: refunded.cmbOrderId, money: { amount: 300, currency: 'CNY' }, echo: of };
    const settled = { kind: 'ok', report: { ...done, at: new Date('2026-01-02T04:00:03Z') } };
    expect(await run('queryRefund', genuine(refunded))).to.deep.equal(settled);
    expect(await run('queryRefund', genuine({ ...refunded, tradeState: 'P' }))).to.deep.equal(processing);
    const failed = { state: 'failed', code: 'refund_rejected', channelNo: refunded.cmbOrderId, echo: of };
    expect(await run('queryRefund', genuine({ ...refunded, tradeState: 'F' }))).to.deep.equal({ kind: 'ok', report: failed });
    for (const change of [{ tradeState: 'X' }, { refundAmt: '3.00' }, { currencyCode: '840' }]) {
      expect(await run('queryRefund', genuine({ ...refunded, ...change }))).to.deep.include({ kind: 'unknown' });
    }
    expect(await run('queryRefund', fault('ORDERID_NOT_EXIST'))).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await run('queryRefund', fault('SYSTERM_ERROR'))).to.deep.include({ kind: 'unknown' });
  });

  it('declines a refund only for the codes that the bank calls failed', async () => {
    expect(await run('refund', fault('NOT_ENOUGH'))).to.deep.include({ kind: 'declined', code: 'not_refundable' });
    expect(await run('refund', fault('MCH_FORWARD_AMOUNT_LESS'))).to.deep.include({ kind: 'declined', code: 'insufficient_balance' });
    expect(await run('refund', fault('TRADE_OVERDUE'))).to.deep.include({ kind: 'declined', code: 'refund_period_over' });
    for (const code of ['SYSTERM_ERROR', 'SYSTERM_MAINTAINING', 'ORDERID_DUPLICATION'])
      expect(await run('refund', fault(code))).to.deep.include({ kind: 'unknown' });
  });
});

describe('cmbecny answers that prove nothing', () => {
  const members = bankSign({ ...success, biz_content: JSON.stringify(paid) });
  const send = (changes: Readonly<Record<string, unknown>>) => answered(200, JSON.stringify({ ...members, ...changes }));
  const cases: Readonly<Record<string, readonly [HttpStep, string]>> = {
    'no answer in time': [{ kind: 'unknown', reason: 'timeout' }, 'timeout'],
    'a fault of the gateway': [answered(502, 'bad gateway'), 'server_error'],
    'an inner fault of the bank': [answered(500, ''), 'server_error'],
    'too many requests': [answered(429, ''), 'rate_limited'],
    'no JSON': [answered(200, '<html>'), 'unreadable'],
    'members that are no text': [send({ returnCode: 1 }), 'unreadable'],
    'no signature': [send({ sign: '' }), 'bad_signature'],
    'a signature of other length': [send({ sign: 'AAAA' }), 'bad_signature'],
    'a signature of another key': [answered(200, JSON.stringify(bankSign(members, fixture.merchant.privateKey))), 'bad_signature'],
    'a signature of another key over slashes': [
      answered(200, JSON.stringify(bankSign({ ...members, added: 'https://' }, fixture.merchant.privateKey))),
      'bad_signature',
    ],
    'a changed amount': [send({ biz_content: JSON.stringify({ ...paid, txnAmt: '1' }) }), 'bad_signature'],
    'a member more': [send({ added: '' }), 'bad_signature'],
    'business data that are no object': [genuine([]), 'unreadable'],
    'data with a first result that is none': [genuine(paid, { returnCode: 'MAYBE' }), 'unreadable'],
    'data with a second result that is none': [genuine(paid, { respCode: 'MAYBE' }), 'unreadable'],
    'no result': [answered(200, JSON.stringify(bankSign({ ...envelope, returnCode: 'SUCCESS' }))), 'unreadable'],
    'an error without a code': [answered(200, JSON.stringify(bankSign({ ...envelope, returnCode: 'FAIL' }))), 'unreadable'],
    'a genuine text under another status': [answered(404, JSON.stringify(members)), 'unreadable'],
  };
  for (const [name, [step, reason]] of Object.entries(cases)) {
    it(`leave every operation unknown: ${name}`, async () => {
      for (const ask of Object.keys(asks)) expect(await run(ask, step), ask).to.deep.include({ kind: 'unknown', reason });
    });
  }

  it('are not read for a failure of the order where the first result is none', async () => {
    const step = genuine(paid, { returnCode: 'MAYBE', respCode: 'FAIL', errCode: 'NOT_ENOUGH' });
    for (const ask of Object.keys(asks)) expect(await run(ask, step), ask).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('passes on what was not sent', async () => {
    for (const ask of Object.keys(asks))
      expect(await run(ask, { kind: 'notSent', reason: 'dns' })).to.deep.equal({ kind: 'notSent', reason: 'dns' });
  });

  it('sends nothing that cannot be signed, and says why to the operator', async () => {
    const said: unknown[] = [];
    const broken = { sign: () => Promise.reject(new Error('install the optional package')), verify: () => Promise.resolve(false) };
    const channel = cmbecny.open({ id: 'acc_1', livemode: false, config }, { ...makeKit(), sm2: broken });
    const call = makeCall({ log: (_level, _message, fields) => void said.push(fields) });
    expect(await channel.pay(payRequest(), call)).to.deep.equal({ kind: 'notSent', reason: 'local' });
    expect(said).to.deep.equal([{ why: 'install the optional package' }]);
  });

  it('verifies slashes that were signed with a backslash', async () => {
    const biz = { ...success, biz_content: JSON.stringify(created) };
    const answer = bankSign(biz, fixture.bank.privateKey, signedText(biz).replaceAll('/', '\\/'));
    expect(await run('pay', answered(200, JSON.stringify(answer)))).to.deep.include({ kind: 'action' });
  });
});
