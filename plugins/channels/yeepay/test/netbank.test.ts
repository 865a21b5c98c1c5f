import { verify } from 'node:crypto';
import { expect } from 'chai';
import type { PayRequest } from '../../../../core/contract/channel.ts';
import { type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, config, good, number, openYeepay, order, ours, request } from './fixture.ts';

const cashier = 'https://cash.example/cashier/std';
const atBank: PayRequest = { ...request, product: 'netbank', payer: { bankCode: 'ICBC_B2C' }, returnUrl: 'https://shop.example/back' };
const made = { ...order, status: 'PROCESSING', token: '0123456789ABCDEF0123456789ABCDEF' };

async function payWith(step: HttpStep, overrides: Partial<PayRequest> = {}) {
  const { http, requests } = scriptHttp(step);
  const outcome = await openYeepay({ cashier_url: cashier }).pay({ ...atBank, ...overrides }, makeCall({ http }));
  return { outcome, requests };
}

describe('yeepay: paying at a bank', () => {
  it('makes an order, and sends the shopper to the cashier with its token and the bank, signed as it stands', async () => {
    const { outcome, requests } = await payWith(good(made));
    expect(requests[0]?.url).to.equal(`${config.base_url}/rest/v1.0/trade/order`);
    const body = decodeURIComponent(decodeURIComponent(String(requests[0]?.body).replaceAll('+', ' ')));
    expect(body).to.include(`orderId=${number}`).and.include('orderAmount=19.99').and.include('redirectUrl=https://shop.example/back');
    expect(body).to.not.match(/userIp|payWay|scene/);
    const url = outcome.kind === 'action' && outcome.action.type === 'redirect' ? outcome.action.url : '';
    const [, signature = '', text = ''] = /^https:\/\/cash\.example\/cashier\/std\?sign=([\w-]+)\$SHA256&(.*)$/.exec(url) ?? [];
    expect(text).to.match(
      new RegExp(
        `^appKey=${config.app_key}&merchantNo=${config.merchant_no}&token=${made.token}&timestamp=\\d{10}&directPayType=ICBC_B2C&cardType=&userNo=${number}&userType=USER_ID$`,
      ),
    );
    expect(verify('sha256', Buffer.from(text), ours.publicKey, Buffer.from(signature, 'base64url'))).to.equal(true);
  });

  it('is refused without a bank of the list, and tells the list', async () => {
    for (const bankCode of [undefined, 'ICBC', 'ICBC_B2C&token=x', '']) {
      const { outcome, requests } = await payWith(good(made), { payer: bankCode === undefined ? {} : { bankCode } });
      expect(outcome)
        .to.deep.include({ kind: 'rejected', reason: 'validation' })
        .and.nested.property('vendor.message')
        .that.includes('CMBCHINA_B2C');
      expect(requests).to.have.length(0);
    }
  });

  it('is not offered by an account without a cashier to go to', async () => {
    expect(await openYeepay().pay(atBank, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'config' });
    expect(() => openYeepay({ cashier_url: 'http://cash.example/cashier/std' })).to.throw('cashier_url must be https');
    expect(() => openYeepay({ cashier_url: 'https://cash.yeepay.com/cashier/std' })).to.throw('cashier_url is that of live');
  });

  for (const [what, change] of Object.entries({
    'another order': { orderId: 'OTHER' },
    'another merchant': { merchantNo: '10086039999' },
    'no token': { token: undefined },
    'a token that could add fields': { token: 'abcdefgh&directPayType=X' },
  })) {
    it(`goes nowhere with an answer of ${what}`, async () => {
      expect((await payWith(good({ ...made, ...change }))).outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    });
  }

  it('is closed by the interface of trade orders', async () => {
    const { http, requests } = scriptHttp(good(order));
    expect(await openYeepay({ cashier_url: cashier }).close({ ...attempt, product: 'netbank' }, makeCall({ http }))).to.deep.equal({
      kind: 'closed',
    });
    expect(requests[0]?.url).to.equal(`${config.base_url}/rest/v1.0/trade/order/close`);
  });
});
