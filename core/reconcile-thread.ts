import { parentPort, Worker, workerData } from 'node:worker_threads';
import { openDirectory } from './access/directory.ts';
import { openVault, type Vault } from './access/vault.ts';
import { discoverChannels } from './channels/discover.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { wire } from './container.ts';
import type { Task } from './jobs/schedule.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Kernel } from './payments/deps.ts';
import { attendDay, type DueDay, listDueDays, listGivenDays } from './reconciliation/due.ts';
import { createStillness, type Lying, lookInto } from './reconciliation/inbox.ts';
import { createPauses } from './reconciliation/pauses.ts';
import { takeDocument } from './reconciliation/take-document.ts';
import { letOthersFirst, reconcilingMib } from './reconciliation/thread.ts';
import { openDatabase } from './store/open.ts';

/** What the thread is given. */
interface Work {
  readonly reconciles?: boolean;
  readonly config: Config;
  /** Documents of the folder that stand still. */
  readonly lying: readonly Lying[];
}

/** A statement of a million entries takes this process's event loop some ten seconds, which requests must not wait. */
const isThread = parentPort !== null && (workerData as Work | null)?.reconciles === true;

/** The hourly task: where a day is due, a thread of its own brings it in and compares it. */
export function reconciliationTask(config: Config, kernel: Kernel): Task {
  return {
    name: 'reconciliation',
    async run() {
      if ((await listDueDays(kernel)).length > 0) await runThread(config);
    },
  };
}

/** The task of every minute: what people gave is compared while they still look. */
export function documentsTask(config: Config, kernel: Kernel): Task {
  const { inbox } = config.reconciliation;
  const findStill = createStillness();
  const pauses = createPauses(() => kernel.clock.now().getTime());
  return {
    name: 'documents',
    every: 'minute',
    async run() {
      const lying = inbox === null ? [] : findStill(await lookInto(inbox));
      const given = await listGivenDays(kernel);
      const names = [...lying.map(({ path }) => path), ...given.map(({ account, day }) => `${account.id} ${day}`)];
      if (!pauses.isDue(names)) return;
      pauses.tried(names);
      await runThread(config, lying);
    },
  };
}

function runThread(config: Config, lying: readonly Lying[] = []): Promise<void> {
  const resourceLimits = { maxYoungGenerationSizeMb: reconcilingMib.young * 3, maxOldGenerationSizeMb: reconcilingMib.old };
  const worker = new Worker(new URL(import.meta.url), { workerData: { reconciles: true, config, lying }, resourceLimits });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the thread of reconciliation ended with ${code}`))));
  });
}

/** The same kernel that the server has, on connections of its own, for as long as days are due. */
async function reconcileDueDays({ config, lying }: Pick<Work, 'config' | 'lying'>): Promise<void> {
  const { plugins, origins } = await discoverChannels(config.channels.folder, config.channels.packages);
  const opened = await openDatabase({ ...config.database, dataDir: config.dataDir });
  const { database } = opened;
  const vault = openVault({ keyFile: config.keyFile, create: false });
  const directory = await openDirectory({ database, vault, pollMs: 0 });
  const metrics = createMetrics({ version: 'reconciliation' });
  const { cradle } = wire({
    config,
    log: createLog(config.log),
    clock: systemClock,
    metrics,
    database,
    vault,
    directory,
    plugins,
    origins,
  });
  try {
    const off = [...plugins.keys()].filter((channel) => !directory.isChannelEnabled(channel));
    cradle.channels.reload(directory.accounts(), new Set(off));
    for (const due of await listDueDays(cradle.kernel)) await attendOne(cradle.kernel, vault, due);
    for (const one of lying) await takeOne(cradle.kernel, vault, config.reconciliation.inbox ?? '', one);
  } finally {
    metrics.close();
    await cradle.caller.shutdown();
    await directory.stop();
    await cradle.sm2.stop();
    await cradle.agent.close();
    await opened.close();
  }
}

/** One day that cannot be compared must not keep the others waiting. */
async function attendOne(kernel: Kernel, vault: Vault, due: DueDay): Promise<void> {
  try {
    await attendDay({ kernel, vault }, due);
  } catch (error) {
    kernel.log.error('a day could not be reconciled', { account: due.account.id, day: due.day, error });
  }
}

/** A document whose reading fails stays where it is, and is tried again. */
async function takeOne(kernel: Kernel, vault: Vault, folder: string, lying: Lying): Promise<void> {
  try {
    await takeDocument({ kernel, vault }, folder, lying);
  } catch (error) {
    kernel.log.error('a document of the folder could not be taken', { path: lying.path, error });
  }
}

if (isThread) {
  letOthersFirst();
  await reconcileDueDays(workerData as Work);
}
