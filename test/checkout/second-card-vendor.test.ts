import { expect } from 'chai';
import { checkMoney } from '../kit/check-money.ts';
import { chooseAt, getPage, openCheckout, payBegun } from '../kit/checkout.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { type Paymux, startPaymux } from '../kit/paymux.ts';

describe('A shopper whose card one vendor declined', () =>
  forEachDatabase((_name, open) => {
    let database: TestDatabase;
    let paymux: Paymux;

    before(async function () {
      this.timeout(60_000);
      database = await open();
      paymux = await startPaymux({ database, channels: ['stripe', 'adyen'] });
    });
    after(() => paymux.stop());

    it('reaches the other by the same entry, and is charged once', async function () {
      this.timeout(20_000);
      const { id, checkout_url: url } = await openCheckout(paymux, { currency: 'EUR' });
      const cards = async () =>
        [...(await getPage(`${url}?choose=1`)).text.matchAll(/name="method" value="([^"]+)"/g)].map(([, method]) => method);
      const [first = '', ...others] = await cards();
      expect(others).to.deep.equal([]);
      await chooseAt(url, { method: first });
      const { body } = await paymux.call('GET', `/v1/payments/${id}`);
      expect((await paymux.control('/_pay', { target: body.action.url, outcome: 'fail' })).status).to.equal(409);
      const [second = '', ...rest] = await cards();
      expect([second === first, rest]).to.deep.equal([false, []]);
      await chooseAt(url, { method: second });
      await payBegun(paymux, id);
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${id}`)).body.state === 'success');
      const { attempts } = (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body;
      expect(attempts.map((one: { method: string; state: string }) => [one.method, one.state])).to.deep.equal([
        [first, 'closed'],
        [second, 'succeeded'],
      ]);
      const { entries } = (await paymux.control('/_truth?since=0')).body;
      expect((entries as { kind: string }[]).filter(({ kind }) => kind === 'charge')).to.have.length(1);
      expect(await checkMoney(database.database, entries)).to.deep.equal([]);
    });
  }));
