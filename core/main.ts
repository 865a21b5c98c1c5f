import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { openDirectory } from './access/directory.ts';
import { KeyFileError } from './access/key-file.ts';
import { deleteExpiredNonces } from './access/nonces.ts';
import { openVault, VaultError } from './access/vault.ts';
import { deleteOldVersions } from './access/versions.ts';
import type { AccountFault } from './channels/accounts.ts';
import { type Discovered, discoverChannels } from './channels/discover.ts';
import { containExits, containStrays, sealPrototypes } from './channels/strays.ts';
import { type DefinitionWatch, watchDefinitions } from './channels/watch.ts';
import { type Clock, systemClock } from './clock.ts';
import { withArguments } from './config/arguments.ts';
import { type Config, configExitCode, loadConfig, printFaults } from './config.ts';
import { type Cradle, wire } from './container.ts';
import { deleteOldKeys } from './http/idempotency-store.ts';
import { createReadiness, quarantined } from './http/readiness.ts';
import { PortUnusable } from './http/server.ts';
import { type RunningHttp, startHttp } from './http/start.ts';
import { type DueLoopDeps, type Running, runDueLoop } from './jobs/due-loop.ts';
import { runLedgerLoop } from './jobs/ledger-loop.ts';
import { runSchedule, type Task } from './jobs/schedule.ts';
import { createLog, type Log } from './log.ts';
import { type CertificateEnd, createMetrics } from './metrics.ts';
import { deleteOldDeliveries, deleteOldEvents, keptFrom } from './notifications/retain.ts';
import { archiveFinished } from './payments/archive.ts';
import { attendAttempt, attendPayment } from './payments/attend.ts';
import type { Kernel } from './payments/deps.ts';
import { countPending } from './payments/pending.ts';
import { keepProcesses } from './processes.ts';
import { documentsTask, reconciliationTask } from './reconcile-thread.ts';
import { listLastReconciled } from './reconciliation/due.ts';
import { countRefused } from './reconciliation/inbox.ts';
import { attendRefund } from './refunds/execute.ts';
import { DataFolderError } from './store/data-folder.ts';
import { type Database, DatabaseUnavailable } from './store/database.ts';
import { migrate, pendingMigrations } from './store/migrations/migrate.ts';
import { checkDatabase, isGalera } from './store/mysql/checks.ts';
import { type OpenDatabase, openForServer } from './store/open.ts';
import { readOutstanding } from './store/tables/discrepancies.ts';
import { countTail } from './store/tables/ledger.ts';

/** Why the server does not start, in words for the operator who can mend it. */
export class BootFault extends Error {}

/** A server that serves. */
export interface Server {
  readonly port: number;
  readonly metricsPort: number | null;
  stop(): Promise<void>;
}

/**
 * Boots the kernel, top to bottom. Whatever would make it unsafe to serve is a {@link BootFault}.
 * `onWired` sees everything before it begins to serve: a proof that kills servers looks in there.
 */
export async function boot(config: Config, log: Log = createLog(config.log), onWired?: (cradle: Cradle) => void): Promise<Server> {
  const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
  const metrics = createMetrics({ version });
  const found = await discoverChannels(config.channels.folder, config.channels.packages);
  const { plugins, origins, faults } = found;
  if (faults.length > 0) throw new BootFault(faults.map((fault) => `channel ${fault.folder} ${fault.reason}`).join('\n'));
  const stored = await openForServer({ ...config.database, dataDir: config.dataDir });
  try {
    await prepareDatabase(stored, config.database.url === null);
    const vault = openVault({ keyFile: config.keyFile, create: config.database.url === null });
    const directory = await openDirectory({ database: stored.database, vault, pollMs: 500 });
    const opened = {
      config: await chooseWrites(config, stored.database),
      log,
      clock: systemClock,
      metrics,
      database: stored.database,
      vault,
      directory,
      plugins,
      origins,
    };
    const { cradle } = wire(opened);
    onWired?.(cradle);
    return await serve(cradle, found, stored, version);
  } catch (error) {
    await stored.close();
    throw error;
  }
}

/**
 * A group that loses against another node's write is undone for all of its members, and the more rows it has, the more often it
 * does. It comes out right (`test/faults/galera.test.ts` runs both ways), but singly nobody waits for the conflicts of others.
 */
async function chooseWrites(config: Config, database: Database): Promise<Config> {
  if (config.database.writes !== 'auto') return config;
  const writes = (await isGalera(database)) ? 'single' : 'grouped';
  return { ...config, database: { ...config.database, writes } };
}

