import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { openVault } from '../../core/access/vault.ts';
import { addDays } from '../../core/reconciliation/day.ts';
import { attendDay, listGivenDays } from '../../core/reconciliation/due.ts';
import { countRefused, createStillness, type Lying, lookInto } from '../../core/reconciliation/inbox.ts';
import { takeDocument } from '../../core/reconciliation/take-document.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { openInboxShop, textOf } from '../kit/inbox-shop.ts';
import { noon, day as today } from '../kit/statement-shop.ts';

const day = addDays(today, -1);
const atNoon = noon - 86_400_000;

describe('The folder of documents', () =>
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    let deps: ReturnType<typeof openInboxShop>['deps'];
    let folder: string;
    const keys = mkdtempSync(join(tmpdir(), 'paymux-inbox-key-'));
    const keyFile = join(keys, 'paymux.key');

    beforeEach(async () => {
      stored = await open();
      ({ deps } = openInboxShop(stored.database, openVault({ keyFile, create: true })));
      folder = mkdtempSync(join(tmpdir(), 'paymux-inbox-'));
    });
    after(() => rmSync(keys, { recursive: true, force: true }));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const put = (path: string, content: string) => {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    };
    const read = (path: string) => readFileSync(join(folder, path), 'utf8');
    const list = async (of: string) => (await lookInto(join(folder, of)).catch(() => [])).map(({ path }) => basename(path)).sort();
    const takeAll = async () => {
      const outcomes: string[] = [];
      for (const one of await lookInto(folder)) outcomes.push(`${one.path} ${await takeDocument(deps, folder, one)}`);
      return outcomes;
    };
    const files = () => stored.database.all('SELECT day, name, source, state FROM statement_files ORDER BY id');
    const state = async () => (await stored.database.get('SELECT state, reason FROM reconciliations WHERE day = ?', [day])) ?? null;

    it('tells how many documents lie refused, not their reasons, and none where nothing was ever refused', async () => {
      expect(await countRefused(folder)).to.equal(0);
      for (const path of [`acc_1/${day}/bill.jsonl`, `acc_1/${day}/notes.txt`, 'stray']) put(path, 'no statement');
      await takeAll();
      expect(readdirSync(join(folder, 'refused'), { recursive: true }).length).to.be.greaterThan(5);
      expect(await countRefused(folder)).to.equal(3);
      rmSync(join(folder, 'refused', 'stray'));
      expect(await countRefused(folder)).to.equal(2);
    });

    it('leaves a corrected file that comes in the place of one that is being compared, and takes it next', async () => {
      const path = `acc_1/${day}/bill.jsonl`;
      put(path, await textOf([]));
      const [seen] = await lookInto(folder);
      const corrected = await textOf([{ channelNo: 'v1', at: atNoon }]);
      const database = {
        ...deps.kernel.database,
        transaction: ((...asked: Parameters<typeof deps.kernel.database.transaction>) => {
          writeFileSync(join(folder, 'new'), corrected);
          renameSync(join(folder, 'new'), join(folder, path));
          return deps.kernel.database.transaction(...asked);
        }) as typeof deps.kernel.database.transaction,
      };
      expect(await takeDocument({ ...deps, kernel: { ...deps.kernel, database } }, folder, seen as Lying)).to.equal('later');
      expect(read(path)).to.equal(corrected);
      await takeAll();
      expect(read(`taken/${path}`)).to.equal(corrected);
    });

    it('puts away a file whose name is as long as names can be', async () => {
      const name = `${'b'.repeat(249)}.txt`;
      put(`acc_1/${day}/${name}`, 'no statement');
      expect(await takeAll()).to.deep.equal([`acc_1/${day}/${name} refused`]);
      expect(await list('')).to.deep.equal([]);
      expect(readdirSync(join(folder, 'refused', 'acc_1', day))).to.have.length(2);
    });

    it('leaves alone what is not the same over two looks, and what has a dot in front', async () => {
      const path = `acc_1/${day}/bill.jsonl`;
      const findStill = createStillness();
      const look = async () => findStill(await lookInto(folder)).map((one) => one.path);
      put(path, 'half');
      put(`acc_1/${day}/.bill.part`, 'half');
      expect(await look()).to.deep.equal([]);
      appendFileSync(join(folder, path), ' and half');
      expect(await look()).to.deep.equal([]);
      expect(await look()).to.deep.equal([path]);
    });

    it('has a document compared and moved to what was taken, once', async () => {
      const text = await textOf([{ number: 'NOTOURS', at: atNoon }]);
      const path = `acc_1/${day}/bill.jsonl`;
      put(path, text);
      expect(await takeAll()).to.deep.equal([`${path} taken`]);
      expect(await files()).to.deep.equal([{ day, name: 'bill.jsonl', source: 'hand', state: 'compared' }]);
      expect(await state()).to.deep.equal({ state: 'done', reason: null });
      expect(read(`taken/${path}`)).to.equal(text);
      expect(await lookInto(folder)).to.deep.equal([]);
      put(path, text);
      expect(await takeAll()).to.deep.equal([`${path} taken`]);
      expect((await files()).length).to.equal(1);
      expect(await list('taken')).to.deep.equal(['bill.jsonl', 'bill.jsonl.2']);
      expect(await checkMoney(stored.database)).to.deep.equal([]);
    });

    it('has one that cannot be read refused whole, with the line and the reason beside it; what the day came to stands', async () => {
      put(`acc_1/${day}/good.jsonl`, await textOf([{ number: 'NOTOURS', at: atNoon }]));
      await takeAll();
      const [before, done] = [await files(), await state()];
      put(`acc_1/${day}/cut.jsonl`, (await textOf([{ at: atNoon }])).replace('"end":1', '"end":2'));
      put(`acc_1/${day}/late.jsonl`, await textOf([{ channelNo: 'late', at: noon }]));
      expect(await takeAll()).to.have.members([`acc_1/${day}/cut.jsonl refused`, `acc_1/${day}/late.jsonl refused`]);
      expect(read(`refused/acc_1/${day}/cut.jsonl.txt`)).to.equal('line 2: the statement ends without its end\n');
      expect(read(`refused/acc_1/${day}/late.jsonl.txt`)).to.match(new RegExp(`^late.jsonl is not of ${day}`));
      expect([await files(), await state()]).to.deep.equal([before, done]);
    });

    it('refuses the document at fault alone: what else was given for the day is compared, and what lies there waits for it', async () => {
      const { shop } = openInboxShop(stored.database, openVault({ keyFile, create: false }));
      await shop.given(day, [{ channelNo: 'late', at: noon }]);
      await shop.given(day, [{ channelNo: 'given', at: atNoon }]);
      put(`acc_1/${day}/bill.jsonl`, await textOf([{ channelNo: 'lies', at: atNoon }]));
      expect(await takeAll()).to.deep.equal([`acc_1/${day}/bill.jsonl later`]);
      const attended: string[] = [];
      for (let given = await listGivenDays(deps.kernel); given.length > 0; given = await listGivenDays(deps.kernel))
        for (const due of given) attended.push(await attendDay(deps, due));
      expect(attended).to.deep.equal(['failed', 'done']);
      expect(await takeAll()).to.deep.equal([`acc_1/${day}/bill.jsonl taken`]);
      expect((await files()).map(({ state: its }) => its)).to.deep.equal(['compared', 'compared']);
      expect(await stored.database.get('SELECT entries FROM reconciliations WHERE day = ?', [day])).to.deep.equal({ entries: 2 });
    });

    it('refuses what lies in a wrong place, and says which is right', async () => {
      put('bill.csv', '');
      put('acc_1/bill.csv', '');
      put(`acc_none/${day}/bill.csv`, '');
      put('acc_1/2026-02-30/bill.csv', '');
      put(`acc_1/${today}/bill.csv`, '');
      put(`acc_1/${day}/folder/bill.csv`, '');
      expect((await takeAll()).every((outcome) => outcome.endsWith(' refused'))).to.equal(true);
      const reasons = ['bill.csv', 'acc_1/bill.csv', `acc_none/${day}/bill.csv`, 'acc_1/2026-02-30/bill.csv', `acc_1/${today}/bill.csv`];
      expect([...reasons, `acc_1/${day}/folder`].map((path) => read(`refused/${path}.txt`).trim())).to.deep.equal([
        'a document lies at <account>/<day>/<file>',
        'a document lies at <account>/<day>/<file>',
        'there is no account acc_none whose statements can be read',
        '2026-02-30 is no day such as 2026-01-31',
        `${today} is not over yet in UTC`,
        'this is no regular file',
      ]);
      expect(await files()).to.deep.equal([]);
      expect(await lookInto(folder)).to.deep.equal([]);
    });

    it('opens no link, pipe or folder that leads elsewhere', async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'paymux-elsewhere-'));
      try {
        writeFileSync(join(elsewhere, 'secret'), await textOf([{ at: atNoon }]));
        mkdirSync(join(elsewhere, day));
        writeFileSync(join(elsewhere, day, 'secret'), await textOf([{ at: atNoon }]));
        mkdirSync(join(folder, `acc_1/${day}`), { recursive: true });
        symlinkSync(join(elsewhere, 'secret'), join(folder, `acc_1/${day}/link`));
        expect(spawnSync('mkfifo', [join(folder, `acc_1/${day}/pipe`)]).status).to.equal(0);
        symlinkSync(elsewhere, join(folder, 'acc_2'));
        expect(await takeAll()).to.have.members([`acc_1/${day}/link refused`, `acc_1/${day}/pipe refused`, 'acc_2 refused']);
        expect(await files()).to.deep.equal([]);
        expect(readdirSync(elsewhere).sort()).to.deep.equal([day, 'secret']);
        expect(await list('refused')).to.have.members(['link', 'link.txt', 'pipe', 'pipe.txt', 'acc_2', 'acc_2.txt']);
      } finally {
        rmSync(elsewhere, { recursive: true, force: true });
      }
    });

    it('takes nothing that was exchanged for a link since it was looked at, nor what changed', async () => {
      const path = `acc_1/${day}/bill.jsonl`;
      put(path, await textOf([{ at: atNoon }]));
      const [seen] = await lookInto(folder);
      if (seen === undefined) throw new Error('nothing was seen');
      appendFileSync(join(folder, path), ' ');
      expect(await takeDocument(deps, folder, seen)).to.equal('later');
      rmSync(join(folder, path));
      expect(await takeDocument(deps, folder, seen)).to.equal('later');
      symlinkSync('/etc/passwd', join(folder, path));
      expect(await takeDocument(deps, folder, seen)).to.equal('later');
      rmSync(join(folder, 'acc_1'), { recursive: true });
      symlinkSync('/etc', join(folder, 'acc_1'));
      expect(await takeDocument(deps, folder, seen)).to.equal('later');
      expect(await files()).to.deep.equal([]);
    });

    it('puts nothing where a link leads out of the folder', async () => {
      const path = `acc_1/${day}/bill.jsonl`;
      put(path, await textOf([{ at: atNoon }]));
      symlinkSync(tmpdir(), join(folder, 'taken'));
      const [seen] = await lookInto(folder);
      if (seen === undefined) throw new Error('nothing was seen');
      const failed = await takeDocument(deps, folder, seen).catch((error: Error) => error.message);
      expect(failed).to.equal('taken leads out of the folder of documents');
      expect(existsSync(join(folder, path))).to.equal(true);
    });

    it('has each document taken by one of two servers that see it at once', async () => {
      for (const count of [1, 2, 3]) put(`acc_1/${day}/${count}.jsonl`, await textOf([{ channelNo: `v${count}`, at: atNoon }]));
      for (let left = 1; left > 0; left = (await lookInto(folder)).length)
        await Promise.all([takeAll().catch(() => []), takeAll().catch(() => [])]);
      expect((await files()).map(({ state: its }) => its)).to.deep.equal(['compared', 'compared', 'compared']);
      expect([await list('taken'), await list('refused')]).to.deep.equal([['1.jsonl', '2.jsonl', '3.jsonl'], []]);
      expect(await checkMoney(stored.database)).to.deep.equal([]);
    });

    it('loses and doubles nothing when the server is killed before any one transaction', async function () {
      this.timeout(120_000);
      let killed = 0;
      for (let wasKilled = true; wasKilled; ) {
        const of = addDays(day, -killed);
        put(`acc_1/${of}/bill.jsonl`, await textOf([{ channelNo: 'good', at: atNoon - killed * 86_400_000 }]));
        put(`acc_1/${of}/cut.jsonl`, 'cut');
        wasKilled = (await takeUntil(killed + 1)) === 'SIGKILL';
        if (!wasKilled) break;
        killed += 1;
        await stored.database.transaction((tx) => tx.run('UPDATE leases SET expires_at = 0'));
        for (let tries = 0; (await lookInto(folder)).length > 0 && tries < 3; tries += 1) {
          for (const due of await listGivenDays(deps.kernel)) await attendDay(deps, due);
          await takeAll();
        }
        const kept = await stored.database.all('SELECT state FROM statement_files WHERE day = ?', [of]);
        expect(kept, `killed before transaction ${killed}`).to.deep.equal([{ state: 'compared' }]);
        expect([await list(`taken/acc_1/${of}`), await list(`refused/acc_1/${of}`)]).to.deep.equal([
          ['bill.jsonl'],
          ['cut.jsonl', 'cut.jsonl.txt'],
        ]);
      }
      expect(killed).to.be.greaterThan(8);
      expect(await checkMoney(stored.database)).to.deep.equal([]);
    });

    const takeUntil = async (killedAt: number): Promise<string | null> => {
      const given = JSON.stringify({ options: stored.options, keyFile, folder, killedAt });
      const program = spawn(process.execPath, ['test/kit/take-until-killed.ts', given], { stdio: ['ignore', 'ignore', 'inherit'] });
      return (await once(program, 'exit'))[1];
    };
  }));
