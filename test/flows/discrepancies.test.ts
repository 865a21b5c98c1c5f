import { expect } from 'chai';
import { createApp, createMerchant } from '../../core/access/admin/apps.ts';
import { createKey } from '../../core/access/admin/keys.ts';
import { filesKit } from '../../core/channels/files.ts';
import { type DiscrepancyRow, insertDiscrepancies } from '../../core/store/tables/discrepancies.ts';
import { insertReconciliation, type ReconciliationRow } from '../../core/store/tables/reconciliations.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { payAsShopper } from '../kit/shopper.ts';

const at = Date.UTC(2026, 4, 2, 3);

describe('Discrepancies, as people look after them', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let account: string;
    let made: number;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open(), channels: ['wechat'] });
      made = 0;
      const row = await paymux.stored.database.get('SELECT id FROM channel_accounts ORDER BY id LIMIT 1');
      account = String(row?.['id']);
      const day: ReconciliationRow = {
        id: 'rec_1',
        account_id: account,
        channel: 'wechat',
        livemode: 0,
        day: '2026-05-01',
        state: 'done',
        reason: null,
        tries: 0,
        due_at: null,
        entries: 3,
        totals: JSON.stringify([sum]),
        created_at: at,
        done_at: at,
      };
      await paymux.stored.database.transaction((tx) => insertReconciliation(tx, day));
    });
    after(() => paymux.stop());

    const sum = {
      class: 'missing_here',
      kind: 'payment',
      currency: 'CNY',
      entries_there: 1,
      amount_there: 100,
      entries_here: 0,
      amount_here: 0,
    };

    const add = async (more: Partial<DiscrepancyRow> = {}): Promise<string> => {
      made += 1;
      const row: DiscrepancyRow = {
        id: `dis_${made}`,
        reconciliation_id: 'rec_1',
        entry_key: `${made}`,
        account_id: account,
        channel: 'wechat',
        app_id: null,
        livemode: 0,
        day: '2026-05-01',
        class: 'missing_here',
        kind: 'payment',
        number: 'N',
        channel_no: 'v',
        currency: 'CNY',
        amount_here: null,
        amount_there: 100,
        fee_here: null,
        fee_there: null,
        payment_id: null,
        subject_id: null,
        file_id: 'stf_1',
        entry: 1,
        evidence: 'sealed',
        occurred_at: at,
        state: 'open',
        reason: null,
        owner: null,
        asked_by: null,
        version: 0,
        created_at: at,
        resolved_at: null,
        ...more,
      };
      await paymux.stored.database.transaction((tx) => insertDiscrepancies(tx, [row]));
      return row.id;
    };
    const post = (id: string, verb: string, body: unknown = { note: 'Seen' }, key = paymux.key) =>
      paymux.call('POST', `/v1/discrepancies/${id}/${verb}`, body, { authorization: `Bearer ${key}` });
    const newKey = async (
      scopes: readonly ('*' | 'payments:read' | 'reconciliation:read' | 'reconciliation:write')[],
      appId = paymux.appId,
    ) => must(await createKey(paymux.admin, { appId, scopes: [...scopes] })).key;
    const works = async (key: string) => {
      await eventually(
        async () => (await paymux.call('GET', '/v1/discrepancies/none', undefined, { authorization: `Bearer ${key}` })).status !== 401,
      );
      return key;
    };

    it('are listed with the day that they belong to, and never with the vendor’s own words', async () => {
      const id = await add();
      const day = await paymux.call('GET', '/v1/reconciliations/rec_1');
      expect(day.body).to.deep.include({ object: 'reconciliation', day: '2026-05-01', state: 'done', classes: [sum] });
      expect((await paymux.call('GET', '/v1/reconciliations?day=2026-05-01')).body.data).to.deep.equal([day.body]);
      const { body } = await paymux.call('GET', '/v1/discrepancies?state=open&class=missing_here&reconciliation=rec_1');
      expect(body.data.map((one: { id: string }) => one.id)).to.include(id);
      expect(JSON.stringify(body)).not.to.contain('sealed');
      expect((await paymux.call('GET', '/v1/discrepancies?state=resolved')).body.data).to.deep.equal([]);
    });

    it('are exported with their day, as CSV, text and XLSX, with nothing that a spreadsheet takes for a formula', async () => {
      await add({ reason: '=HYPERLINK("http://x")', amount_there: 1999, fee_there: -3 });
      const report = async (query: string, key = paymux.key) =>
        fetch(`${paymux.url}/v1/reconciliations/rec_1/report${query}`, { headers: { authorization: `Bearer ${key}` } });
      const csv = await report('');
      expect(csv.headers.get('content-type')).to.equal('text/csv; charset=utf-8');
      expect(csv.headers.get('content-disposition')).to.equal('attachment; filename="discrepancies-wechat-2026-05-01.csv"');
      const lines = (await csv.text()).split('\r\n');
      expect(lines[0]).to.contain('day,channel,account,id,class');
      expect(lines.find((line) => line.includes('HYPERLINK')))
        .to.contain(',19.99,')
        .and.contain(',-0.03,')
        .and.contain('"\'=HYPERLINK');
      expect(await (await report('?format=txt&content=classes')).text()).to.match(
        /wechat\t.*\tmissing_here\tpayment\tCNY\t1\t1\.00\t0\t0\.00\r\n$/,
      );
      const files = filesKit.unzip((await report('?format=xlsx')).body as unknown as AsyncIterable<Uint8Array>);
      const names: string[] = [];
      for await (const { name } of files) names.push(name);
      expect(names).to.include('xl/worksheets/sheet1.xml');
      expect((await report('?format=pdf')).status).to.equal(400);
      expect(
        (await fetch(`${paymux.url}/v1/reconciliations/rec_2/report`, { headers: { authorization: `Bearer ${paymux.key}` } })).status,
      ).to.equal(404);
    });

    it('are ended by who takes them for right, once, and opened again; all of it is kept', async () => {
      const id = await add();
      expect((await post(id, 'accept')).body).to.deep.include({ state: 'resolved', reason: 'accepted' });
      expect((await post(id, 'accept')).body.code).to.equal('discrepancy_not_open');
      expect((await post(id, 'reopen', { note: 'A slip' })).body).to.deep.include({ state: 'open', reason: 'reopened', resolved_at: null });
      const { actions } = (await paymux.call('GET', `/v1/discrepancies/${id}`)).body;
      expect(actions.map((one: Record<string, unknown>) => [one['action'], one['note'], one['from_state'], one['to_state']])).to.deep.equal(
        [
          ['accept', 'Seen', 'open', 'resolved'],
          ['reopen', 'A slip', 'resolved', 'open'],
        ],
      );
      expect(new Set(actions.map((one: { actor: string }) => one.actor)).size).to.equal(1);
    });

    it('are written off by one key up to the threshold, and by two beyond it', async function () {
      this.timeout(20_000);
      const [small, large] = [await add({ amount_there: 10_000 }), await add({ amount_there: 10_001 })];
      expect((await post(small, 'write_off')).body).to.deep.include({ state: 'resolved', reason: 'written_off' });
      expect((await post(large, 'write_off')).body).to.deep.include({ state: 'open', reason: 'write_off_asked' });
      const second = await works(await newKey(['reconciliation:write']));
      expect((await post(large, 'query', { note: 'Look' }, second)).body.code).to.equal('discrepancy_not_open');
      expect((await post(large, 'write_off')).body, 'the first key again').to.deep.include({ state: 'open' });
      expect((await post(large, 'write_off', { note: 'Agreed' }, second)).body).to.deep.include({
        state: 'resolved',
        reason: 'written_off',
      });
    });

    it('are taken for right by two beyond the threshold as well: it would be a way around writing off', async () => {
      const large = await add({ amount_there: 10_001 });
      expect((await post(large, 'write_off')).body).to.deep.include({ state: 'open', reason: 'write_off_asked' });
      for (const _time of [1, 2]) expect((await post(large, 'accept')).body).to.deep.include({ state: 'open', reason: 'accept_asked' });
      const second = await works(await newKey(['reconciliation:write']));
      expect((await post(large, 'accept', { note: 'Agreed' }, second)).body).to.deep.include({ state: 'resolved', reason: 'accepted' });
    });

    it('are adjusted in the ledger by one key up to the threshold, and never beyond the difference', async () => {
      const id = await add({ amount_there: 700 });
      const body = { note: 'A correction', reason: 'vendor_correction', amount: 700, currency: 'CNY' };
      expect((await post(id, 'adjust', { ...body, amount: 701 })).body.code).to.equal('discrepancy_not_adjustable');
      for (const fault of [{ reason: 'because' }, { amount: 0.5 }, { currency: 'yuan' }])
        expect((await post(id, 'adjust', { ...body, ...fault })).status, JSON.stringify(fault)).to.equal(400);
      expect((await post(id, 'adjust', body)).body).to.deep.include({ state: 'resolved', reason: 'adjusted' });
      expect((await post(id, 'adjust', body)).body.code).to.equal('discrepancy_not_open');
    });

    it('have an age, and an owner whom they are listed by', async () => {
      const id = await add();
      expect((await post(id, 'assign', { note: 'Hers', owner: 'wang@example.com' })).body).to.include({
        owner: 'wang@example.com',
        state: 'open',
      });
      const listed = await paymux.call('GET', '/v1/discrepancies?owner=wang@example.com');
      expect(listed.body.data.map((one: { id: string }) => one.id)).to.deep.equal([id]);
      expect(listed.body.data[0].age_seconds).to.be.a('number').above(0);
      expect((await post(id, 'assign', { note: 'Nobody’s', owner: null })).body.owner).to.equal(null);
      expect((await post(id, 'assign', { note: 'x', owner: 'two words' })).status).to.equal(400);
      expect((await post(id, 'accept')).body.actions.map((one: { action: string }) => one.action)).to.deep.equal([
        'assign',
        'assign',
        'accept',
      ]);
    });

    it('are settled by asking the vendor again, or by a refund that is one however often it is asked for', async function () {
      this.timeout(20_000);
      const asked = { merchant_order_no: orderNo(), amount: 500, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const { body: payment } = await paymux.call('POST', '/v1/payments', asked);
      await payAsShopper(paymux, payment.action);
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.state === 'success');
      const attempt = await paymux.stored.database.get('SELECT id, number FROM attempts WHERE payment_id = ?', [payment.id]);
      const about = {
        app_id: paymux.appId,
        payment_id: payment.id,
        subject_id: String(attempt?.['id']),
        number: String(attempt?.['number']),
      };
      const status = await add({ ...about, class: 'status_differs', amount_here: 500, amount_there: 500 });
      expect((await post(status, 'query')).body).to.deep.include({ state: 'resolved', reason: 'settled' });
      const twice = await add({ ...about, class: 'duplicate' });
      expect((await post(twice, 'refund', { note: 'Twice', amount: 501 })).body.code).to.equal('refund_exceeds_payment');
      expect((await post(twice, 'refund', { note: 'Twice', amount: 100 })).body).to.deep.include({ state: 'resolved', reason: 'refunded' });
      expect((await post(twice, 'refund', { note: 'Twice', amount: 100 })).body.code).to.equal('discrepancy_not_open');
      const refunds = await paymux.stored.database.all('SELECT amount, merchant_refund_no FROM refunds WHERE payment_id = ?', [payment.id]);
      expect(refunds.map((row) => ({ ...row }))).to.deep.equal([{ amount: 100, merchant_refund_no: twice }]);
    });

    it('need a key that may, and are no other merchant’s', async function () {
      this.timeout(20_000);
      const id = await add({ app_id: paymux.appId });
      const reader = await works(await newKey(['reconciliation:read']));
      expect((await post(id, 'accept', undefined, reader)).body.code).to.equal('forbidden');
      const merchant = must(await createMerchant(paymux.admin, { name: 'Other' }));
      const app = must(await createApp(paymux.admin, { merchantId: merchant.id, name: 'Other', livemode: false }));
      const other = await works(await newKey(['*'], app.id));
      const asOther = (path: string) => paymux.call('GET', path, undefined, { authorization: `Bearer ${other}` });
      expect((await asOther(`/v1/discrepancies/${id}`)).status).to.equal(404);
      expect((await asOther('/v1/discrepancies')).body.data).to.deep.equal([]);
      expect((await asOther('/v1/reconciliations/rec_1')).status, 'an account that several merchants share').to.equal(404);
      expect((await post(id, 'accept', undefined, other)).status).to.equal(404);
    });
  }));