/** The embedded database is brought up to date in passing; another one belongs to an operator, who decides when. */
async function prepareDatabase(stored: OpenDatabase, isEmbedded: boolean): Promise<void> {
  await refuseUnsafe(stored.database);
  if (isEmbedded) await migrate(stored);
  const pending = await pendingMigrations(stored);
  if (pending.length > 0) throw new BootFault(`the database lacks ${pending.join(', ')}; run: npm run migrate`);
}

/** A database whose settings can lose what was acknowledged is left untouched. The embedded one has none to get wrong. */
export async function refuseUnsafe(database: Database): Promise<void> {
  const faults = database.engine === 'mysql' ? await checkDatabase(database) : [];
  if (faults.length > 0) throw new BootFault(faults.join('\n'));
}

async function serve(cradle: Cradle, found: Discovered, stored: OpenDatabase, version: string): Promise<Server> {
  const { config, log, directory, kernel, dispatcher, metrics } = cradle;
  const state = { isStopping: false };
  refuseLies(cradle, loadAccounts(cradle));
  directory.onChange(() => void loadAccounts(cradle));
  const definitions = await watchChannels(cradle, found);
  const ready = createReadiness(cradle, definitions);
  const http = await startHttp({ ...cradle, version, ready: () => ready(state.isStopping) });
  const isWorker = config.roles.includes('worker');
  const jobs = isWorker ? startJobs(cradle) : [];
  if (isWorker) dispatcher.start();
  metrics.watch({
    paymentsPending: () => countPending(kernel.database, cradle.clock.now()),
    configurationFaults: () => ({
      accounts: cradle.channels.faults().length,
      definitions: definitions.faults().size,
      reload: directory.fault() === null ? 0 : 1,
    }),
    channelsQuarantined: () => quarantined(cradle).map(({ id, channelId }) => ({ channel: channelId, account: id })),
    certificates: () => listCertificates(cradle),
    discrepancies: () => readOutstanding(kernel.database),
    lastReconciled: () => listLastReconciled(kernel),
    refusedDocuments: async () => (config.reconciliation.inbox === null ? 0 : countRefused(config.reconciliation.inbox)),
    ledgerUncounted: () => countTail(kernel.database),
    ...(stored.poolUse && { dbPool: stored.poolUse }),
  });
  for (const [channel, { kind, name, version: its }] of cradle.origins) {
    if (its !== null) log.info('a channel from outside', { channel, origin: kind, name, version: its });
  }
  log.info('serving', {
    port: http.main.port,
    roles: config.roles,
    version,
    database: kernel.database.engine,
    channels: [...cradle.plugins.keys()],
  });
  return {
    port: http.main.port,
    metricsPort: http.metrics?.port ?? null,
    async stop() {
      state.isStopping = true;
      // A folder on a file system that does not answer must not keep requests and money waiting.
      await Promise.race([definitions.stop(), cradle.clock.sleep(2000)]);
      await stopServing(cradle, http, jobs, config.http.drainMs);
      metrics.close();
      await stored.close();
      log.info('stopped');
    },
  };
}

/** Takes over the stored accounts. One that cannot be opened is told; an earlier instance of it keeps serving. */
function loadAccounts({ directory, channels, plugins, log }: Cradle): readonly AccountFault[] {
  const off = new Set([...plugins.keys()].filter((channel) => !directory.isChannelEnabled(channel)));
  const faults = channels.reload(directory.accounts(), off);
  for (const fault of faults) {
    log.error('a channel account cannot be served as configured', { account: fault.accountId, reason: fault.reason });
  }
  return faults;
}

/** Takes over definitions of channels that change on disk. One with a fault leaves the one before it serving. */
function watchChannels(cradle: Cradle, { plugins, origins }: Discovered): Promise<DefinitionWatch> {
  const { config, log } = cradle;
  return watchDefinitions({
    folder: config.channels.folder,
    plugins,
    origins,
    pollMs: 500,
    onChange: (channel) => {
      log.info('a channel definition was taken over', { channel });
      loadAccounts(cradle);
    },
    onFault: (channel, reason) => log.error('a channel definition cannot be used', { channel, reason }),
  });
}

/** A channel that is in use and is not what it says stops the boot; a wrong key stops only its account. */
function refuseLies({ directory }: Cradle, faults: readonly AccountFault[]): void {
  const lies = faults
    .filter(({ isLie }) => isLie)
    .map(({ accountId, reason }) => `channel ${directory.account(accountId)?.channel} ${reason}`);
  if (lies.length > 0) throw new BootFault(lies.join('\n'));
}

/** How long a repeated request is recognised by its key. */
const idempotencyKeptMs = 7 * 86_400_000;

