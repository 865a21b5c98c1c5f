import { createHmac, generateKeyPairSync, webcrypto } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { AttemptRef, PayRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { makeCertificate } from '../../../../simulator/certificate.ts';
import { answered, type HttpStep, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { isGenuineV2, type SignType, signV2 } from '../v2.ts';
import { attempt as anyAttempt, config, merchant, nonce, number, openWechat, payRequest, readVector } from './fixture.ts';

interface V2Vector {
  readonly official: { readonly params: Record<string, string>; readonly key: string; readonly md5: string; readonly hmac_sha256: string };
  readonly yansongda: { readonly params: Record<string, string>; readonly key: string; readonly md5: string };
}

const key = '192006250b4c09247ec02edce69f6a2d';
const certificate = await certify(merchant.privateKey, merchant.publicKey);
const channel = openWechat({ api_v2_key: key, merchant_certificate: certificate });
const attempt: AttemptRef = { ...anyAttempt, product: 'barcode' };
const request: PayRequest = payRequest({ product: 'barcode', payer: { authCode: '134567890123456789' } });

async function certify(privateKey: typeof merchant.privateKey, publicKey: typeof merchant.publicKey): Promise<string> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const signer = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const names = { organisation: 'Toy', commonName: 'merchant' };
  return makeCertificate({ serial: '1f', ...names, from: new Date('2025-01-01'), to: new Date('2045-01-01'), spki, signer });
}

type Fields = Record<string, string | undefined>;

/** An answer signed without the channel's code. An undefined field is left out. */
function genuine(fields: Fields, signingKey = key): WireAnswer {
  const told = { return_code: 'SUCCESS', appid: config.appid, mch_id: config.mchid, nonce_str: 'x', ...fields };
  const pairs = Object.entries(told).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  const text = `${pairs
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('&')}&key=${signingKey}`;
  const sign = createHmac('sha256', signingKey).update(text).digest('hex').toUpperCase();
  const children = [...pairs, ['sign', sign]].map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`);
  return answered(200, `<xml>${children.join('\n')}</xml>`);
}

const fault = (code: string, more: Fields = {}) => genuine({ result_code: 'FAIL', err_code: code, err_code_des: '失败', ...more });
const paid: Fields = {
  result_code: 'SUCCESS',
  trade_type: 'MICROPAY',
  total_fee: '888',
  fee_type: 'CNY',
  transaction_id: '4200000985202601021234567890',
  out_trade_no: number,
  time_end: '20260102110403',
};
const found = (state: string, more: Fields = {}) => genuine({ result_code: 'SUCCESS', out_trade_no: number, trade_state: state, ...more });
const echo = { number, merchantNo: config.mchid };
const success = {
  state: 'succeeded',
  channelNo: '4200000985202601021234567890',
  money: { amount: 888, currency: 'CNY' },
  echo,
  at: new Date('2026-01-02T03:04:03Z'),
};

const payWith = (step: HttpStep) => channel.pay(request, makeCall({ http: scriptHttp(step).http }));
const queryWith = (step: HttpStep) => channel.query(attempt, makeCall({ http: scriptHttp(step).http }));

describe('Signatures of WeChat Pay’s version 2', () => {
  const vector = readVector<V2Vector>('v2-md5-hmac.json');
  const kit = makeKit();

  before(function () {
    if (vector === null) this.skip();
  });

  it('are those of the vendor’s own example, with MD5 and with HMAC-SHA256', () => {
    const { official, yansongda } = vector!;
    expect(signV2(official.params, official.key, 'MD5')).to.equal(official.md5);
    expect(signV2(official.params, official.key, 'HMAC-SHA256')).to.equal(official.hmac_sha256);
    expect(signV2(yansongda.params, yansongda.key, 'MD5'), 'an empty field is left out').to.equal(yansongda.md5);
  });

  it('refuse every change of a field, of the key and of the signature', () => {
    const { official } = vector!;
    for (const [signType, sign] of [
      ['MD5', official.md5],
      ['HMAC-SHA256', official.hmac_sha256],
    ] as [SignType, string][]) {
      const verify = (fields: Record<string, string>, with_ = official.key) => isGenuineV2(fields, { key: with_, signType }, kit);
      expect(verify({ ...official.params, sign })).to.equal(true);
      expect(verify(official.params)).to.equal(false);
      expect(verify({ ...official.params, sign, extra: '1' })).to.equal(false);
      const turn = (text: string, at: number) => `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
      for (let at = 0; at < sign.length; at += 1) expect(verify({ ...official.params, sign: turn(sign, at) })).to.equal(false);
      for (let at = 0; at < 32; at += 1) expect(verify({ ...official.params, sign }, turn(official.key, at))).to.equal(false);
      for (const [name, value] of Object.entries(official.params)) {
        for (let at = 0; at < value.length; at += 1) {
          expect(verify({ ...official.params, [name]: turn(value, at), sign }), `${name} ${at}`).to.equal(false);
        }
      }
    }
  });
});

