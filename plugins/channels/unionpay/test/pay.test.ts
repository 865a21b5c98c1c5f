import { expect } from 'chai';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { answered, makeCall } from '../../../../test/kit/channel-kit.ts';
import { answerOf, attempt, callWith, config, keys, openUnionpay, paidFields, pemOf, request, signed, signWith } from './fixture.ts';

const channel = openUnionpay();
const certId = String(0x103df29f76);
const envelope = { version: '5.1.0', encoding: 'UTF-8', signMethod: '01', certId, accessType: '0', merId: config.merchant_id };
const order = { orderId: attempt.number, txnTime: '20260103003000', txnAmt: '1999', currencyCode: '156', backUrl: request.callbackUrl };
const withSignature = (fields: Record<string, string>) => ({ ...fields, signature: signWith(keys.merchant, fields) });
const echoed = { orderId: attempt.number, txnTime: '20260103003000', txnType: '01' };
const paying = (product: string, fields: Record<string, string>) => {
  const { call, requests } = callWith(answerOf(signed({ ...echoed, ...fields })));
  return { outcome: channel.pay({ ...request, product, payer: { authCode: '6224567890123456789' } }, call), requests };
};
const asking = (fields: Record<string, string>): Promise<Outcome> =>
  channel.query(attempt, callWith(answerOf(signed({ ...paidFields, ...fields }))).call);

describe('Paying with UnionPay', () => {
  for (const [product, channelType] of [
    ['web', '07'],
    ['wap', '08'],
  ] as const) {
    it(`${product} is a signed form for the browser, the same every time, and sends nothing`, async () => {
      const outcome = await channel.pay({ ...request, product }, makeCall());
      const types = { txnType: '01', txnSubType: '01', bizType: '000201', channelType };
      const fields = withSignature({ ...envelope, ...types, ...order, frontUrl: request.returnUrl ?? '', payTimeout: '20260103023000' });
      expect(outcome).to.deep.equal({
        kind: 'action',
        action: { type: 'form', url: `${config.base_url}/gateway/api/frontTransReq.do`, fields },
      });
    });
  }

  it('netbank names the bank that the shopper chose, and is refused without one', async () => {
    const outcome = await channel.pay({ ...request, product: 'netbank', payer: { bankCode: 'ICBC' } }, makeCall());
    const types = { txnType: '01', txnSubType: '01', bizType: '000201', channelType: '07', issInsCode: 'ICBC' };
    const fields = withSignature({ ...envelope, ...types, ...order, frontUrl: request.returnUrl ?? '', payTimeout: '20260103023000' });
    expect(outcome).to.have.nested.property('action.fields').that.deep.equals(fields);
    for (const payer of [{}, { bankCode: 'I CBC' }, { bankCode: 'A'.repeat(21) }]) {
      expect(await channel.pay({ ...request, product: 'netbank', payer }, makeCall())).to.deep.equal({
        kind: 'rejected',
        reason: 'validation',
      });
    }
  });

  it('leaves the return address out of a form where there is none', async () => {
    const outcome = await channel.pay({ ...request, returnUrl: null }, makeCall());
    expect(outcome).to.have.nested.property('action.fields').that.has.not.property('frontUrl');
  });

  const products = [
    ['app', 'appTransReq.do', '000201', '01', { tn: '812345678901234567890' }, { type: 'sdk', params: { tn: '812345678901234567890' } }],
    ['qr', 'backTransReq.do', '000000', '07', { qrCode: 'https://qr.95516.com/1' }, { type: 'qr', qrContent: 'https://qr.95516.com/1' }],
  ] as const;
  for (const [product, path, bizType, txnSubType, given, action] of products) {
    it(`${product} asks the gateway byte for byte so, and hands on what it gives`, async () => {
      const { outcome, requests } = paying(product, { respCode: '00', ...given });
      expect(await outcome).to.deep.equal({ kind: 'action', action });
      const types = { txnType: '01', txnSubType, bizType, channelType: '08' };
      const fields = withSignature({ ...envelope, ...types, ...order, payTimeout: '20260103023000' });
      const body = Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
      expect(requests).to.deep.equal([{ method: 'POST', url: `${config.base_url}/gateway/api/${path}`, headers, body: body.join('&') }]);
    });

    it(`${product} is unknown where the gateway gives nothing, or has not decided`, async () => {
      expect(await paying(product, { respCode: '00' }).outcome).to.include({ kind: 'unknown', reason: 'unreadable' });
      for (const respCode of ['03', '04', '05', '01', '12', '34', '60']) {
        expect(await paying(product, { respCode, ...given }).outcome, respCode).to.include({ kind: 'unknown', reason: 'unmapped' });
      }
    });
  }

  it('a payment code names the code and the terminal, and is only ever processing until a query says more', async () => {
    const { outcome, requests } = paying('barcode', { respCode: '00', queryId: '1', txnAmt: '1999', currencyCode: '156' });
    const echo = { number: attempt.number, merchantNo: config.merchant_id };
    expect(await outcome).to.deep.equal({ kind: 'ok', report: { state: 'processing', channelNo: '1', echo } });
    const sent = new URLSearchParams(String(requests[0]?.body));
    expect([sent.get('qrNo'), sent.get('txnSubType'), sent.has('termId'), sent.has('payTimeout')]).to.deep.equal([
      '6224567890123456789',
      '06',
      false,
      false,
    ]);
    expect(await paying('barcode', { respCode: '05' }).outcome).to.have.nested.property('report.state', 'processing');
    const { call, requests: more } = callWith(answerOf(signed({ ...echoed, respCode: '00' })));
    await openUnionpay({ terminal_id: '01080209' }).pay({ ...request, product: 'barcode', payer: { authCode: '62' } }, call);
    expect(String(more[0]?.body)).to.contain('&termId=01080209');
  });

  it('refuses before sending: no payment code, another currency, another product', async () => {
    expect(await channel.pay({ ...request, product: 'barcode' }, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'validation' });
    expect(await channel.pay({ ...request, money: { amount: 1, currency: 'USD' } }, makeCall())).to.include({ kind: 'rejected' });
    for (const product of ['pos', 'constructor']) {
      expect(await channel.pay({ ...request, product }, makeCall()), product).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    }
  });

  it('tells declines, faults of ours and what stays open apart', async () => {
    expect(await paying('qr', { respCode: '64' }).outcome).to.include({ kind: 'declined', code: 'insufficient_funds' });
    expect(await paying('qr', { respCode: '88' }).outcome).to.include({ kind: 'declined', code: 'declined' });
    expect(await paying('qr', { respCode: '11' }).outcome).to.include({ kind: 'rejected', reason: 'auth' });
    for (const respCode of ['42', '74', '75', '06', '99'])
      expect((await paying('qr', { respCode }).outcome).kind, respCode).to.equal('unknown');
  });

  it('believes no answer about another order or merchant', async () => {
    for (const other of [{ orderId: 'another0' }, { merId: '777290058110002' }]) {
      expect(await paying('qr', { respCode: '00', qrCode: 'x', ...other }).outcome).to.include({ kind: 'unknown' });
      expect(await paying('qr', { respCode: '64', ...other }).outcome).to.include({ kind: 'unknown' });
    }
  });
});

