import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { returnAddress } from '../../core/checkout/return-address.ts';
import { makeSecret } from '../../core/notifications/sign.ts';

const now = new Date('2026-05-01T12:00:00.500Z');

function appWith(secrets: readonly string[], returnUrl: string | null = null) {
  return { returnUrl, notificationSecrets: () => secrets } as never;
}

function paymentOf(more: object = {}) {
  return {
    id: 'pay_1',
    merchant_order_no: 'A.1 &x',
    state: 'success',
    return_url: 'https://shop.example/done?state=old&b=2#end',
    ...more,
  } as never;
}

describe('The address that leads a shopper back', () => {
  it('keeps what the shop wrote, and says which payment it is and how it stood', () => {
    const url = new URL(returnAddress(appWith([makeSecret()]), paymentOf(), now) ?? '');
    const { signature, ...told } = Object.fromEntries(url.searchParams);
    expect(url.href)
      .to.match(/^https:\/\/shop\.example\/done\?/)
      .and.match(/#end$/);
    expect(told).to.deep.equal({ b: '2', payment: 'pay_1', merchant_order_no: 'A.1 &x', state: 'success', timestamp: '1777636800' });
    expect(signature).to.match(/^v1,/);
  });

  it('is signed as notifications are, so that the same library verifies it', () => {
    const secrets = [makeSecret(), makeSecret()];
    const { searchParams: told } = new URL(returnAddress(appWith(secrets), paymentOf(), new Date()) ?? '');
    const headers = {
      'webhook-id': told.get('payment') ?? '',
      'webhook-timestamp': told.get('timestamp') ?? '',
      'webhook-signature': told.get('signature') ?? '',
    };
    const verify = (secret: string, body: string) => () => {
      try {
        new Webhook(secret).verify(body, headers);
      } catch (error) {
        // The body is no JSON, which the library reads only once the signature is good.
        if (!(error instanceof SyntaxError)) throw error;
      }
    };
    for (const secret of secrets) expect(verify(secret, 'success.A.1 &x')).not.to.throw();
    expect(verify(makeSecret(), 'success.A.1 &x')).to.throw();
    expect(verify(secrets[0] ?? '', 'failed.A.1 &x')).to.throw();
  });

  it("is the app's where the payment names none, and nothing where neither does", () => {
    const none = paymentOf({ return_url: null });
    expect(returnAddress(appWith([makeSecret()], 'https://shop.example/'), none, now)).to.match(
      /^https:\/\/shop\.example\/\?payment=pay_1&/,
    );
    expect(returnAddress(appWith([makeSecret()]), none, now)).to.equal(null);
  });
});