describe('An answer of WeChat Pay’s version 2', () => {
  const long = '长'.repeat(300);
  const refusal = (text: string) => answered(200, `<xml><return_code>FAIL</return_code><return_msg>${text}</return_msg></xml>`);
  const unreadable = { kind: 'unknown', reason: 'unreadable' };
  const answers: readonly (readonly [string, WireAnswer, object])[] = [
    ['that there are too many calls', answered(429, ''), { kind: 'unknown', reason: 'rate_limited' }],
    ['of a server that fails', answered(500, ''), { kind: 'unknown', reason: 'server_error' }],
    ['of a server that is away', answered(503, ''), { kind: 'unknown', reason: 'server_error' }],
    ['that there is no such page', answered(404, '<xml><return_code>SUCCESS</return_code></xml>'), unreadable],
    ['that is no XML', answered(200, 'busy'), unreadable],
    ['whose root holds nothing', answered(200, '<xml/>'), unreadable],
    ['with an element twice', answered(200, '<xml><a>1</a><a>2</a><return_code>SUCCESS</return_code></xml>'), unreadable],
    ['without a result', genuine({}), unreadable],
    ['of a failure without a code', genuine({ result_code: 'FAIL' }), unreadable],
    ['of a third result', genuine({ result_code: 'MAYBE', err_code: 'NOTENOUGH' }), unreadable],
    ['that another key signed', genuine(paid, 'another'), { kind: 'unknown', reason: 'bad_signature' }],
    [
      'that our signature is wrong',
      refusal('签名错误'),
      { kind: 'rejected', reason: 'auth', vendor: { code: 'return_code', message: '签名错误' } },
    ],
    [
      'that the request cannot be read, at length',
      refusal(long),
      { kind: 'unknown', reason: 'unmapped', vendor: { code: 'return_code', message: '长'.repeat(256) } },
    ],
    [
      'that says no more than no',
      answered(200, '<xml><return_code>FAIL</return_code></xml>'),
      { kind: 'unknown', reason: 'unmapped', vendor: { code: 'return_code', message: '' } },
    ],
  ];
  for (const [what, answer, outcome] of answers) {
    it(`${what} says nothing of the money: ${JSON.stringify(outcome).slice(0, 60)}`, async () => {
      expect(await queryWith(answer)).to.deep.equal(outcome);
    });
  }

  it('with a fault keeps the beginning of the vendor’s words', async () => {
    const told = await payWith(fault('NOTENOUGH', { err_code_des: long }));
    expect(told).to.have.nested.property('vendor.message', '长'.repeat(256));
  });
});

