import { balanceOf } from '../../core/ledger/balance.ts';
import { openDatabase } from '../../core/store/open.ts';
import { runPart } from './child.ts';
import type { Pace } from './compare.ts';
import type { Measured } from './latency.ts';
import { ms, ratio, whole } from './print.ts';
import type { ReplayJob } from './replay.ts';
import { type Engine, makeRig, type Rig } from './rig.ts';
import type { Group } from './statements.ts';
import type { TransferJob, Transferred } from './transfers.ts';

const warmUpMs = 1000;
/** As payments are settled: SQLite has one writer. */
const lanes = { sqlite: 1, mariadb: 2 } as const;
/** More callers than connections: what a busy hour is. */
const manyPerConnection = 8;

const hot = { kind: 'channel_receivable', ownerId: 'acc_hot', currency: 'CNY' } as const;

/** What most programs do: one row with the balance, which each transfer changes on a condition, and the two lines of its flow. */
const naive: Group = {
  isWriting: true,
  statements: [
    {
      sql: 'UPDATE ledger_accounts SET balance = balance - ?, postings = postings + 1 WHERE id = ? AND balance >= ?',
      params: [1, 'hot', 1],
    },
    {
      sql: `INSERT INTO ledger_postings (entry_id, line, account_id, amount, currency, livemode, posted_at)
        VALUES (?, 1, ?, ?, 'CNY', 0, 0), (?, 2, ?, ?, 'CNY', 0, 0)`,
      params: ['moved:01JZ8Q0V5M3T9A7K2B4C6D8E0F', 'hot', -1, 'moved:01JZ8Q0V5M3T9A7K2B4C6D8E0F', 'cold', 1],
    },
  ],
};

/** Transfers on one account: the naive loop, ours with as many callers, ours with many more, and the naive loop again. */
export async function benchLedger(engine: Engine, pace: Pace): Promise<string> {
  const rig = await makeRig({ engine, connections: pace.connections });
  try {
    await putMoney(rig);
    const lines: string[] = [];
    for (let round = 1; round <= pace.rounds; round += 1) lines.push(...(await runRound(rig, pace, round)));
    return [`transfers on one account on ${engine} (${rig.durability}), ${pace.connections} connections`, ...lines].join('\n');
  } finally {
    await rig.remove();
  }
}

async function runRound(rig: Rig, pace: Pace, round: number): Promise<readonly string[]> {
  const before = await runNaive(rig, pace);
  const alike = await runOurs(rig, pace, pace.connections);
  const many = await runOurs(rig, pace, pace.connections * manyPerConnection);
  const after = await runNaive(rig, pace);
  const rate = (before.perSecond + after.perSecond) / 2;
  const share = ({ measured }: Transferred) => ratio(Math.round((measured.perSecond * 1000) / rate));
  return [
    `round ${round}: ${share(alike)}, with ${manyPerConnection} callers for each ${share(many)}`,
    describe('naive', before),
    describe('grouped', alike.measured),
    describe('grouped, many', many.measured),
    describe('naive', after),
    `  not counted yet at the end ${alike.uncounted} and ${many.uncounted} transfers, counted in ${ms(alike.countedMs)} and ${ms(many.countedMs)}`,
  ];
}

const describe = (name: string, one: Measured): string =>
  `  ${name.padEnd(14)} ${whole(one.perSecond).padStart(7)}/s  p50 ${ms(one.p50Ms)}  p99 ${ms(one.p99Ms)}`;

async function putMoney({ rawDatabase, folder }: Rig): Promise<void> {
  const isMysql = rawDatabase.startsWith('mysql:');
  const stored = await openDatabase({ url: isMysql ? rawDatabase : null, dataDir: isMysql ? folder : `${folder}/raw` });
  const columns = '(id, kind, owner_id, currency, livemode, balance, updated_at)';
  const sql = `INSERT INTO ledger_accounts ${columns} VALUES ('hot', 'member', 'hot', 'CNY', 0, 1000000000, 0)`;
  await stored.database.transaction((tx) => tx.run(sql));
  await stored.close();
}

function runNaive({ rawDatabase, pids }: Rig, { connections, seconds }: Pace): Promise<Measured> {
  const job: ReplayJob = {
    database: rawDatabase,
    groups: [naive],
    fixed: [],
    ids: [],
    connections,
    warmUpMs,
    durationMs: seconds * 1000,
    pids,
  };
  return runPart<Measured>(new URL('./replay.ts', import.meta.url), job);
}

async function runOurs({ engine, database, folder, pids }: Rig, { seconds }: Pace, callers: number): Promise<Transferred> {
  const where = { url: engine === 'sqlite' ? null : database, dataDir: folder };
  const before = await readHot(where);
  const job: TransferJob = { ...where, lanes: lanes[engine], callers, warmUpMs, durationMs: seconds * 1000, pids };
  const done = await runPart<Transferred>(new URL('./transfers.ts', import.meta.url), job);
  const moved = (await readHot(where)) - before;
  if (moved !== done.answered) throw new Error(`${done.answered} transfers were answered, and the balance moved by ${moved}`);
  return done;
}

async function readHot(where: { readonly url: string | null; readonly dataDir: string }): Promise<number> {
  const stored = await openDatabase(where);
  const balance = await balanceOf(stored.database, hot);
  await stored.close();
  return balance;
}