/** What is done once an hour in the whole cluster. */
export function houseKeeping({ clock, config: { retention, channels } }: Cradle): readonly Task[] {
  return [
    { name: 'nonces', run: (database) => deleteExpiredNonces(database, clock.now()) },
    { name: 'idempotency_keys', run: (database) => deleteOldKeys(database, new Date(clock.now().getTime() - idempotencyKeptMs)) },
    { name: 'old_credentials', run: (database) => deleteOldVersions(database, channels.rotationGraceHours, clock.now()) },
    { name: 'old_deliveries', run: (database) => deleteOldDeliveries(database, keptFrom(retention.deliveriesDays, clock.now())) },
    ...archiving(retention, clock),
  ];
}

/** How much longer events are kept where there is an archive, for the last of a payment's to become old enough to move with the rest. */
const untilArchivedDays = 30;

function archiving({ eventsDays, archiveDays }: Config['retention'], clock: Clock): readonly Task[] {
  const oldEvents = (days: number): Task => ({
    name: 'old_events',
    run: (database) => deleteOldEvents(database, keptFrom(days, clock.now())),
  });
  if (archiveDays === null) return [oldEvents(eventsDays)];
  const archive = (database: Database) => {
    const now = clock.now();
    return archiveFinished({ database, now, before: keptFrom(Math.max(archiveDays, eventsDays), now) });
  };
  return [{ name: 'archive', run: archive }, oldEvents(eventsDays + untilArchivedDays)];
}

function startJobs(cradle: Cradle): readonly Running[] {
  const { kernel, database, clock, log, metrics, config } = cradle;
  const deps = { database, clock, log, metrics, pollMs: config.jobs.pollMs };
  const tasks = [...houseKeeping(cradle), reconciliationTask(config, kernel), documentsTask(config, kernel)];
  return [...runDueLoops(deps, kernel), runSchedule({ database, log, metrics }, tasks)];
}

/** The loops that look after whatever has a time, and after the balances. */
export function runDueLoops(deps: DueLoopDeps, kernel: Kernel): readonly Running[] {
  return [
    runDueLoop(deps, 'attempts', (due) => attendAttempt(kernel, due)),
    runDueLoop(deps, 'payments', (due) => attendPayment(kernel, due)),
    runDueLoop(deps, 'refunds', (due) => attendRefund(kernel, due)),
    runLedgerLoop(deps),
  ];
}

const listCertificates = ({ channels }: Cradle): readonly CertificateEnd[] =>
  channels
    .accounts()
    .filter(({ record }) => record.status !== 'retired')
    .flatMap(({ id, channelId, certificates }) => certificates.map((one) => ({ channel: channelId, account: id, ...one })));

/** In this order: no new requests, no new work, what is under way ends, then the connections go. */
async function stopServing(cradle: Cradle, http: RunningHttp, jobs: readonly Running[], graceMs: number): Promise<void> {
  await http.stop(graceMs);
  await Promise.all(jobs.map((job) => job.stop()));
  await cradle.dispatcher.stop();
  await cradle.directory.stop();
  await cradle.caller.shutdown();
  await cradle.sm2.stop();
  await cradle.agent.close();
}

/** Runs until SIGTERM or SIGINT. A configuration that cannot be used ends with 78, as sysexits has it. */
async function main(): Promise<void> {
  const environment = withArguments(process.env, process.argv.slice(2));
  if (typeof environment === 'string') return refuseToStart(environment);
  const loaded = loadConfig(environment);
  if (loaded.kind === 'faults') return refuseToStart(printFaults(loaded.faults));
  const { config } = loaded;
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  if (config.processes > 1 && cluster.isPrimary) {
    const rule = { count: config.processes, metricsPort: config.metrics.port, finalCode: configExitCode };
    process.exit(await keepProcesses(rule, createLog(config.log), stopping.signal));
  }
  containStrays(die);
  containExits();
  // Until it serves there is nothing to finish: whoever stops it then may do so at once, whatever the boot waits for.
  const giveUp = () => process.exit(0);
  stopping.signal.addEventListener('abort', giveUp);
  const server = await boot(config);
  sealPrototypes();
  stopping.signal.removeEventListener('abort', giveUp);
  const stop = () => void server.stop().then(() => process.exit(0), die);
  stopping.signal.addEventListener('abort', stop);
}

function refuseToStart(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = configExitCode;
}

/** Ends the process with the reason. What an operator can mend is told without a stack, and with 78 where it is a setting. */
export function die(error: unknown): never {
  const isSetting =
    error instanceof BootFault ||
    error instanceof PortUnusable ||
    error instanceof KeyFileError ||
    error instanceof VaultError ||
    error instanceof DataFolderError;
  const isPlain = isSetting || error instanceof DatabaseUnavailable;
  process.stderr.write(`${isPlain ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(isSetting ? configExitCode : 1);
}

if (import.meta.main) main().catch(die);
