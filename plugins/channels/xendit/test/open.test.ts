import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import xendit from '../index.ts';
import { fault, openXendit } from './fixture.ts';

describe('xendit: an account', () => {
  it('goes by its business id', () => {
    expect(openXendit().merchantNo).to.equal('0123456789abcdef01234567');
  });

  for (const [field, value] of [
    ['secret_key', ''],
    ['secret_key', 'xnd_development_short'],
    ['secret_key', 'sk_test_0123456789abcdef'],
    ['callback_token', 'short'],
    ['callback_token', ''],
    ['business_id', 'shop'],
    ['account_name', 'Tea & more'],
    ['base_url', 'http://api.xendit.co'],
    ['base_url', 'https://name:word@api.xendit.co'],
  ] as const) {
    it(`is refused for ${field} "${value}", whose value is not told`, () => {
      const open = () => openXendit({ [field]: value });
      expect(open).to.throw(Error, field);
      if (value !== '') expect(open).not.to.throw(value);
    });
  }

  it('takes a key of its own mode only', () => {
    expect(() => openXendit({}, true)).to.throw('secret_key is not a production key');
    const live = 'xnd_production_0123456789abcdef';
    expect(() => openXendit({ secret_key: live })).to.throw('secret_key is not a development key');
    expect(openXendit({ secret_key: live, base_url: 'https://api.xendit.co' }, true)).to.have.property('pay');
  });

  it('proves its key by a question about nothing', async () => {
    const { http } = scriptHttp(fault(404, 'DATA_NOT_FOUND'), fault(401, 'INVALID_API_KEY'), { kind: 'unknown', reason: 'timeout' });
    const call = makeCall({ http });
    expect(await openXendit().probe(call)).to.deep.equal({ ok: true, detail: 'DATA_NOT_FOUND' });
    expect(await openXendit().probe(call)).to.deep.equal({ ok: false, detail: 'INVALID_API_KEY' });
    expect(await openXendit().probe(call)).to.deep.equal({ ok: false, detail: 'unknown: timeout' });
  });

  it('offers every product in the one currency of its country', () => {
    for (const method of xendit.manifest.methods) expect(method.currencies, method.id).to.have.length(1);
  });
});
