import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import cron from 'node-cron';
import sinon from 'sinon';
import { changeConfig } from '../../core/access/admin/change.ts';
import { fetchOfferedAccounts } from '../../core/access/admin/demo.ts';
import { addSigningKey } from '../../core/access/admin/keys.ts';
import { systemClock } from '../../core/clock.ts';
import { loadConfig } from '../../core/config.ts';
import { documentView } from '../../core/http/routes/reconciliation-schemas.ts';
import { documentsTask } from '../../core/reconcile-thread.ts';
import { addDays } from '../../core/reconciliation/day.ts';
import { addApp } from '../kit/apps.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { type Answer, must, type Paymux, startPaymux } from '../kit/paymux.ts';
import { expectProblem } from '../kit/refusal.ts';
import { signRequest } from '../kit/sign-request.ts';
import { writeWechat } from '../kit/statement-writers.ts';

const maxBytes = 100_000;
const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date());
const yesterday = addDays(today, -1);

describe('A statement that is given by the API', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let account: string;
    let owner: string;
    /** A day without entries, as the vendor writes it. */
    let bill: Buffer;

    before(async function () {
      this.timeout(60_000);
      // The server's own job would come in between at the turn of a minute.
      sinon.stub(cron, 'schedule').returns({ stop: () => undefined } as never);
      const environment = { PAYMUX_RECONCILIATION_DOCUMENT_BYTES: String(maxBytes), PAYMUX_HTTP_REQUEST_TIMEOUT_MS: '4000' };
      paymux = await startPaymux({ database: await open(), channels: ['wechat', 'stripe'], environment });
      const row = await paymux.stored.database.get("SELECT id FROM channel_accounts WHERE channel = 'wechat'");
      account = String(row?.['id']);
      owner = String((await paymux.stored.database.get('SELECT merchant_id FROM apps WHERE id = ?', [paymux.appId]))?.['merchant_id']);
      const own = 'UPDATE channel_accounts SET merchant_id = ? WHERE id = ?';
      await changeConfig(paymux.stored.database, async (tx) => ({ kind: 'done', rows: await tx.run(own, [owner, account]) }));
      bill = await writeBill();
    });
    after(() => {
      sinon.restore();
      return paymux.stop();
    });

    async function writeBill(): Promise<Buffer> {
      const offered = await fetchOfferedAccounts(paymux.simulator.url);
      if (typeof offered === 'string') throw new Error(offered);
      const mchid = String(offered['wechat']?.[0]?.config['mchid']);
      const at = Date.parse(`${yesterday}T04:00:00Z`);
      const { content } = writeWechat(
        [{ kind: 'payment', number: 'NOTOURS', channelNo: '4200', amount: 100, currency: 'CNY', fee: 1, at }],
        yesterday,
      );
      return Buffer.from(content.toString().replaceAll('1900000109', mchid));
    }

    const pathOf = (day: string, of = account) => `/v1/reconciliations/documents?account=${of}&day=${day}`;
    const give = async (path: string, body: Buffer | ReadableStream, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
      const answer = await fetch(paymux.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${paymux.key}`, 'content-type': 'text/csv', ...headers },
        body: body as RequestInit['body'] & object,
        ...({ duplex: 'half' } as object),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) };
    };
    const kept = async () => {
      const count = async (table: string) => Number((await paymux.stored.database.get(`SELECT COUNT(*) AS n FROM ${table}`))?.['n']);
      return [await count('statement_files'), await count('statement_pieces')];
    };
    const makeTask = (environment: Readonly<Record<string, string>> = {}) => {
      const loaded = loadConfig({ ...paymux.environment, ...environment });
      if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
      const one = { channel: { readStatement: () => undefined } };
      const kernel = { database: paymux.stored.database, clock: systemClock, channels: { account: () => one, accounts: () => [] } };
      return documentsTask(loaded.config, kernel as never);
    };
    const compare = () => makeTask().run(paymux.stored.database);

    it('is kept and then compared by the next job; the same bytes again change nothing', async function () {
      this.timeout(30_000);
      const first = await give(`${pathOf(yesterday)}&name=bill.csv`, bill);
      expect(first.status, first.text).to.equal(202);
      documentView.parse(first.body);
      const sha256 = createHash('sha256').update(bill).digest('hex');
      expect(first.body).to.deep.include({ account, day: yesterday, state: 'waiting', document: { sha256, is_known: false } });
      const before = await kept();
      const second = await give(pathOf(yesterday), bill);
      expect(second.status).to.equal(200);
      expect(second.body).to.deep.include({ id: first.body.id, document: { sha256, is_known: true } });
      expect(await kept()).to.deep.equal(before);
      await compare();
      const { body: done } = await paymux.call('GET', `/v1/reconciliations/${first.body.id}`);
      expect(done).to.include({ state: 'done', reason: null, entries: 1 });
      expect((await give(pathOf(yesterday), bill)).body).to.deep.include({ state: 'done', document: { sha256, is_known: true } });
      expect(await kept()).to.deep.equal(before);
    });

    it('lies in a folder just as well, and is compared by the job that sees it twice', async function () {
      this.timeout(30_000);
      const inbox = mkdtempSync(join(tmpdir(), 'paymux-inbox-'));
      try {
        const day = addDays(today, -6);
        mkdirSync(join(inbox, account, day), { recursive: true });
        writeFileSync(join(inbox, account, day, 'bill.csv'), bill);
        const task = makeTask({ PAYMUX_RECONCILIATION_INBOX: inbox });
        await task.run(paymux.stored.database);
        expect(readdirSync(inbox)).to.deep.equal([account]);
        await task.run(paymux.stored.database);
        expect(readFileSync(join(inbox, 'refused', account, day, 'bill.csv.txt'), 'utf8')).to.contain(`bill.csv is not of ${day}`);
        expect(readFileSync(join(inbox, 'refused', account, day, 'bill.csv'))).to.deep.equal(bill);
      } finally {
        rmSync(inbox, { recursive: true, force: true });
      }
    });

    it('that cannot be read is refused whole, and says why; what the day came to before stands', async function () {
      this.timeout(30_000);
      const before = await kept();
      const given = await give(pathOf(yesterday), bill.subarray(0, bill.length - 20));
      expect(given.status).to.equal(202);
      await compare();
      const { body } = await paymux.call('GET', `/v1/reconciliations/${given.body.id}`);
      expect(body).to.include({ state: 'done', entries: 1 });
      expect(body.reason).to.be.a('string').and.not.equal('');
      const { body: events } = await paymux.call('GET', '/v1/events?limit=100');
      const told = events.data.filter(({ type }: { type: string }) => type.startsWith('reconciliation.'));
      const last = told.at(-1);
      expect([last.type, last.data.object.state, last.data.object.reason]).to.deep.equal(['reconciliation.refused', 'done', body.reason]);
      expect(await kept()).to.deep.equal(before);
    });

    it('is refused with every fault at once', async () => {
      const faultsOf = async (path: string) => {
        const answer = await give(path, bill);
        expect(answer.status, answer.text).to.equal(400);
        return answer.body.errors.map(({ param, code }: { param: string; code: string }) => `${param} ${code}`);
      };
      const before = await kept();
      expect(await faultsOf('/v1/reconciliations/documents')).to.have.members(['account required', 'day required']);
      expect(await faultsOf(pathOf('2026-02-30', 'acc_none'))).to.have.members(['day invalid_format', 'account account_unknown']);
      expect(await faultsOf(pathOf(addDays(today, 2), 'acc_none'))).to.have.members(['day day_not_over', 'account account_unknown']);
      expect(await faultsOf(pathOf(today))).to.deep.equal(['day day_not_over']);
      expect(await faultsOf(`${pathOf(yesterday)}&name=..%2Fbill.csv&colour=red`)).to.have.members([
        'name invalid_format',
        'colour unknown_field',
      ]);
      expect(await kept()).to.deep.equal(before);
    });

    it('is refused for the account of another merchant, and for one of the other mode', async () => {
      const before = await kept();
      for (const app of [{}, { merchantId: owner, livemode: true }]) {
        const { headers } = await addApp(paymux, app);
        const answer = await give(pathOf(yesterday), bill, headers);
        const codes = answer.body.errors?.map(({ code }: { code: string }) => code);
        expect(codes, answer.text).to.deep.equal(['account_unknown']);
      }
      expect(await kept()).to.deep.equal(before);
    });

    it('is refused with 413 where it is too large, said beforehand or found out, and nothing of it is kept', async () => {
      const before = await kept();
      for (const body of [Buffer.alloc(maxBytes + 1), new Blob([randomBytes(maxBytes + 1)]).stream()])
        expectProblem(await give(pathOf(yesterday), body), { status: 413, code: 'body_too_large' });
      expect(await kept()).to.deep.equal(before);
      const fits = await give(pathOf(addDays(today, -2)), randomBytes(maxBytes));
      expect(fits.status).to.equal(202);
    });

    it('is refused when it is empty, packed, or of a type that no statement has', async () => {
      const before = await kept();
      expectProblem(await give(pathOf(yesterday), Buffer.alloc(0)), { status: 400, code: 'invalid_request' });
      for (const headers of [{ 'content-type': 'video/mp4' }, { 'content-encoding': 'gzip' }])
        expectProblem(await give(pathOf(yesterday), bill, headers), { status: 415, code: 'unsupported_media_type' });
      expect(await kept()).to.deep.equal(before);
    });

    const sendHalf = async () => {
      const socket = connect(Number(new URL(paymux.url).port), '127.0.0.1');
      await once(socket, 'connect');
      const head = ['POST', pathOf(addDays(today, -3)), 'HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n'].join(
        ' ',
      );
      socket.write(`${head}Authorization: Bearer ${paymux.key}\r\n\r\nhalf`);
      return socket;
    };

    it('is answered 408 when it does not come in time, and leaves nothing', async function () {
      this.timeout(20_000);
      const before = await kept();
      const socket = await sendHalf();
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString())
        .to.match(/^HTTP\/1.1 408 /)
        .and.to.contain('request_timeout');
      socket.destroy();
      expect(await kept()).to.deep.equal(before);
    });

    it('leaves nothing when it breaks off', async () => {
      const before = await kept();
      const socket = await sendHalf();
      await eventually(async () => (await kept())[0] === (before[0] ?? 0) + 1);
      socket.destroy();
      await eventually(async () => JSON.stringify(await kept()) === JSON.stringify(before));
    });

    it('may not be given by a key that may only read', async () => {
      const reader = await addApp(paymux, { scopes: ['reconciliation:read'] });
      await eventually(async () => (await give(pathOf(yesterday), bill, reader.headers)).status === 403);
    });

    it('is held to its signature, which covers its digest', async () => {
      const app = await addApp(paymux, { merchantId: owner, requireSignature: true });
      const key = randomBytes(32);
      const added = await addSigningKey(paymux.admin, { appId: app.id, algorithm: 'hmac-sha256', material: key.toString('base64') });
      const { id: keyId } = must(added);
      const day = addDays(today, -4);
      const [path = '', query = ''] = pathOf(day).split('?');
      const sign = () => ({
        ...app.headers,
        ...signRequest({ method: 'POST', path, query, body: bill, keyId, algorithm: 'hmac-sha256', key }),
      });
      await eventually(async () => (await give(pathOf(day), bill, sign())).status === 202);
      const before = await kept();
      const another = Buffer.concat([bill.subarray(0, -1), Buffer.from('!')]);
      expectProblem(await give(pathOf(day), another, sign()), { status: 401, code: 'signature_invalid' });
      expectProblem(await give(pathOf(day), bill, app.headers), { status: 401, code: 'signature_required' });
      const { 'content-digest': _digest, ...without } = sign();
      expectProblem(await give(pathOf(day), bill, without), { status: 401, code: 'signature_invalid' });
      expect(await kept()).to.deep.equal(before);
      expect((await give(pathOf(day), bill, sign())).status).to.equal(200);
    });
  }));
