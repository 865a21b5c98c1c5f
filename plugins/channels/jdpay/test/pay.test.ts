import { expect } from 'chai';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { config, good, hashOf, number, openJdpay, payRequest, seal, show, signedHash, stranger, unpack, unsigned } from './fixture.ts';

const channel = openJdpay();

async function pay(product: string, step: HttpStep, changes: object = {}) {
  const { http, requests } = scriptHttp(step);
  return { outcome: await channel.pay({ ...payRequest(product), ...changes }, makeCall({ http })), requests };
}

const code = `<tradeNum>${number}</tradeNum><amount>1999</amount><orderId>4</orderId><qrCode>https://qr.jd/abc</qrCode>`;

describe('jdpay: cashier pages', () => {
  it('get a form whose fields are hidden one by one and signed as plain text', async () => {
    for (const [product, base] of [
      ['pc', config.pc_url],
      ['h5', config.h5_url],
    ] as const) {
      const outcome = await channel.pay(payRequest(product), makeCall());
      if (outcome.kind !== 'action' || outcome.action.type !== 'form') throw new Error('no form');
      expect(outcome.action.url).to.equal(`${base}/jdpay/saveOrder`);
      const { sign = '', version, merchant, ...hidden } = outcome.action.fields;
      expect({ version, merchant }).to.deep.equal({ version: 'V2.0', merchant: config.merchant });
      const plain = Object.fromEntries(Object.entries(hidden).map(([name, value]) => [name, show(value)]));
      expect(plain).to.deep.equal({
        tradeNum: number,
        tradeName: 'Tea & "cake", 茶 <3',
        tradeTime: '20260102110405',
        amount: '1999',
        currency: 'CNY',
        orderType: '1',
        notifyUrl: payRequest('pc').callbackUrl,
        callbackUrl: 'https://shop.example/done',
        ip: '203.0.113.9',
        expireTime: '7200',
      });
      const text =
        `amount=1999&callbackUrl=https://shop.example/done&currency=CNY&expireTime=7200&ip=203.0.113.9&merchant=${config.merchant}` +
        `&notifyUrl=${payRequest('pc').callbackUrl}&orderType=1&tradeName=Tea & "cake", 茶 <3&tradeNum=${number}&tradeTime=20260102110405&version=V2.0`;
      expect(signedHash(sign)).to.equal(hashOf(text));
    }
  });

  it('lead back to our own page where the merchant gave none, and leave out an address that JD has no room for', async () => {
    const request = { ...payRequest('pc'), returnUrl: null, payer: { clientIp: '2001:db8::1' } };
    const outcome = await channel.pay(request, makeCall());
    if (outcome.kind !== 'action' || outcome.action.type !== 'form') throw new Error('no form');
    expect(show(outcome.action.fields['callbackUrl'] ?? '')).to.equal('https://pay.example.com/checkout/return');
    expect(outcome.action.fields).not.to.have.property('ip');
  });

  it('get names of 128 characters, and the number where there is no name', async () => {
    for (const [subject, name] of [
      ['茶'.repeat(200), '茶'.repeat(128)],
      [' \n ', number],
    ]) {
      const outcome = await channel.pay({ ...payRequest('pc'), subject: subject ?? '' }, makeCall());
      if (outcome.kind !== 'action' || outcome.action.type !== 'form') throw new Error('no form');
      expect(show(outcome.action.fields['tradeName'] ?? '')).to.equal(name);
    }
  });
});

