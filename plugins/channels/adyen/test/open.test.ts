import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import type { Config } from '../index.ts';
import { answer, config, link, openAdyen, payRequest, session } from './fixture.ts';

const live: Partial<Config> = {
  client_key: 'live_ABCDEFGHIJKLMNOP',
  base_url: 'https://1797a841fbb37ca7-Shop-checkout-live.adyenpayments.com/checkout',
};

function complaintOf(overrides: Partial<Config>, livemode = false): string {
  try {
    openAdyen(overrides, livemode);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

async function urlOf(overrides: Record<string, unknown>, livemode: boolean): Promise<string | undefined> {
  const { http, requests } = scriptHttp(answer(201, link()));
  await openAdyen(overrides as Partial<Config>, livemode).pay(payRequest(), makeCall({ http }));
  return requests[0]?.url;
}

describe('adyen: opening an account', () => {
  it('names the merchant as callbacks do', () => {
    expect(openAdyen().merchantNo).to.equal('ShopECOM');
  });

  it('refuses what is not in its form, naming the field and never the value', () => {
    const wrong: Partial<Config> = { merchant_account: '', api_key: 'short-secret', client_key: 'test_x', hmac_key: 'DFB1EB5485895C' };
    for (const [name, value] of Object.entries(wrong)) {
      const complaint = complaintOf({ [name]: value });
      expect(complaint).to.include(name);
      if (value !== '') expect(complaint).not.to.include(value);
    }
    expect(complaintOf({ hmac_key: `${config.hmac_key},${config.hmac_key.slice(1)}` })).to.include('hmac_key');
    expect(complaintOf({ hmac_key: '0'.repeat(64) })).to.include('hmac_key');
  });

  it('takes several HMAC keys during a change', () => {
    expect(complaintOf({ hmac_key: `${config.hmac_key}, ${'0123456789abcdef'.repeat(4)}` })).to.equal('');
  });

  it('refuses keys, addresses and environments of the other mode', () => {
    expect(complaintOf({}, true)).to.include('client_key');
    expect(complaintOf({ client_key: 'live_ABCDEFGHIJKLMNOP' })).to.include('client_key');
    expect(complaintOf({ base_url: live.base_url as string })).to.include('base_url');
    expect(complaintOf({ ...live, base_url: 'https://checkout-test.adyen.com' }, true)).to.include('base_url');
    expect(complaintOf({ environment: 'live-us' })).to.include('environment');
    expect(complaintOf({ ...live, environment: 'test' }, true)).to.include('environment');
    expect(complaintOf(live, true)).to.equal('');
  });

  it('has an address by itself in test mode only', async () => {
    expect(await urlOf({ base_url: undefined }, false)).to.equal('https://checkout-test.adyen.com/v72/paymentLinks');
    expect(await urlOf(live, true)).to.equal(`${live.base_url}/v72/paymentLinks`);
    expect(await urlOf({ base_url: `${config.base_url}//` }, false)).to.equal('http://127.0.0.1:8090/adyen/v72/paymentLinks');
    expect(complaintOf({ ...live, base_url: undefined as unknown as string }, true)).to.include('base_url');
    for (const base_url of ['http://example.com', 'https://user@example.com', 'https://example.com/?a=b', 'nonsense']) {
      expect(complaintOf({ base_url }), base_url).to.include('base_url');
    }
  });

  it('tells the client library where the account lives', async () => {
    const { http } = scriptHttp(answer(201, session()));
    const request = payRequest({ product: 'session' });
    const outcome = await openAdyen({ ...live, environment: 'live-apse' }, true).pay(request, makeCall({ http }));
    expect(outcome.kind === 'action' && outcome.action.type === 'sdk' && outcome.action.params.environment).to.equal('live-apse');
  });

  it('wants both parts of the basic authentication, or none', () => {
    expect(complaintOf({ callback_user: 'a' })).to.include('callback_password');
    expect(complaintOf({ callback_password: 'long enough' })).to.include('callback_user');
    expect(complaintOf({ callback_user: 'a', callback_password: 'short' })).to.include('callback_password');
    expect(complaintOf({ callback_user: 'a:b', callback_password: 'long enough' })).to.include('callback_user');
  });
});