describe('Asking UnionPay about a payment', () => {
  it('sends the order’s number and time', async () => {
    const { call, requests } = callWith(answerOf(signed({ respCode: '34' })));
    expect(await channel.query(attempt, call)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    const sent = Object.fromEntries(new URLSearchParams(String(requests[0]?.body)));
    const { txnTime, orderId } = order;
    expect(sent).to.deep.equal(withSignature({ ...envelope, txnType: '00', txnSubType: '00', bizType: '000201', orderId, txnTime }));
    expect(requests[0]?.url).to.equal(`${config.base_url}/gateway/api/queryTrans.do`);
  });

  it('reports success with every fact from the answer', async () => {
    for (const origRespCode of ['00', 'A6']) {
      expect(await asking({ origRespCode, orderId: 'other', merId: '777290058119999', txnAmt: '2000' })).to.deep.equal({
        kind: 'ok',
        report: {
          state: 'succeeded',
          channelNo: paidFields['queryId'],
          money: { amount: 2000, currency: 'CNY' },
          echo: { number: 'other', merchantNo: '777290058119999' },
        },
      });
    }
  });

  it('takes no success without amount, currency, number or kind, nor from the answer’s own code', async () => {
    const spoiled = [{ txnAmt: '' }, { txnAmt: '19.99' }, { txnAmt: '-1' }, { currencyCode: '840' }, { currencyCode: '' }, { queryId: '' }];
    for (const fields of [...spoiled, { orderId: '' }, { merId: '' }, { txnType: '04' }, { txnType: '00' }]) {
      expect(await asking({ origRespCode: '00', ...fields }), JSON.stringify(fields)).to.deep.equal({
        kind: 'unknown',
        reason: 'unreadable',
      });
    }
    expect(await asking({})).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('judges the original’s code: undecided, declined, debited all the same', async () => {
    for (const origRespCode of ['03', '04', '05', '01', '12', '34', '60']) {
      expect(await asking({ origRespCode }), origRespCode).to.have.nested.property('report.state', 'processing');
    }
    expect(await asking({ origRespCode: '64' })).to.include({ kind: 'declined', code: 'insufficient_funds' });
    expect(await asking({ origRespCode: '31' })).to.include({ kind: 'declined', code: 'channel_rejected' });
    expect(await asking({ origRespCode: '74' })).to.include({ kind: 'unknown' });
    expect(await asking({ origRespCode: '64', orderId: 'other' })).to.include({ kind: 'unknown' });
  });

  it('never takes a failed question for a failed payment', async () => {
    for (const respCode of ['64', '03', '37', '88', '99']) {
      expect((await asking({ respCode, origRespCode: '64' })).kind, respCode).to.equal('unknown');
    }
  });

  it('decides nothing on lost, broken, busy or unsigned answers', async () => {
    const good = signed({ ...paidFields, origRespCode: '00' });
    const steps = [
      [answered(500, ''), 'server_error'],
      [answered(429, ''), 'rate_limited'],
      [answered(404, ''), 'unreadable'],
      [answered(200, 'Invalid request.'), 'unreadable'],
      [answerOf({ ...good, txnAmt: '1' }), 'bad_signature'],
      [
        answered(
          200,
          `${
            answerOf(good).kind === 'answered'
              ? Object.entries(good)
                  .map((pair) => pair.join('='))
                  .join('&')
              : ''
          }&respCode=00`,
        ),
        'unreadable',
      ],
      [{ kind: 'unknown', reason: 'timeout' }, 'timeout'],
    ] as const;
    for (const [step, reason] of steps)
      expect(await channel.query(attempt, callWith(step).call)).to.deep.equal({ kind: 'unknown', reason });
    const lost = { kind: 'notSent', reason: 'dns' } as const;
    expect(await channel.query(attempt, callWith(lost).call)).to.equal(lost);
  });

  it('reads an ampersand inside braces as part of the value', async () => {
    expect(await asking({ origRespCode: '00', cardInfo: '{a=1&b={c=2&d=3}}' })).to.have.nested.property('report.state', 'succeeded');
  });
});

describe('Opening a UnionPay account', () => {
  it('refuses keys and certificates that do not fit, naming the field and never its value', () => {
    const refusals = [
      [{ private_key: 'secret' }, /^private_key is not/],
      [{ private_key: pemOf(keys.stranger) }, /^certificate does not belong/],
      [{ certificate: 'secret' }, /^certificate is not/],
      [{ ca_certificates: 'secret' }, /^ca_certificates is not/],
      [{ ca_certificates: config.ca_certificates.slice(0, config.ca_certificates.indexOf('-----END') + 26) }, /lacks the issuer/],
      [{ base_url: 'ftp://x' }, /^base_url/],
      [{ base_url: 'https://gateway.95516.com' }, /live gateway/],
      [{ merchant_id: '' }, /^merchant_id/],
      [{ banks: 'ICBC' }, /^banks must be a JSON object/],
      [{ banks: '["ICBC"]' }, /^banks must be a JSON object/],
      [{ banks: '{}' }, /^banks must name/],
      [{ banks: '{"IC BC": "x"}' }, /^banks: "IC BC" is not a code/],
      [{ banks: '{"ICBC": " "}' }, /^banks: the name of ICBC/],
      [{ banks: '{"ICBC": 1}' }, /^banks: the name of ICBC/],
    ] as const;
    for (const [changes, message] of refusals) expect(() => openUnionpay(changes), String(message)).to.throw(Error, message);
    expect(() => openUnionpay({}, true)).to.throw(Error, /not the live gateway/);
    expect(openUnionpay({ banks: '{"ICBC": "工商银行"}' }).banks).to.deep.equal([{ code: 'ICBC', name: '工商银行' }]);
    expect(openUnionpay().banks).to.equal(undefined);
    expect(openUnionpay({ base_url: 'https://gateway.95516.com' }, true).merchantNo).to.equal(config.merchant_id);
  });
});
