import type { App, Directory } from '../../core/access/directory.ts';
import type { Caller } from '../../core/channels/call.ts';
import type { Config } from '../../core/config.ts';
import { type Cradle, wire } from '../../core/container.ts';
import { createLog } from '../../core/log.ts';
import { runDueLoops } from '../../core/main.ts';
import { createDispatcher } from '../../core/notifications/deliver.ts';
import { createEndpoints } from '../../core/notifications/endpoints.ts';
import type { Poster } from '../../core/notifications/post.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import { type AskOnRead, createAskOnRead } from '../../core/payments/on-read.ts';
import { type Death, gate, type Life, mortal } from './life.ts';
import { receive } from './merchants.ts';
import { pluginOf } from './plugin.ts';
import { createChance } from './random.ts';
import { clockOf, stopwatchOf } from './time.ts';
import type { World } from './world.ts';

/** A server process, composed as the real one is; what it knows of the outside is the simulation. */
export interface Server {
  readonly kernel: Kernel;
  readonly life: Life;
  readonly askOnRead: AskOnRead;
  reload(): void;
}

export function startServer(world: World, config: Config): Server {
  const life: Life = { isDead: false, pausedUntil: 0, fuse: null };
  const name = `server ${world.servers.length + 1}`;
  const passGate = () => gate(life, world.time);
  const onDeath = () => {
    world.note(`${name} dies`);
    world.count('death');
    world.spawn('a restart', async () => {
      await world.time.sleep(createChance(`${world.plan.seed} ${name} restart`).below(world.isHealing ? 1000 : 45_000));
      startServer(world, config);
    });
  };
  const database = mortal(world.database, life, world.time, onDeath);
  const chance = createChance(`${world.plan.seed} ${name}`);
  const clock = clockOf(world.time, passGate);
  const idle = clockOf(world.time, passGate, true);
  const log = createLog({ level: 'silent' });
  const metrics = new Proxy({}, { get: () => () => undefined }) as Cradle['metrics'];
  const directory = directoryOf(world);
  const plugins = new Map(world.vendors.map((vendor) => [vendor.id, pluginOf(world, life, vendor)]));
  const stopwatch = stopwatchOf(world.time);
  const dispatcher = createDispatcher({
    ...{ database, clock: idle, log, metrics, stopwatch, ...config.notifications, pollMs: config.jobs.pollMs },
    endpoints: createEndpoints(directory, clock),
    random: chance.next,
    randomBytes: chance.bytes,
    poster: posterOf(world, life),
  });
  const replaced = { caller: directCaller(clock, passGate), dispatcher, random: chance.bytes, secretRandom: chance.bytes };
  const { cradle } = wire({ config, log, clock, metrics, database, vault: {} as never, directory, plugins, origins: new Map() }, replaced);
  const { kernel, channels } = cradle;
  const reload = () => void channels.reload(accountsOf(world), new Set());
  reload();
  const server: Server = { kernel, life, askOnRead: createAskOnRead(kernel), reload };
  world.servers.push(server);
  world.note(`${name} starts`);
  runDueLoops({ database, clock: idle, log, metrics, pollMs: config.jobs.pollMs }, kernel);
  dispatcher.start();
  return server;
}

/** Ends a server in the next of its transactions, at a place inside or beside it. */
export function light(server: Server, transactions: number, death: Death): void {
  server.life.fuse = { transactions, death };
}

function directoryOf(world: World): Directory {
  const find = (id: string): App | undefined => world.merchants.find(({ app }) => app.id === id)?.app;
  return { app: find, endpointsOf: () => [] } as unknown as Directory;
}

function accountsOf(world: World) {
  return world.vendors.flatMap(({ id, off }) =>
    [1, 2].map((index) => ({
      id: `acc_${id}_${index}`,
      channel: id,
      merchantId: null,
      livemode: false,
      status: off.has(`acc_${id}_${index}`) ? 'draining' : 'enabled',
      priority: index,
      weight: 1,
      version: 1,
      config: () => ({}),
    })),
  );
}

/** The vendor is spoken to by the plugins themselves: breakers and connections have their own tests. */
function directCaller(clock: Kernel['clock'], passGate: () => Promise<void>): Caller {
  const unreachable = async () => ({ kind: 'notSent', reason: 'local' }) as const;
  const call = { now: clock.now, nonce: () => '', log: () => undefined, http: unreachable, download: unreachable };
  return {
    async call(_account, _operation, work) {
      await passGate();
      return work(call);
    },
    isOpen: () => false,
    isQuarantined: () => false,
    shutdown: async () => undefined,
  };
}

function posterOf(world: World, life: Life): Poster {
  return {
    async post(parcel) {
      await gate(life, world.time);
      const answer = await receive(world, parcel);
      await gate(life, world.time);
      return answer;
    },
    interrupt: () => undefined,
    close: async () => undefined,
  };
}
