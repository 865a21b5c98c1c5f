import { expect } from 'chai';
import { makeId } from '../../core/ids.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { readFacts, runAdmin } from './command.ts';

describe('npm run admin -- event replay', function () {
  this.timeout(60_000);

  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Merchant;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open() });
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    const replay = (...args: readonly string[]) => readFacts(paymux.environment, 'event', 'replay', ...args);
    const rowsOf = (event: string) => paymux.stored.database.all('SELECT state, tries FROM deliveries WHERE event_id = ?', [event]);

    /** Makes a payment, and answers the event of its creation once the shop has it and the database knows. */
    async function createTold(): Promise<string> {
      const order = {
        merchant_order_no: orderNo(),
        amount: 100,
        currency: 'CNY',
        subject: 'Tea',
        method: 'wechat_native',
        notify_url: shop.url,
      };
      const { body } = await paymux.call('POST', '/v1/payments', order);
      const { body: event } = await shop.waitFor((one) => one.body.type === 'payment.created' && one.body.data.object['id'] === body.id);
      await eventually(async () => (await rowsOf(event.id))[0]?.['state'] === 'delivered');
      return event.id;
    }
    const timesTold = (event: string) => shop.received.filter((one) => one.body.id === event).length;

    it('sends one event again under its own id, by the server that runs', async () => {
      const event = await createTold();
      expect(await replay('--event', event)).to.deep.equal({ event, replayed: 1 });
      await eventually(() => timesTold(event) === 2);
      const [first, second] = shop.received.filter((one) => one.body.id === event);
      expect(second?.headers['webhook-id']).to.equal(first?.headers['webhook-id']);
      expect(second?.raw).to.equal(first?.raw);
    });

    it('sends again what an app was not told in a time, and not what it was', async () => {
      const from = new Date(Date.now() - 1).toISOString();
      const [dead, told] = [await createTold(), await createTold()];
      const to = new Date(Date.now() + 1).toISOString();
      // A quick server makes the next one in the same millisecond.
      await eventually(() => Date.now() > Date.parse(to));
      const later = await createTold();
      for (const event of [dead, later])
        await paymux.stored.database.transaction((tx) => tx.run("UPDATE deliveries SET state = 'dead' WHERE event_id = ?", [event]));
      const facts = await replay('--app', paymux.appId, '--from', from, '--to', to);
      expect(facts).to.deep.equal({ app: paymux.appId, from, to, replayed: 1 });
      await eventually(() => timesTold(dead) === 2);
      expect([timesTold(told), timesTold(later)]).to.deep.equal([1, 1]);
      expect((await rowsOf(later))[0]?.['state']).to.equal('dead');
    });

    it('says so of what is no longer kept', async () => {
      const gone = makeId('evt_', new Date(Date.UTC(2020, 0, 1)));
      const noEvent = await runAdmin(paymux.environment, 'event', 'replay', '--event', gone);
      expect([noEvent.code, noEvent.err]).to.deep.equal([1, `there is no event ${gone}: events are kept for 400 days\n`]);
      const range = ['--from', '2020-01-01T00:00:00Z', '--to', '2020-01-02T00:00:00Z'];
      const tooEarly = await runAdmin(paymux.environment, 'event', 'replay', '--app', paymux.appId, ...range);
      expect(tooEarly.code).to.equal(1);
      expect(tooEarly.err).to.match(/^events are kept for 400 days: --from must not be before \d{4}-/);
      const at = Date.UTC(2020, 0, 1);
      await paymux.stored.database.transaction((tx) =>
        tx.run(
          "INSERT INTO events (id, app_id, type, subject_id, sequence, data, created_at) VALUES (?, ?, 'payment.created', 'pay_1', 1, '{}', ?)",
          [gone, paymux.appId, at],
        ),
      );
      const nothing = await runAdmin(paymux.environment, 'event', 'replay', '--event', gone);
      expect([nothing.code, nothing.err]).to.deep.equal([1, `nothing to send again of ${gone}: what was delivered is kept for 90 days\n`]);
    });

    it('names an event and an app that do not exist', async () => {
      const noEvent = await runAdmin(paymux.environment, 'event', 'replay', '--event', 'evt_none');
      expect([noEvent.code, noEvent.err]).to.deep.equal([1, 'there is no event evt_none\n']);
      const range = ['--from', '2026-05-01T00:00:00Z', '--to', '2026-05-02T00:00:00Z'];
      const noApp = await runAdmin(paymux.environment, 'event', 'replay', '--app', 'app_none', ...range);
      expect([noApp.code, noApp.err]).to.deep.equal([1, 'there is no app app_none\n']);
    });
  });

  const from = ['--from', '2026-05-01T00:00:00Z'];
  const to = ['--to', '2026-05-02T00:00:00Z'];
  const wrong: Readonly<Record<string, readonly [readonly string[], string]>> = {
    nothing: [[], 'say either --event, or --app with --from and --to'],
    'an event and a range': [['--event', 'evt_1', '--app', 'app_1', ...from, ...to], 'say either --event'],
    'half of a range': [['--app', 'app_1', ...from], 'say either --event'],
    'a local time': [['--app', 'app_1', '--from', '2026-05-01 00:00', ...to], '--from must be a time such as'],
    'a day that does not exist': [['--app', 'app_1', '--from', '2026-02-30T00:00:00Z', ...to], '--from must be a time such as'],
    'a range that ends before it begins': [['--app', 'app_1', '--from', '2026-05-03T00:00:00Z', ...to], '--from must be before --to'],
  };
  for (const [what, [args, fault]] of Object.entries(wrong)) {
    it(`takes ${what} for wrong usage, and touches no database`, async () => {
      const run = await runAdmin({ PAYMUX_DATA_DIR: '/nowhere' }, 'event', 'replay', ...args);
      expect(run.code).to.equal(2);
      expect(run.err).to.contain(fault);
    });
  }
});
