import { expect } from 'chai';
import { answered, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import type { Config } from '../index.ts';
import stripe from '../index.ts';
import { config, fault, missing, openStripe } from './fixture.ts';

describe('stripe: an account', () => {
  it('opens with what the manifest asks for, and has a function for each ability', () => {
    const abilities = ['close', 'fetchStatement', 'parseCallback', 'pay', 'probe', 'query', 'queryRefund', 'readStatement', 'refund'];
    expect(Object.keys(openStripe()).sort()).to.deep.equal([...abilities, 'merchantNo'].sort());
    expect(Object.keys(stripe.manifest.config.properties).sort()).to.deep.equal(Object.keys(config).sort());
    expect(stripe.manifest.methods.map(({ id }) => id)).to.deep.equal(['stripe_checkout', 'stripe_payment_intent']);
  });

  it('takes restricted keys, live keys in live mode, and several signing secrets', () => {
    openStripe({ secret_key: 'rk_test_0123456789abcdef' });
    openStripe({ secret_key: 'sk_live_0123456789abcdef', publishable_key: 'pk_live_0123456789abcdef' }, true);
    openStripe({ webhook_secret: 'whsec_0123456789abcdef, whsec_fedcba9876543210' });
  });

  it('speaks to Stripe itself unless it is told otherwise', async () => {
    const { base_url: _, ...rest } = config;
    const { http, requests } = scriptHttp(missing);
    const channel = stripe.open({ id: 'acc_1', livemode: false, config: rest }, makeKit());
    await channel.probe?.(makeCall({ http }));
    expect(requests[0]?.url).to.match(/^https:\/\/api\.stripe\.com\/v1\//);
  });

  it('refuses keys of the other mode', () => {
    const live = { secret_key: 'sk_live_0123456789abcdef', publishable_key: 'pk_live_0123456789abcdef' };
    expect(() => openStripe({ secret_key: live.secret_key })).to.throw(/^secret_key is not a key of test mode$/);
    expect(() => openStripe({ publishable_key: live.publishable_key })).to.throw(/^publishable_key is not a key of test mode$/);
    expect(() => openStripe({}, true)).to.throw(/^secret_key is not a key of live mode$/);
  });

  it('refuses what cannot be a key or an address, naming the field and never its value', () => {
    const bad: readonly (readonly [keyof Config, string])[] = [
      ['secret_key', ''],
      ['secret_key', 'sk_test_'],
      ['secret_key', 'sk_test_short'],
      ['secret_key', 'pk_test_0123456789abcdef'],
      ['secret_key', 'sk_test_0123456789abcdef\nx-evil: 1'],
      ['publishable_key', ''],
      ['publishable_key', 'sk_test_0123456789abcdef'],
      ['webhook_secret', ''],
      ['webhook_secret', 'whsec_'],
      ['webhook_secret', 'whsec_short'],
      ['webhook_secret', 'secret_0123456789abcdef'],
      ['webhook_secret', 'whsec_0123456789abcdef,'],
      ['webhook_secret', 'whsec_0123456789abcdef,whsec_'],
      ['account_id', ''],
      ['account_id', 'cus_1'],
      ['base_url', 'http://api.stripe.com'],
      ['base_url', 'ftp://127.0.0.1'],
      ['base_url', 'https://x:y@api.stripe.com'],
      ['base_url', 'https://a/?b'],
    ];
    for (const [field, value] of bad) {
      let message = '';
      try {
        openStripe({ [field]: value });
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message, `${field} = ${value}`).to.match(new RegExp(`^${field} `));
      if (value.length > 6) expect(message).not.to.contain(value);
    }
    expect(() => openStripe({ secret_key: undefined as never })).to.throw(/^secret_key /);
  });

  it('proves its key by asking for what cannot exist', async () => {
    const probe = (step: ReturnType<typeof fault>) => openStripe().probe(makeCall(scriptHttp(step)));
    expect(await probe(missing)).to.deep.equal({ ok: true, detail: 'resource_missing' });
    expect(await probe(fault(401, {}))).to.deep.equal({ ok: false, detail: 'invalid_request_error' });
    expect(await probe(answered(500, ''))).to.deep.equal({ ok: false, detail: 'unknown: server_error' });
  });
});
