import { expect } from 'chai';
import fc from 'fast-check';
import { answered, type HttpStep, makeCall } from '../../../../test/kit/channel-kit.ts';
import { meanings } from '../errors.ts';
import {
  attempt,
  callWith,
  config,
  encode,
  expectedFields,
  expectedPost,
  keys,
  openAlipay,
  request,
  signedAnswer,
  unreadable,
} from './fake-alipay.ts';

const alipay = openAlipay();
function queryWith(step: HttpStep) {
  return alipay.query(attempt, callWith(step).call);
}

const order = (productCode: string, more = '') =>
  `{"out_trade_no":"01JGJ2Q8Z5X0000000000000A1","total_amount":"19.99","subject":"咖啡 A／B + 1","product_code":"${productCode}","time_expire":"2026-01-03 02:30:00"${more}}`;

const notifyUrl = ['notify_url', request.callbackUrl] as const;
const returnUrl = ['return_url', 'https://shop.example.com/done?order=1'] as const;

describe('paying with an Alipay page', () => {
  it('gives the signed address of the desktop page without asking Alipay anything', async () => {
    const content = order('FAST_INSTANT_TRADE_PAY');
    const { all } = expectedFields('alipay.trade.page.pay', content, '2026-01-03 00:30:00', [notifyUrl, returnUrl]);
    const outcome = await alipay.pay(request, makeCall());
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'redirect', url: `${config.gateway_url}?${encode(all)}` } });
  });

  it('gives the mobile page the way back for a shopper who leaves it', async () => {
    const content = order('QUICK_WAP_WAY', ',"quit_url":"https://shop.example.com/done?order=1"');
    const { all } = expectedFields('alipay.trade.wap.pay', content, '2026-01-03 00:30:00', [notifyUrl, returnUrl]);
    const outcome = await alipay.pay({ ...request, product: 'wap' }, makeCall());
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'redirect', url: `${config.gateway_url}?${encode(all)}` } });
  });

  it('gives the same address for the same attempt, however late it is asked', async () => {
    const later = makeCall({ now: () => new Date('2026-01-02T18:00:00Z') });
    expect(await alipay.pay(request, later)).to.deep.equal(await alipay.pay(request, makeCall()));
  });

  it('leaves the return address out when the merchant has none', async () => {
    for (const product of ['page', 'wap']) {
      const outcome = await alipay.pay({ ...request, product, returnUrl: null }, makeCall());
      expect(JSON.stringify(outcome)).not.to.match(/return_url|quit_url/);
    }
  });

  it('signs any subject without failing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (subject) => {
        expect((await alipay.pay({ ...request, subject }, makeCall())).kind).to.equal('action');
      }),
      { numRuns: 20 },
    );
  });

  it('refuses a product that it does not have', async () => {
    const outcome = await alipay.pay({ ...request, product: 'constructor' }, makeCall());
    expect(outcome).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
  });
});

describe('paying with an Alipay QR code', () => {
  const precreate = (step: HttpStep) => alipay.pay({ ...request, product: 'precreate' }, callWith(step).call);
  const method = 'alipay.trade.precreate';
  const made = { code: '10000', msg: 'Success', out_trade_no: attempt.number, qr_code: 'https://qr.alipay.com/bax1' };

  it('sends exactly this and shows the code that comes back', async () => {
    const { call, requests } = callWith(signedAnswer(method, made));
    const outcome = await alipay.pay({ ...request, product: 'precreate' }, call);
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'qr', qrContent: 'https://qr.alipay.com/bax1' } });
    expect(requests).to.deep.equal([expectedPost(method, order('FACE_TO_FACE_PAYMENT'), [notifyUrl])]);
  });

  it('does not show a code that is missing or made for another number', async () => {
    expect(await precreate(signedAnswer(method, { ...made, qr_code: '' }))).to.deep.equal(unreadable);
    expect(await precreate(signedAnswer(method, { ...made, out_trade_no: 'other' }))).to.deep.equal(unreadable);
  });

  it('reports what Alipay refuses for good, with advice', async () => {
    const blocked = { code: '40004', msg: 'Business Failed', sub_code: 'ACQ.BEYOND_PAY_RESTRICTION', sub_msg: '商户收款额度超限' };
    expect(await precreate(signedAnswer(method, blocked))).to.deep.equal({
      kind: 'declined',
      echo: {},
      code: 'limit_exceeded',
      advice: 'retry_other_method',
      vendor: { code: 'ACQ.BEYOND_PAY_RESTRICTION', message: '商户收款额度超限 (over the seller’s limit)' },
    });
  });

  it('leaves a number that is already paid or closed to a query', async () => {
    for (const subCode of ['ACQ.TRADE_HAS_SUCCESS', 'ACQ.TRADE_HAS_CLOSE']) {
      const outcome = await precreate(signedAnswer(method, { code: '40004', sub_code: subCode, sub_msg: 'x' }));
      expect(outcome).to.include({ kind: 'unknown', reason: 'unmapped' });
    }
  });

  it('believes an unsigned refusal only when Alipay does not know the application, so that nothing can have been made', async () => {
    const unsigned = (subCode: string, node = 'alipay_trade_precreate_response') =>
      answered(200, JSON.stringify({ [node]: { code: '40002', msg: 'Invalid Arguments', sub_code: subCode, sub_msg: '无效' } }));
    expect(await precreate(unsigned('isv.invalid-app-id'))).to.include({ kind: 'rejected', reason: 'auth' });
    expect(await precreate(unsigned('isv.invalid-app-id', 'error_response'))).to.include({ kind: 'rejected', reason: 'auth' });
    expect(await precreate(unsigned('ACQ.SELLER_BEEN_BLOCKED'))).to.include({ kind: 'unknown', reason: 'bad_signature' });
  });
});

