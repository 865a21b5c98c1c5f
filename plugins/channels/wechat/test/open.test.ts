import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import wechat, { type Config } from '../index.ts';
import {
  callback,
  config,
  genuine,
  type JavaVector,
  merchant,
  openWechat,
  paidOrder,
  platform,
  platformSerial,
  readVector,
  vendorHeaders,
} from './fixture.ts';

describe('a WeChat Pay account', () => {
  it('opens with what the manifest asks for, and has a function for each ability', () => {
    const channel = openWechat();
    expect(channel.merchantNo).to.equal('1900000109');
    expect(Object.keys(channel).sort()).to.deep.equal(
      ['close', 'fetchStatement', 'merchantNo', 'parseCallback', 'pay', 'probe', 'query', 'queryRefund', 'readStatement', 'refund'].sort(),
    );
    expect(wechat.manifest.config.properties).to.include.all.keys(Object.keys(config));
  });

  it('refuses to open with a field that cannot work, naming the field and never its value', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pemOf = (key: typeof short.privateKey): string =>
      key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
    const bad: [keyof Config, string | undefined][] = [
      ['api_v3_key', ''],
      ['api_v3_key', 'secret-of-31-bytes-aaaaaaaaaaaa'],
      ['api_v3_key', 'secret-of-33-bytes-aaaaaaaaaaaaaa'],
      ['api_v3_key', '密'.repeat(32)],
      ['api_v3_key', undefined],
      ['mchid', ''],
      ['mini_appid', 'not an appid'],
      ['app_appid', ''],
      ['mchid', '1900000109"'],
      ['mchid', undefined],
      ['appid', ''],
      ['serial_no', '12,mchid=1'],
      ['serial_no', undefined],
      ['private_key', ''],
      ['private_key', 'secret-nonsense'],
      ['private_key', pemOf(short.privateKey)],
      ['private_key', pemOf(curve.privateKey)],
      ['private_key', undefined],
      ['platform_public_keys', ''],
      ['platform_public_keys', '{}'],
      ['platform_public_keys', '[]'],
      ['platform_public_keys', '{"A":"nonsense"}'],
      ['platform_public_keys', '{"A":5}'],
      ['platform_public_keys', JSON.stringify({ A: pemOf(short.publicKey) })],
      ['base_url', 'http://api.mch.weixin.qq.com'],
      ['base_url', 'ftp://127.0.0.1'],
      ['base_url', 'https://api.mch.weixin.qq.com?x=1'],
      ['base_url', 'nonsense'],
      // A test account on the vendor's own gateway would move real money: there is no sandbox.
      ['base_url', 'https://api.mch.weixin.qq.com'],
    ];
    for (const [field, value] of bad) {
      let message = '';
      try {
        openWechat({ [field]: value } as never);
      } catch (error) {
        message = String(error);
      }
      expect(message, `${field} ${value}`).to.match(new RegExp(`^Error: ${field}`));
      if (value !== undefined && value.length > 8) expect(message).not.to.contain(value);
      expect(message).not.to.match(/secret|BEGIN/);
    }
  });

  it('trusts several platform keys side by side, so that the vendor can change them', async () => {
    const next = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = (key: typeof next.publicKey): string => key.export({ type: 'spki', format: 'pem' }).toString();
    const channel = openWechat({
      platform_public_keys: JSON.stringify({ [platformSerial]: spki(platform.publicKey), '5157F09EFDC096DE': spki(next.publicKey) }),
    });
    const old = await channel.parseCallback(callback('TRANSACTION.SUCCESS', paidOrder), makeCall());
    const fresh = callback('TRANSACTION.SUCCESS', paidOrder, { key: next.privateKey, serial: '5157F09EFDC096DE' });
    const crossed = callback('TRANSACTION.SUCCESS', paidOrder, { key: next.privateKey });
    expect(old.kind).to.equal('event');
    expect((await channel.parseCallback(fresh, makeCall())).kind).to.equal('event');
    expect((await channel.parseCallback(crossed, makeCall())).kind).to.equal('refused');
  });

  it('takes the certificates of the vendor in place of bare keys', function () {
    const vector = readVector<JavaVector>('sdk-java.json');
    if (vector === null) return this.skip();
    expect(() =>
      openWechat({ platform_public_keys: JSON.stringify({ '444024045C4A427599D09BB4E3DE027827CBA04F': vector.platform_certificate }) }),
    ).not.to.throw();
  });

  it('proves its keys by asking for an order that cannot exist', async () => {
    const probe = (step: Parameters<typeof scriptHttp>[0]) => openWechat().probe(makeCall({ http: scriptHttp(step).http }));
    expect(await probe(genuine(404, { code: 'ORDER_NOT_EXIST', message: '' }))).to.deep.equal({ ok: true, detail: 'ORDER_NOT_EXIST' });
    expect(await probe(genuine(401, { code: 'SIGN_ERROR', message: '' }))).to.deep.equal({ ok: false, detail: 'SIGN_ERROR' });
    expect(await probe(answered(401, '{}'))).to.deep.equal({ ok: false, detail: 'rejected: auth' });
    expect(await probe(genuine(404, { code: 'ORDER_NOT_EXIST', message: '' }, { key: merchant.privateKey }))).to.deep.equal({
      ok: false,
      detail: 'unknown: bad_signature',
    });
  });

  it('logs an answer that it cannot believe, without its content', async () => {
    const lines: unknown[] = [];
    const body = '{"code_url":"weixin://secret"}';
    const http = scriptHttp(answered(200, body, vendorHeaders(body, { serial: 'OLD' }))).http;
    await openWechat().probe(makeCall({ http, log: (...line) => lines.push(line) }));
    expect(lines).to.deep.equal([
      ['warn', 'answer of WeChat Pay is not proven genuine', { verdict: 'bad_signature', status: 200, platform_serial: 'OLD' }],
    ]);
  });
});
