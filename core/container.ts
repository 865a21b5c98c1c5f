import { randomBytes } from 'node:crypto';
import { asFunction, asValue, createContainer, InjectionMode } from 'awilix';
import type { Agent } from 'undici';
import type { Directory } from './access/directory.ts';
import { createRateLimit, type RateLimit } from './access/rate-limit.ts';
import type { Vault } from './access/vault.ts';
import { type Channels, createChannels } from './channels/accounts.ts';
import { type Caller, createCaller } from './channels/call.ts';
import type { Origin } from './channels/packages.ts';
import { createSm2, type Sm2 } from './channels/sm2.ts';
import { createWireAgent } from './channels/wire-agents.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { ChannelPlugin } from './contract/channel.ts';
import type { IdempotencyStore } from './http/idempotency.ts';
import { createIdempotencyStore } from './http/idempotency-store.ts';
import { type IdPrefix, makeId, type Random } from './ids.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createDispatcher, type Dispatcher } from './notifications/deliver.ts';
import { createEndpoints, type Endpoints } from './notifications/endpoints.ts';
import { createAnnounce } from './notifications/enqueue.ts';
import { afterCommit } from './payments/after-commit.ts';
import type { Kernel } from './payments/deps.ts';
import { writeOpenings } from './payments/open.ts';
import { createRecentSuccess } from './payments/recent-success.ts';
import type { Settling } from './payments/settle.ts';
import { settleTogether } from './payments/settle-together.ts';
import type { Database } from './store/database.ts';
import { createGroup } from './store/group.ts';

/** What is opened before anything can be wired: all that needs to wait. */
export interface Opened {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly database: Database;
  readonly vault: Vault;
  readonly directory: Directory;
  readonly plugins: ReadonlyMap<string, ChannelPlugin>;
  readonly origins: ReadonlyMap<string, Origin>;
}

/** Every singleton of the kernel by its name. */
export interface Cradle extends Opened {
  /** For ids: nothing that has to be secret comes from it. */
  readonly random: Random;
  /** For what has to be secret. */
  readonly secretRandom: Random;
  readonly agent: Agent;
  readonly sm2: Sm2;
  readonly channels: Channels;
  readonly caller: Caller;
  readonly kernel: Kernel;
  readonly endpoints: Endpoints;
  readonly dispatcher: Dispatcher;
  readonly idempotency: IdempotencyStore;
  readonly rateLimit: RateLimit;
}

/**
 * The only place that wires. Strict: a name that is not registered, or outlives what it needs, is an
 * error at once. What is `replaced` takes the place of our own: a simulation has other ways to the outside.
 */
export function wire(opened: Opened, replaced: Partial<Cradle> = {}) {
  const container = createContainer<Cradle>({ strict: true, injectionMode: InjectionMode.PROXY });
  for (const [name, value] of Object.entries(opened)) container.register(name, asValue(value));
  container.register({
    random: asValue<Random>(randomBytes),
    secretRandom: asValue<Random>(randomBytes),
    agent: asFunction(({ config }: Cradle) => createWireAgent(Math.min(config.channels.timeoutMs, 5000))).singleton(),
    sm2: asFunction(() => createSm2()).singleton(),
    channels: asFunction(makeChannels).singleton(),
    caller: asFunction(makeCaller).singleton(),
    kernel: asFunction(makeKernel).singleton(),
    endpoints: asFunction(({ directory, clock }: Cradle) => createEndpoints(directory, clock)).singleton(),
    dispatcher: asFunction(makeDispatcher).singleton(),
    idempotency: asFunction(({ database, clock, vault }: Cradle) => createIdempotencyStore(database, clock, vault)).singleton(),
    rateLimit: asFunction(({ clock }: Cradle) => createRateLimit(() => clock.now())).singleton(),
  });
  for (const [name, value] of Object.entries(replaced)) container.register(name, asValue(value));
  return container;
}

function makeChannels({ plugins, sm2, log }: Cradle): Channels {
  return createChannels(plugins, sm2.kit, ({ id, channel }, error) => {
    log.error('the channel left something behind that threw', { channel, account: id, error });
  });
}

function makeCaller({ agent, clock, log, metrics, config }: Cradle): Caller {
  const { breaker, timeoutMs, quarantineAfterBugs } = config.channels;
  return createCaller({ agent, clock, log, metrics, breaker, timeoutMs, quarantineAfterBugs });
}

function makeDispatcher({ database, endpoints, clock, log, metrics, config, random }: Cradle): Dispatcher {
  const { timeoutMs, fastLane, slowLane, allowNetworks } = config.notifications;
  return createDispatcher({
    database,
    endpoints,
    clock,
    log,
    metrics,
    timeoutMs,
    fastLane,
    slowLane,
    allowNetworks,
    pollMs: config.jobs.pollMs,
    randomBytes: random,
  });
}

/** SQLite has one writer. Two lanes keep a server that answers over a network busy; with four, groups were smaller and slower. */
const groups = {
  sqlite: { lanes: 1, most: 32 },
  mysql: { lanes: 2, most: 32 },
} as const;
/** Where each payment has a transaction of its own, as many are written at once as there are connections but one, which is left to reads. */
function groupRuleOf({ engine }: Database, { database: { writes, poolSize } }: Config) {
  if (writes !== 'single') return groups[engine];
  return { lanes: engine === 'sqlite' ? 1 : Math.max(1, poolSize - 1), most: 1 };
}

/** A merchant may be told to come again later. What a vendor said of money waits longer, because it would have to be asked for again. */
const opening = { waitMs: 2_000, mostWaiting: 1_000 };
const settling = { waitMs: 15_000, mostWaiting: 10_000, keyOf: ({ attempt }: Settling) => attempt.payment_id };

function makeKernel({
  database,
  clock,
  log,
  metrics,
  channels,
  caller,
  config,
  directory,
  endpoints,
  dispatcher,
  random,
  secretRandom,
}: Cradle): Kernel {
  let turn = 0;
  const recentSuccess = createRecentSuccess(clock);
  const grouping = groupRuleOf(database, config);
  const newId = (prefix: IdPrefix) => makeId(prefix, clock.now(), random);
  const announce = createAnnounce({ endpoints, clock, random, handOver: dispatcher });
  const kernel: Kernel = {
    database,
    newId,
    newToken: () => Buffer.from(secretRandom(16)).toString('base64url'),
    announce,
    open: createGroup({
      ...grouping,
      ...opening,
      write: (openings) => writeOpenings({ database, newId, announce, publicUrl: config.publicUrl }, openings),
    }),
    settleTogether: createGroup({ ...grouping, ...settling, write: (settlings) => settleTogether(kernel, settlings) }),
    clock,
    log,
    metrics,
    channels,
    caller,
    publicUrl: config.publicUrl,
    apps: {
      get: (id) => directory.app(id),
      latePolicy: (id) => directory.app(id)?.latePolicy ?? 'hold',
    },
    nextTurn: () => {
      turn += 1;
      return turn;
    },
    recentSuccess,
    afterCommit: (settled) => afterCommit({ metrics, clock, recentSuccess }, settled),
    timing: {
      callMs: config.channels.timeoutMs,
      payMs: config.channels.payDeadlineMs,
      rotationGraceMs: config.channels.rotationGraceHours * 3_600_000,
      refundSilentMs: config.refunds.silentHours * 3_600_000,
    },
  };
  return kernel;
}
