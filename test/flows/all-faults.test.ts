import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { type Paymux, startPaymux } from '../kit/paymux.ts';

describe('A payment with faults of every kind', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open(), channels: ['wechat'] });
    });
    after(() => paymux.stop());

    const faultsOf = async (body: object) => {
      const answer = await paymux.call('POST', '/v1/payments', body);
      expect(answer.status, answer.text).to.equal(400);
      return (answer.body.errors as { param: string }[]).map(({ param }) => param).sort();
    };
    const sound = { merchant_order_no: 'a', amount: 100, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };

    it('lists those of the shape and those of the meaning in one answer', async () => {
      const body = {
        ...sound,
        amount: -1,
        currency: 'ZZ',
        foo: 1,
        method: 'nope',
        fallback_methods: ['bad'],
        notify_url: 'x',
        return_url: 'y',
        expires_in: 1,
        payer: { client_ip: 'z' },
      };
      const expected = [
        'amount',
        'currency',
        'expires_in',
        'fallback_methods',
        'foo',
        'method',
        'notify_url',
        'payer.client_ip',
        'return_url',
      ];
      expect(await faultsOf(body)).to.deep.equal(expected);
    });

    it('says nothing of a field that depends on one it could not read', async () => {
      expect(await faultsOf({ ...sound, currency: 7 })).to.deep.equal(['currency']);
      expect(await faultsOf({ ...sound, method: 7 })).to.deep.equal(['method']);
      expect(await faultsOf({ ...sound, method: 'wechat_jsapi', payer: 'me' })).to.deep.equal(['payer']);
      const lines = [{ merchant_order_no: 'x', amount: 1 }];
      expect(await faultsOf({ ...sound, amount: 'many', order_lines: lines })).to.deep.equal(['amount']);
    });

    it('asks for what is missing of both kinds', async () => {
      expect(await faultsOf({ ...sound, method: undefined, fallback_methods: ['alipay_page'] })).to.deep.equal(['method']);
      expect(await faultsOf({ currency: 'CNY' })).to.deep.equal(['amount', 'merchant_order_no', 'subject']);
      expect(await faultsOf({ ...sound, subject: 1, method: 'wechat_jsapi' })).to.deep.equal(['payer.openid', 'subject']);
    });
  });
});