describe('any Alipay answer', () => {
  const method = 'alipay.trade.query';
  const waiting = { code: '10000', msg: 'Success', out_trade_no: attempt.number, trade_no: '1', trade_status: 'WAIT_BUYER_PAY' };

  it('that was lost or never asked for is returned as it is', async () => {
    expect(await queryWith({ kind: 'unknown', reason: 'timeout' })).to.deep.equal({ kind: 'unknown', reason: 'timeout' });
    expect(await queryWith({ kind: 'notSent', reason: 'refused' })).to.deep.equal({ kind: 'notSent', reason: 'refused' });
  });

  it('with a status other than 200 decides nothing', async () => {
    const genuine = signedAnswer(method, waiting).body;
    expect(await queryWith(answered(500, genuine))).to.deep.equal({ kind: 'unknown', reason: 'server_error' });
    expect(await queryWith(answered(429, genuine))).to.deep.equal({ kind: 'unknown', reason: 'rate_limited' });
    expect(await queryWith(answered(302, genuine))).to.deep.equal(unreadable);
  });

  it('that says so of the system decides nothing', async () => {
    const failures = [
      { code: '20000', sub_code: 'isp.unknow-error', sub_msg: '系统繁忙' },
      { code: '20000', sub_code: 'aop.unknow-error' },
      { code: '20000', sub_code: 'ACQ.TRADE_NOT_ALLOW_REFUND' },
      { code: '20000' },
      { code: '40004', sub_code: 'ACQ.SYSTEM_ERROR' },
      { code: '40004', sub_code: 'aop.ACQ.SYSTEM_ERROR' },
      { code: '40004', sub_code: 'isp.whatever' },
    ];
    for (const failure of failures) {
      expect(await queryWith(signedAnswer(method, failure))).to.include({ kind: 'unknown', reason: 'server_error' });
    }
    expect(await queryWith(signedAnswer(method, { code: '40005', sub_code: 'isv.app-call-limited-exceeded' }))).to.include({
      kind: 'unknown',
      reason: 'rate_limited',
    });
  });

  it('about who asks is our fault, and so is one about what is asked', async () => {
    const auth = { code: '40002', sub_code: 'isv.invalid-signature', sub_msg: '验签出错' };
    expect(await queryWith(signedAnswer(method, auth))).to.include({ kind: 'rejected', reason: 'auth' });
    const rights = { code: '40006', sub_code: 'isv.insufficient-isv-permissions' };
    expect(await queryWith(signedAnswer(method, rights))).to.include({ kind: 'rejected', reason: 'auth' });
    const fault = { code: '40001', sub_code: 'isv.missing-method' };
    expect(await queryWith(signedAnswer(method, fault))).to.include({ kind: 'rejected', reason: 'validation' });
  });

  it('is verified over the characters it was written with', async () => {
    const node = `{ "code":"10000", "trade_status":"WAIT_BUYER_PAY","out_trade_no":"${attempt.number}","note":"a\\/b \\u4e00}\\"" }`;
    expect(await queryWith(signedAnswer(method, node))).to.deep.equal({
      kind: 'ok',
      report: { state: 'pending', echo: { number: attempt.number } },
    });
  });

  it('signed by another key, or not at all, decides nothing', async () => {
    expect(await queryWith(signedAnswer(method, waiting, keys.app.privateKey))).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
    const bare = answered(200, JSON.stringify({ alipay_trade_query_response: waiting }));
    expect(await queryWith(bare)).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
    const unknownApp = { error_response: { code: '40002', sub_code: 'isv.invalid-app-id', sub_msg: '无效的AppID参数' } };
    expect(await queryWith(answered(200, JSON.stringify(unknownApp)))).to.deep.equal({
      kind: 'unknown',
      reason: 'bad_signature',
      vendor: { code: 'isv.invalid-app-id', message: '无效的AppID参数' },
    });
  });

  it('changed in any one byte decides nothing', async () => {
    const { body } = signedAnswer(method, { ...waiting, trade_status: 'TRADE_SUCCESS', total_amount: '19.99' });
    for (let at = 0; at < body.length; at += 1) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await queryWith(answered(200, changed))).kind, `byte ${at}`).to.equal('unknown');
    }
  });

  it('of random bytes decides nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await queryWith(answered(200, bytes))).to.deep.equal(unreadable);
      }),
    );
  });

  it('that is genuine and holds anything at all is read without an error', async () => {
    const member = fc.oneof(fc.constantFrom('10000', '40004', 'TRADE_SUCCESS', 'TRADE_CLOSED', '19.99', attempt.number), fc.jsonValue());
    const names = ['code', 'sub_code', 'sub_msg', 'trade_status', 'trade_no', 'out_trade_no', 'total_amount', 'send_pay_date'];
    const node = fc.record(Object.fromEntries(names.map((name) => [name, member])), { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(node, async (value) => {
        expect((await queryWith(signedAnswer(method, value))).kind).to.be.oneOf(['ok', 'unknown', 'rejected']);
      }),
      { numRuns: 60 },
    );
  });
});

