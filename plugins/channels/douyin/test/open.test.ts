import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import douyin, { type Config } from '../index.ts';
import { config, genuine, openDouyin } from './fixture.ts';

describe('a Douyin Pay account', () => {
  it('opens with what the manifest asks for', () => {
    expect(openDouyin().merchantNo).to.equal(config.mchid);
    expect(douyin.manifest.config.properties).to.have.all.keys(Object.keys(config));
  });

  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bad: readonly (readonly [keyof Config, string | undefined])[] = [
    ['encrypt_key', ''],
    ['encrypt_key', 'secret-of-31-bytes-aaaaaaaaaaaa'],
    ['encrypt_key', '密'.repeat(32)],
    ['encrypt_key', undefined],
    ['mchid', ''],
    ['mchid', '80001234567"'],
    ['appid', undefined],
    ['serial_no', '12,mchid=1'],
    ['private_key', ''],
    ['private_key', 'secret-nonsense'],
    ['private_key', short.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['private_key', curve.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['platform_public_keys', '{}'],
    ['platform_public_keys', '{"A":"nonsense"}'],
    ['platform_public_keys', undefined],
    ['platform_public_keys', JSON.stringify({ A: short.publicKey.export({ type: 'spki', format: 'pem' }) })],
    ['base_url', 'http://gateway.example'],
    ['base_url', 'https://user:secret@gateway.example'],
    ['base_url', 'https://gateway.example/?a=1'],
    ['base_url', 'https://api.douyinpay.com'],
  ];
  bad.forEach(([field, value], index) => {
    it(`refuses a ${field} that cannot work, and names it without its value (${index + 1})`, () => {
      const overrides = { [field]: value } as Partial<Config>;
      expect(() => openDouyin(overrides)).to.throw(Error, new RegExp(`^${field}((?!secret|BEGIN).)*$`));
    });
  });

  it('takes the vendor’s gateway for real money, and nothing without encryption', () => {
    expect(() => openDouyin({ base_url: 'https://api.douyinpay.com' }, true)).not.to.throw();
    expect(() => openDouyin({ base_url: 'http://127.0.0.1:8090' }, true)).to.throw('base_url of a live account must be https');
  });

  it('is proven by a "not found" about an order that cannot exist, and by nothing less', async () => {
    const probe = (step: ReturnType<typeof answered>) => openDouyin().probe(makeCall({ http: scriptHttp(step).http }));
    expect(await probe(genuine(404, { code: 'ORDER_NOT_EXIST' }))).to.deep.equal({ ok: true, detail: 'ORDER_NOT_EXIST' });
    expect(await probe(answered(401, '{"code":"SIGN_ERROR"}'))).to.deep.equal({ ok: false, detail: 'SIGN_ERROR' });
    expect(await probe(answered(200, '{}'))).to.deep.equal({ ok: false, detail: 'unknown: bad_signature' });
  });
});