describe('jdpay: codes', () => {
  it('to scan are asked for byte for byte', async () => {
    const { outcome, requests } = await pay('qr', good(code));
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'qr', qrContent: 'https://qr.jd/abc' } });
    expect(requests[0]).to.include({ method: 'POST', url: 'https://gate.example/service/uniorder' });
    const { plain, signed } = unpack(requests[0]);
    expect(signed).to.equal(hashOf(plain));
    expect(plain).to.equal(
      '<?xml version="1.0" encoding="UTF-8"?><jdpay><amount>1999</amount><callbackUrl>https://shop.example/done</callbackUrl><currency>CNY</currency>' +
        `<expireTime>7200</expireTime><ip>203.0.113.9</ip><merchant>${config.merchant}</merchant><notifyUrl>${payRequest('qr').callbackUrl}</notifyUrl>` +
        `<orderType>1</orderType><tradeName>Tea &amp; "cake", 茶 &lt;3</tradeName><tradeNum>${number}</tradeNum>` +
        '<tradeTime>20260102110405</tradeTime><tradeType>QR</tradeType><version>V2.0</version></jdpay>',
    );
  });

  it('to scan of another order, merchant or amount are not shown', async () => {
    const others = [
      good(code.replace(number, 'X')),
      good(code.replace('1999', '1998')),
      good(code, { merchant: '110148035006' }),
      good(code.replace('https://qr.jd/abc', '')),
      good(code.replace('https://qr.jd/abc', 'two words')),
    ];
    for (const step of others) expect((await pay('qr', step)).outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('to pay with are processing whatever status their answer has', async () => {
    for (const status of ['0', '1', '2', '3']) {
      const content = `<tradeNum>${number}</tradeNum><amount>1999</amount><currency>CNY</currency><status>${status}</status>`;
      const { outcome, requests } = await pay('barcode', good(content));
      const echo = { number, merchantNo: config.merchant };
      expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'processing', echo } });
      expect(requests[0]?.url).to.equal('https://gate.example/service/fkmPay');
      const { plain, signed } = unpack(requests[0]);
      expect(signed).to.equal(hashOf(plain));
      expect(plain).to.contain('<device>till-1</device>').and.contain('<token>134567890123456789</token>');
    }
  });

  it('to pay with that cannot be codes are not sent', async () => {
    for (const authCode of ['', '12 34', '1'.repeat(65)]) {
      const outcome = await channel.pay({ ...payRequest('barcode'), payer: { authCode } }, makeCall());
      expect(outcome).to.deep.equal({ kind: 'rejected', reason: 'validation' });
    }
    expect(await channel.pay({ ...payRequest('barcode'), payer: {} }, makeCall())).to.include({ kind: 'rejected' });
  });
});

describe('jdpay: what a refused create means', () => {
  const faults: readonly (readonly [code: string, expected: object])[] = [
    ['JPGT100005', { kind: 'rejected', reason: 'validation' }],
    ['JPGT201000', { kind: 'rejected', reason: 'config' }],
    ['CASH000007', { kind: 'rejected', reason: 'auth' }],
    ['JMPT200011', { kind: 'unknown', reason: 'unmapped' }],
    ['JPGT999999', { kind: 'unknown', reason: 'unmapped' }],
    ['constructor', { kind: 'unknown', reason: 'unmapped' }],
  ];

  for (const [fault, expected] of faults) {
    it(`${fault}: ${Object.values(expected).join(', ')}`, async () => {
      for (const product of ['qr', 'barcode']) {
        const signed = (await pay(product, good('', { code: fault }))).outcome;
        expect(signed).to.include(expected);
        expect(signed).to.have.nested.property('vendor.code', fault);
        expect((await pay(product, unsigned(fault))).outcome).to.include(expected);
      }
    });
  }

  const losses: readonly (readonly [name: string, step: HttpStep, expected: object])[] = [
    ['no connection', { kind: 'notSent', reason: 'refused' }, { kind: 'notSent', reason: 'refused' }],
    ['a lost answer', { kind: 'unknown', reason: 'timeout' }, { kind: 'unknown', reason: 'timeout' }],
    ['HTTP 429', answered(429, ''), { kind: 'unknown', reason: 'rate_limited' }],
    ['HTTP 502', answered(502, '<html>'), { kind: 'unknown', reason: 'server_error' }],
    ['HTTP 302', answered(302, ''), { kind: 'unknown', reason: 'unreadable' }],
    ['HTTP 404 with a success in it', answered(404, seal(code)), { kind: 'unknown', reason: 'unreadable' }],
    ['a page', answered(200, '<html><body>busy</body></html>'), { kind: 'unknown', reason: 'unreadable' }],
    ['a success that is not signed', unsigned('000000'), { kind: 'unknown', reason: 'unreadable' }],
    ['a stranger’s signature', answered(200, seal(code, { key: stranger.privatePem })), { kind: 'unknown', reason: 'bad_signature' }],
  ];
  for (const [name, step, expected] of losses) {
    it(`${name}: ${Object.values(expected).join(', ')}`, async () => {
      for (const product of ['qr', 'barcode']) expect((await pay(product, step)).outcome).to.deep.equal(expected);
    });
  }

  it('an answer that is cut short is unknown', async () => {
    const whole = seal(code);
    for (let end = 0; end < whole.length; end += 97) {
      expect((await pay('qr', answered(200, whole.slice(0, end)))).outcome).to.include({ kind: 'unknown' });
    }
  });
});