describe('A bar code that WeChat Pay’s shopper shows', () => {
  it('is asked for byte for byte as the vendor documents', async () => {
    const { http, requests } = scriptHttp(genuine(paid));
    await channel.pay({ ...request, payer: { ...request.payer, clientIp: '203.0.113.9' } }, makeCall({ http }));
    const text = `appid=${config.appid}&auth_code=134567890123456789&body=一杯 "coffee"&fee_type=CNY&mch_id=1900000109&nonce_str=${nonce}&out_trade_no=${number}&sign_type=HMAC-SHA256&spbill_create_ip=203.0.113.9&total_fee=888&key=${key}`;
    const sign = createHmac('sha256', key).update(text).digest('hex').toUpperCase();
    const body = `<xml><appid>${config.appid}</appid><mch_id>1900000109</mch_id><nonce_str>${nonce}</nonce_str><sign_type>HMAC-SHA256</sign_type><body>一杯 "coffee"</body><out_trade_no>${number}</out_trade_no><total_fee>888</total_fee><fee_type>CNY</fee_type><spbill_create_ip>203.0.113.9</spbill_create_ip><auth_code>134567890123456789</auth_code><sign>${sign}</sign></xml>`;
    const headers = { 'content-type': 'text/xml; charset=utf-8', 'user-agent': 'paymux' };
    expect(requests).to.deep.equal([{ method: 'POST', url: 'http://127.0.0.1:8090/wechat/pay/micropay', headers, body }]);
  });

  it('is paid at once, with the facts of the answer', async () => {
    expect(await payWith(genuine(paid))).to.deep.equal({ kind: 'ok', report: success });
    expect(await payWith(genuine({ ...paid, total_fee: '887', mch_id: '1900000110', fee_type: undefined })))
      .to.have.property('report')
      .that.deep.includes({ money: { amount: 887, currency: 'CNY' }, echo: { number, merchantNo: '1900000110' } });
  });

  it('is processing while the shopper enters the password', async () => {
    expect(await payWith(fault('USERPAYING'))).to.deep.equal({
      kind: 'ok',
      report: { state: 'processing', echo: { merchantNo: config.mchid } },
    });
  });

  for (const [vendorCode, code, advice] of [
    ['AUTHCODEEXPIRE', 'auth_code_invalid', 'retry'],
    ['AUTH_CODE_ERROR', 'auth_code_invalid', 'retry'],
    ['AUTH_CODE_INVALID', 'auth_code_invalid', 'retry'],
    ['NOTENOUGH', 'insufficient_funds', 'retry_other_method'],
    ['NOTSUPORTCARD', 'card_declined', 'retry_other_method'],
    ['TRADE_ERROR', 'declined', 'retry_other_method'],
  ] as const) {
    it(`is declined as ${code} for ${vendorCode}`, async () => {
      expect(await payWith(fault(vendorCode))).to.include({ kind: 'declined', code, advice });
    });
  }

  it('is unknown wherever money may have moved', async () => {
    const cases: Record<string, HttpStep> = {
      ...Object.fromEntries(
        'SYSTEMERROR BANKERROR ORDERPAID INVALID_REQUEST ORDERREVERSED ORDERCLOSED BUYER_MISMATCH NEW_CODE'
          .split(' ')
          .map((code) => [code, fault(code)]),
      ),
      'no amount': genuine({ ...paid, total_fee: undefined }),
      'an amount that is none': genuine({ ...paid, total_fee: '8.88' }),
      'no number': genuine({ ...paid, out_trade_no: undefined }),
      'no transaction': genuine({ ...paid, transaction_id: undefined }),
      'no result': genuine({ ...paid, result_code: undefined }),
      'another key': genuine(paid, 'f'.repeat(32)),
      'an unsigned success': answered(200, '<xml><return_code>SUCCESS</return_code><result_code>SUCCESS</result_code></xml>'),
      'an unsigned fault': answered(200, '<xml><return_code>FAIL</return_code><return_msg>系统繁忙</return_msg></xml>'),
      'no XML': answered(200, 'ok'),
      'a DOCTYPE': answered(200, '<!DOCTYPE x><xml><return_code>SUCCESS</return_code></xml>'),
      'a field twice': answered(200, '<xml><return_code>SUCCESS</return_code><sign>A</sign><sign>B</sign></xml>'),
      'HTTP 500': answered(500, ''),
      'HTTP 429': answered(429, ''),
      'HTTP 404': answered(404, ''),
    };
    for (const [name, step] of Object.entries(cases)) expect((await payWith(step)).kind, name).to.equal('unknown');
  });

  it('is rejected where the request or the configuration is at fault, without money', async () => {
    expect(await payWith(fault('PARAM_ERROR'))).to.include({ kind: 'rejected', reason: 'validation' });
    expect(await payWith(fault('APPID_MCHID_NOT_MATCH'))).to.include({ kind: 'rejected', reason: 'config' });
    expect(await payWith(fault('OUT_TRADE_NO_USED'))).to.include({ kind: 'rejected', reason: 'number_reused' });
    const wrongKey = '<xml><return_code>FAIL</return_code><return_msg>签名失败</return_msg></xml>';
    expect(await payWith(answered(200, wrongKey))).to.include({ kind: 'rejected', reason: 'auth' });
    for (const authCode of [undefined, '', '284567890123456789', '13456789012345678', '13456789012345678x']) {
      const payer = authCode === undefined ? {} : { authCode };
      expect(await channel.pay({ ...request, payer }, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'validation' });
    }
  });

  it('never throws, and is never paid, for any bytes that answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => Buffer.from(`<xml>${text}</xml>`)),
        ),
        async (bytes) => {
          expect((await payWith(answered(200, bytes))).kind).to.equal('unknown');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('needs the key and the certificate of version 2', async () => {
    const without = openWechat();
    for (const work of [without.pay(request, makeCall()), without.query(attempt, makeCall()), without.close(attempt, makeCall())]) {
      expect(await work).to.deep.equal({ kind: 'rejected', reason: 'config' });
    }
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const stranger = await certify(other.privateKey, other.publicKey);
    for (const [field, overrides] of [
      ['merchant_certificate', { api_v2_key: key }],
      ['api_v2_key', { merchant_certificate: certificate }],
      ['api_v2_key', { api_v2_key: 'short', merchant_certificate: certificate }],
      ['merchant_certificate', { api_v2_key: key, merchant_certificate: stranger }],
      ['merchant_certificate', { api_v2_key: key, merchant_certificate: 'none' }],
      ['v2_sign_type', { api_v2_key: key, merchant_certificate: certificate, v2_sign_type: 'SHA1' }],
    ] as const) {
      expect(() => openWechat(overrides), JSON.stringify(field)).to.throw(Error, new RegExp(`^${field} `));
    }
  });
});

describe('Asking about a bar code', () => {
  it('tells each of the vendor’s states', async () => {
    expect(await queryWith(found('SUCCESS', paid))).to.deep.equal({ kind: 'ok', report: success });
    for (const state of ['USERPAYING', 'NOTPAY', 'ACCEPT']) {
      expect(await queryWith(found(state)), state).to.deep.equal({ kind: 'ok', report: { state: 'processing', echo } });
    }
    for (const state of ['REVOKED', 'CLOSED']) {
      expect(await queryWith(found(state)), state).to.deep.equal({ kind: 'ok', report: { state: 'closed', echo } });
    }
    expect(await queryWith(found('PAYERROR'))).to.deep.include({ kind: 'declined', code: 'declined', echo });
    const other = { ...echo, number: 'OTHER' };
    expect(await queryWith(found('PAYERROR', { out_trade_no: 'OTHER' })), 'for the kernel to refuse').to.deep.include({ echo: other });
    expect(await queryWith(fault('ORDERNOTEXIST'))).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
  });

  it('decides nothing by a state that is new, or by money that was given back unasked', async () => {
    for (const step of [
      found('NEW'),
      found('REFUND', paid),
      found('USERPAYING', { out_trade_no: undefined }),
      fault('SYSTEMERROR'),
      fault('NOTENOUGH'),
    ]) {
      expect((await queryWith(step)).kind).to.equal('unknown');
    }
  });
});

describe('Closing a bar code', () => {
  const reversed = genuine({ result_code: 'SUCCESS', recall: 'N' });
  async function closeWith(steps: readonly HttpStep[], ageMs = 15_000) {
    const { http, requests } = scriptHttp(...steps);
    const now = () => new Date(attempt.createdAt.getTime() + ageMs);
    return { outcome: await channel.close(attempt, makeCall({ http, now })), requests };
  }

  it('never reverses an order that was paid: a reverse would give its money back', async () => {
    const { outcome, requests } = await closeWith([found('SUCCESS', paid)]);
    expect(outcome).to.deep.equal({ kind: 'paid' });
    expect(requests).to.have.length(1);
  });

  it('reverses one that is not, and shows the merchant’s certificate', async () => {
    for (const state of ['USERPAYING', 'PAYERROR']) {
      const { outcome, requests } = await closeWith([found(state), reversed]);
      expect(outcome).to.deep.equal({ kind: 'closed' });
      expect(requests[0]).not.to.have.property('tls');
      expect(requests[1]).to.include({ url: 'http://127.0.0.1:8090/wechat/secapi/pay/reverse' });
      expect(requests[1]?.tls).to.deep.equal({ cert: certificate, key: config.private_key });
      expect(String(requests[1]?.body)).to.include(`<out_trade_no>${number}</out_trade_no>`);
    }
  });

  it('waits the fifteen seconds that the vendor asks for', async () => {
    const { outcome, requests } = await closeWith([found('USERPAYING')], 14_999);
    expect(outcome.kind).to.equal('unknown');
    expect(requests).to.have.length(1);
  });

  it('reverses nothing that is closed, not there, another order, or not known', async () => {
    for (const [step, kind] of [
      [found('REVOKED'), 'closed'],
      [fault('ORDERNOTEXIST'), 'notFound'],
      [found('USERPAYING', { out_trade_no: 'OTHER' }), 'unknown'],
      [found('REFUND', paid), 'unknown'],
      [{ kind: 'notSent', reason: 'refused' }, 'notSent'],
    ] as const) {
      const { outcome, requests } = await closeWith([step]);
      expect(outcome.kind).to.equal(kind);
      expect(requests).to.have.length(1);
    }
  });

  it('is unknown when the vendor wants the same again, or cannot be believed', async () => {
    for (const step of [
      genuine({ result_code: 'SUCCESS', recall: 'Y' }),
      genuine({ result_code: 'SUCCESS' }),
      fault('SYSTEMERROR', { recall: 'Y' }),
      fault('TRADE_ERROR', { recall: 'N' }),
      genuine({ result_code: 'SUCCESS', recall: 'N' }, 'f'.repeat(32)),
    ]) {
      expect((await closeWith([found('USERPAYING'), step])).outcome.kind).to.equal('unknown');
    }
  });
});
