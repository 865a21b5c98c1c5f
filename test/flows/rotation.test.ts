import { expect } from 'chai';
import { updateAccount } from '../../core/access/admin/accounts.ts';
import { rotateSecrets } from '../../core/access/admin/rotate.ts';
import { addKey } from '../../core/access/key-file.ts';
import { openVault } from '../../core/access/vault.ts';
import { deleteOldVersions } from '../../core/access/versions.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';

type Json = Readonly<Record<string, unknown>>;

describe('Credentials that are exchanged', function () {
  this.timeout(60_000);

  for (const graceHours of [72, 0]) {
    describe(`with ${graceHours} hours of grace`, () => {
      forEachDatabase((_name, open) => {
        let paymux: Paymux;
        let plugins: Awaited<ReturnType<typeof discoverChannels>>['plugins'];

        beforeEach(async () => {
          // Nothing but the callback tells: the polling comes later than the test ends.
          const environment = { PAYMUX_CHANNELS_ROTATION_GRACE_HOURS: String(graceHours), PAYMUX_JOBS_POLL_MS: '3600000' };
          paymux = await startPaymux({ database: await open(), channels: ['stripe'], environment });
          ({ plugins } = await discoverChannels('plugins/channels'));
        });
        afterEach(() => paymux.stop());

        const first = () => paymux.accounts[0]?.id ?? '';
        const create = async () => {
          const order = { merchant_order_no: orderNo(), amount: 1999, currency: 'USD', subject: 'Tea', method: 'stripe_checkout' };
          return (await paymux.call('POST', '/v1/payments', { ...order, return_url: 'https://shop.example/done' })).body;
        };
        const attemptOf = async (payment: { id: string }) =>
          (await paymux.stored.database.get('SELECT * FROM attempts WHERE payment_id = ?', [payment.id])) as Json;
        const update = async (config: Json, marks: { otherMerchant?: boolean; leaked?: boolean } = {}) => {
          const { version } = must(await updateAccount({ ...paymux.admin, plugins }, { id: first(), config, ...marks }));
          await eventually(async () => (await attemptOf(await create()))['account_version'] === version);
        };
        const pay = (payment: { action: { url: string } }) => paymux.control('/_pay', { target: payment.action.url });
        const settledByCallback = async () =>
          (await paymux.stored.database.all("SELECT id FROM history WHERE cause = 'callback' AND to_state = 'succeeded'")).length;
        const offered = async (index: number) => (await paymux.control('/_accounts')).body.stripe[index];

        if (graceHours === 0) {
          it('no longer verify a callback', async () => {
            const payment = await create();
            await update({ webhook_secret: `whsec_${'next'.repeat(8)}` });
            await pay(payment);
            expect(await settledByCallback()).to.equal(0);
          });
          return;
        }

        it('still verify the callbacks that the vendor signs for them, and new ones are served', async () => {
          const payment = await create();
          await update({ webhook_secret: `whsec_${'next'.repeat(8)}` });
          await pay(payment);
          await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.state === 'success');
          expect(await settledByCallback()).to.equal(1);
        });

        it('verify nothing any more once they have leaked, nor do those before them', async () => {
          const payment = await create();
          await update({ webhook_secret: `whsec_${'next'.repeat(8)}` });
          await update({ webhook_secret: `whsec_${'other'.repeat(6)}` }, { leaked: true });
          await pay(payment);
          expect(await settledByCallback()).to.equal(0);
        });

        it('of another merchant verify nothing any more once they have leaked, be it told with the move or later', async () => {
          const { config: other } = await offered(1);
          for (const told of ['with the move', 'later']) {
            const payment = await create();
            await update(
              { ...other, webhook_secret: `whsec_${`${told} more`.replaceAll(' ', '').repeat(3)}` },
              { otherMerchant: true, leaked: told !== 'later' },
            );
            if (told === 'later') await update({}, { leaked: true });
            await pay(payment);
            expect(await settledByCallback(), told).to.equal(0);
            // It is still asked about with them.
            await paymux.call('GET', `/v1/payments/${payment.id}`);
            await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.state === 'success');
            await update((await offered(0)).config, { otherMerchant: true });
          }
        });

        it('can be said to be of another merchant afterwards, and then payments before stay with them', async () => {
          const payment = await create();
          const { config: other } = await offered(1);
          const unsaid = await updateAccount({ ...paymux.admin, plugins }, { id: first(), config: other });
          expect(unsaid.kind === 'faults' && unsaid.faults[0]).to.match(/^an account cannot move to another merchant number/);
          // Keys alone do not tell whose they are.
          const { account_id: _, ...keys } = other;
          await update(keys);
          await update({}, { otherMerchant: true });
          await pay(payment);
          await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.state === 'success');
          const again = await updateAccount({ ...paymux.admin, plugins }, { id: first(), otherMerchant: true });
          expect(again.kind === 'faults' && again.faults[0]).to.match(/there is no move to mark$/);
        });

        it('of another merchant cannot speak of payments that are not his, however well they are signed', async () => {
          const payment = await create();
          await update((await offered(1)).config, { otherMerchant: true });
          // As if it had been made with the new credentials: what the old ones sign is a stranger's word then.
          const { database } = paymux.stored;
          await database.transaction((tx) => tx.run('UPDATE attempts SET account_version = 2 WHERE payment_id = ?', [payment.id]));
          await pay(payment);
          expect(await settledByCallback()).to.equal(0);
          expect((await database.get('SELECT state FROM payments WHERE id = ?', [payment.id]))?.['state']).to.equal('pending');
        });

        it('are forgotten after the grace, and kept encrypted until then with whatever key is in use', async () => {
          await update({ webhook_secret: `whsec_${'next'.repeat(8)}` });
          const { database } = paymux.stored;
          const stored = async () => (await database.all('SELECT config FROM account_versions')).map((row) => String(row['config']));
          const before = await stored();
          expect(before).to.have.length(1);
          expect(before[0]).to.not.match(/whsec_|sk_test_/);
          const keyFile = String(paymux.environment['PAYMUX_KEY_FILE']);
          addKey(keyFile);
          must(await rotateSecrets({ ...paymux.admin, vault: openVault({ keyFile, create: false }) }));
          expect(await stored())
            .to.have.length(1)
            .and.not.deep.equal(before);
          expect(await deleteOldVersions(database, graceHours, new Date())).to.equal(0);
          expect(await deleteOldVersions(database, graceHours, new Date(Date.now() + 73 * 3_600_000))).to.equal(1);
        });

        it('of another merchant stay with the payments that were made with them: asked, verified and refunded there', async () => {
          const [old, other] = [await offered(0), await offered(1)];
          const payment = await create();
          await update(other.config, { otherMerchant: true });
          const moved = await create();
          expect(await deleteOldVersions(paymux.stored.database, 0, new Date(Date.now() + 1000))).to.equal(0);
          await pay(payment);
          await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.state === 'success');
          const body = { merchant_refund_no: orderNo(), amount: 500, reason: 'Cold' };
          const refund = (await paymux.call('POST', `/v1/payments/${payment.id}/refunds`, body)).body;
          expect(refund.state).to.equal('success');
          await pay(moved);
          const { entries } = (await paymux.control('/_truth?since=0')).body;
          const done = entries.map(({ kind, account }: { kind: string; account: string }) => `${kind} ${account}`);
          expect(done).to.deep.equal([`charge ${old.id}`, `refund ${old.id}`, `charge ${other.id}`]);
        });
      });
    });
  }
});