describe('asking Alipay about a payment', () => {
  const method = 'alipay.trade.query';
  const trade = { code: '10000', msg: 'Success', out_trade_no: attempt.number, trade_no: '2026010222001', total_amount: '19.99' };
  const paid = { ...trade, trade_status: 'TRADE_SUCCESS', send_pay_date: '2026-01-03 00:31:02' };
  const report = async (node: object) => {
    const outcome = await queryWith(signedAnswer(method, node));
    return outcome.kind === 'ok' ? outcome.report : outcome;
  };
  const echo = { number: attempt.number };
  const succeeded = {
    state: 'succeeded',
    channelNo: '2026010222001',
    money: { amount: 1999, currency: 'CNY' },
    echo,
    at: new Date('2026-01-02T16:31:02Z'),
  };

  it('sends exactly this', async () => {
    const { call, requests } = callWith(signedAnswer(method, paid));
    await alipay.query(attempt, call);
    expect(requests).to.deep.equal([expectedPost(method, `{"out_trade_no":"${attempt.number}"}`)]);
  });

  it('reports money as the answer states it, finished trades included', async () => {
    expect(await report(paid)).to.deep.equal(succeeded);
    expect(await report({ ...paid, trade_status: 'TRADE_FINISHED' })).to.deep.equal(succeeded);
    expect(await report({ ...paid, total_amount: '0.01' })).to.have.deep.property('money', { amount: 1, currency: 'CNY' });
    expect(await report({ ...paid, out_trade_no: 'other' })).to.have.deep.property('echo', { number: 'other' });
    expect(await report({ ...paid, trans_currency: 'USD' })).to.have.deep.property('money', { amount: 1999, currency: 'USD' });
  });

  it('reports no success without amount, trade number and order number', async () => {
    for (const name of ['total_amount', 'trade_no', 'out_trade_no']) {
      expect(await report({ ...paid, [name]: '' }), name).to.deep.equal(unreadable);
      expect(await report({ ...paid, [name]: undefined }), name).to.deep.equal(unreadable);
    }
    for (const amount of [19.99, '19.999', '1e3', '-1.00', ' 1.00', '0x10']) {
      expect(await report({ ...paid, total_amount: amount }), String(amount)).to.deep.equal(unreadable);
    }
  });

  it('reports a trade that waits for its buyer as pending, and one not begun as not found', async () => {
    expect(await report({ ...trade, trade_status: 'WAIT_BUYER_PAY' })).to.deep.equal({ state: 'pending', channelNo: trade.trade_no, echo });
    expect(await report({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST', sub_msg: '交易不存在' })).to.deep.equal({ state: 'not_found' });
  });

  it('tells a closed trade that was never paid from one that was paid and then wholly refunded', async () => {
    const closed = { ...trade, trade_status: 'TRADE_CLOSED' };
    expect(await report(closed)).to.deep.equal({ state: 'closed', channelNo: trade.trade_no, echo });
    expect(await report({ ...paid, trade_status: 'TRADE_CLOSED' })).to.deep.equal(succeeded);
    const settled = { ...paid, trade_status: 'TRADE_CLOSED', buyer_pay_amount: '19.99', receipt_amount: '0.00' };
    expect(await report(settled)).to.deep.equal(succeeded);
  });

  it('does not guess about a closed trade that carries a time of payment but no money', async () => {
    const contradiction = { ...paid, trade_status: 'TRADE_CLOSED', buyer_pay_amount: '0.00', receipt_amount: '0.00' };
    expect(await report(contradiction)).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
  });

  it('never reports a decline: a question that fails says nothing about the payment', async () => {
    for (const subCode of [...Object.keys(meanings), 'ACQ.NEVER_SEEN']) {
      const outcome = await queryWith(signedAnswer(method, { code: '40004', sub_code: subCode }));
      expect(outcome.kind, subCode).to.be.oneOf(['ok', 'unknown', 'rejected']);
    }
    expect(await report({ ...trade, trade_status: 'TRADE_PENDING' })).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
  });
});

describe('closing an Alipay trade', () => {
  const method = 'alipay.trade.close';
  const closeWith = (step: HttpStep) => alipay.close(attempt, callWith(step).call);
  const failed = (subCode: string) => signedAnswer(method, { code: '40004', msg: 'Business Failed', sub_code: subCode });

  it('sends exactly this and reports the trade closed', async () => {
    const { call, requests } = callWith(signedAnswer(method, { code: '10000', trade_no: '1', out_trade_no: attempt.number }));
    expect(await alipay.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(requests).to.deep.equal([expectedPost(method, `{"out_trade_no":"${attempt.number}"}`)]);
  });

  it('takes no other trade’s close for its own', async () => {
    expect(await closeWith(signedAnswer(method, { code: '10000', out_trade_no: 'other' }))).to.deep.equal(unreadable);
  });

  it('reports a trade not begun as not found: it may still begin', async () => {
    expect(await closeWith(failed('ACQ.TRADE_NOT_EXIST'))).to.deep.equal({ kind: 'notFound' });
  });

  it('reports a trade that no longer waits as paid, so that a query follows', async () => {
    for (const code of [
      'ACQ.TRADE_STATUS_ERROR',
      'ACQ.REASON_TRADE_STATUS_INVALID',
      'ACQ.REASON_ILLEGAL_STATUS',
      'ACQ.TRADE_HAS_SUCCESS',
    ]) {
      expect(await closeWith(failed(code)), code).to.deep.equal({ kind: 'paid' });
    }
  });

  it('decides nothing by any other answer', async () => {
    expect(await closeWith(failed('ACQ.SYSTEM_ERROR'))).to.include({ kind: 'unknown', reason: 'server_error' });
    expect(await closeWith(failed('ACQ.SELLER_BEEN_BLOCKED'))).to.include({ kind: 'unknown', reason: 'unmapped' });
    expect(await closeWith({ kind: 'unknown', reason: 'reset' })).to.deep.equal({ kind: 'unknown', reason: 'reset' });
  });
});

describe('probing an Alipay account', () => {
  const method = 'alipay.trade.query';

  it('succeeds when Alipay says, signed, that it has no such trade', async () => {
    const { call } = callWith(signedAnswer(method, { code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' }));
    expect(await alipay.probe(call)).to.have.property('ok', true);
  });

  it('says what is wrong otherwise', async () => {
    const unknownApp = { error_response: { code: '40002', sub_code: 'isv.invalid-app-id' } };
    expect(await alipay.probe(callWith(answered(200, JSON.stringify(unknownApp))).call)).to.deep.equal({
      ok: false,
      detail: 'isv.invalid-app-id',
    });
    expect(await alipay.probe(callWith({ kind: 'notSent', reason: 'dns' }).call)).to.deep.equal({ ok: false, detail: 'not sent: dns' });
    const wrongKey = signedAnswer(method, { code: '40002', sub_code: 'isv.invalid-signature' });
    expect(await alipay.probe(callWith(wrongKey).call)).to.deep.equal({ ok: false, detail: 'isv.invalid-signature' });
  });
});

describe('the meanings of Alipay’s codes', () => {
  it('are told in Chinese and in English', () => {
    for (const [code, meaning] of Object.entries(meanings)) {
      expect(meaning.zh, code).to.match(/\p{Script=Han}/u);
      expect(meaning.en, code).to.match(/^[\x20-\x7e’]+$/);
    }
  });
});
