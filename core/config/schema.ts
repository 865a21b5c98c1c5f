import { isIP } from 'node:net';
import { z } from 'zod';
import { choice, flag, integer, list, text } from './setting.ts';

const hour = 3_600_000;
const folder = /^[^\0]+$/;
/** An npm name, or a path that cannot be taken for one. */
const packageItem = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$|^(\.{1,2})?\/[^\0]+$/;

function isNetwork(item: string): boolean {
  const [address = '', prefix = '', ...rest] = item.split('/');
  const version = isIP(address);
  return version !== 0 && rest.length === 0 && /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

const http = z.strictObject({
  bodyBytes: integer(1024, 16_777_216, { doc: 'The largest request body.', example: '262144' }).default(262_144),
  headersTimeoutMs: integer(100, hour, { doc: 'How long a client may take to send its headers.', example: '10000' }).default(10_000),
  requestTimeoutMs: integer(100, hour, { doc: 'How long a client may take to send the whole request.', example: '30000' }).default(30_000),
  maxConnections: integer(1, 1_000_000, { doc: 'Connections held at once; more are refused.', example: '10000' }).default(10_000),
  drainMs: integer(0, hour, { doc: 'How long requests in flight may take to end when the server stops.', example: '25000' }).default(
    25_000,
  ),
  trustProxies: list(isNetwork, 'networks such as 10.0.0.0/8', {
    doc: 'Proxies whose X-Forwarded-For says where a shopper is.',
    example: '127.0.0.0/8,10.0.0.0/8',
  }).default(['127.0.0.0/8', '::1/128']),
});

const database = z.strictObject({
  url: text(/^mysql:\/\/[^\s/]+\/[^\s/?]+/, 'mysql://user:password@host:port/database', {
    doc: 'MySQL or MariaDB. Absent: an embedded SQLite file in dataDir.',
    example: 'mysql://paymux:password@127.0.0.1:3306/paymux',
    secret: 'password',
  })
    .nullable()
    .default(null),
  poolSize: integer(1, 1000, { doc: 'Connections to MySQL or MariaDB.', example: '10' }).default(10),
  writes: choice(['auto', 'grouped', 'single'], {
    doc: 'Whether payments that come together share a transaction. auto: grouped, but single on a Galera cluster.',
    example: 'auto',
  }).default('auto'),
});

const simulator = z.strictObject({
  enabled: flag({ doc: 'Runs the vendors’ simulator beside the server. Absent: only with the embedded database.', example: 'false' })
    .nullable()
    .default(null),
  port: integer(0, 65_535, { doc: 'The port of the simulator, on loopback.', example: '8090' }).default(8090),
  dataDir: text(folder, 'a folder', {
    doc: 'Where the simulator keeps its journal. Absent: <dataDir>/simulator.',
    example: './data/simulator',
  })
    .nullable()
    .default(null),
});

const demo = z.strictObject({
  key: text(/^sk_test_[A-Za-z0-9._~+/-]{1,200}$/, 'a key that begins with sk_test_', {
    doc: 'The key of the demo merchant on the embedded database. Absent: one is made and printed once.',
    example: 'sk_test_demo',
    secret: 'all',
  })
    .nullable()
    .default(null),
  shopPort: integer(0, 65_535, { doc: 'The port of the demo shop, on loopback. 0: none.', example: '8070' }).default(8070),
});

const breaker = z.strictObject({
  volumeThreshold: integer(1, 100_000, { doc: 'Calls within the window before a breaker may open.', example: '20' }).default(20),
  errorThresholdPercentage: integer(1, 100, { doc: 'The share of failed calls that opens a breaker.', example: '50' }).default(50),
  resetTimeoutMs: integer(1, hour, { doc: 'How long an open breaker waits before it lets one call through.', example: '10000' }).default(
    10_000,
  ),
});

const channels = z.strictObject({
  folder: text(folder, 'a folder', { doc: 'Where channel plugins are found.', example: 'plugins/channels' }).default('plugins/channels'),
  packages: list((item) => packageItem.test(item), 'npm packages such as @acme/paymux-teapot, or paths that begin with . or /', {
    doc: 'Further channels: npm packages in node_modules, or paths to packages.',
    example: '@acme/paymux-teapot,./my-channels/kettle',
  }).default([]),
  timeoutMs: integer(1, 600_000, { doc: 'The deadline of one call to a vendor.', example: '10000' }).default(10_000),
  payDeadlineMs: integer(1, 600_000, {
    doc: 'How long creating a payment may take over all its attempts before it answers processing.',
    example: '15000',
  }).default(15_000),
  quarantineAfterBugs: integer(1, 100_000, {
    doc: 'Exceptions in a row after which an account’s channel gets no new payments until it is opened anew.',
    example: '10',
  }).default(10),
  rotationGraceHours: integer(0, 8760, {
    doc: 'Hours that callbacks may still be signed for the credentials that an account had before.',
    example: '72',
  }).default(72),
  breaker: breaker.prefault({}),
});

const refunds = z.strictObject({
  silentHours: integer(1, 8760, {
    doc: 'Hours after which a refund whose channel cannot be asked, and has not called back, is shown as abnormal.',
    example: '120',
  }).default(120),
});

const reconciliation = z.strictObject({
  writeOffAlone: integer(0, Number.MAX_SAFE_INTEGER, {
    doc: 'The most that one person may accept, adjust or write off alone, in minor units of whichever currency. Beyond it takes two.',
    example: '10000',
  }).default(10_000),
  documentBytes: integer(1024, 2 ** 31, {
    doc: 'The largest statement document that the API takes. Larger ones come by folder or command.',
    example: '67108864',
  }).default(67_108_864),
  inbox: text(folder, 'a folder', {
    doc: 'A folder that statement documents are put into, as <account>/<day>/<file>. Absent: none.',
    example: '/var/lib/paymux/inbox',
  })
    .nullable()
    .default(null),
});

const notifications = z.strictObject({
  timeoutMs: integer(1, 600_000, { doc: 'How long a merchant may take to answer a notification.', example: '15000' }).default(15_000),
  fastLane: integer(1, 10_000, { doc: 'Notifications sent at once to merchants that answer quickly.', example: '48' }).default(48),
  slowLane: integer(1, 10_000, { doc: 'Notifications sent at once to merchants that do not.', example: '16' }).default(16),
  allowNetworks: list(isNetwork, 'networks such as 10.0.0.0/8', {
    doc: 'Private networks that notifications may be sent to. All others are refused.',
    example: '10.20.0.0/16,fd00::/8',
  }).default([]),
});

const jobs = z.strictObject({
  pollMs: integer(10, hour, { doc: 'How often due work is looked for.', example: '1000' }).default(1000),
});

const retention = z.strictObject({
  deliveriesDays: integer(1, 36_500, {
    doc: 'Days that delivered notifications and their tries are kept, for support and replay.',
    example: '90',
  }).default(90),
  eventsDays: integer(1, 36_500, {
    doc: 'Days that events are kept, with whatever of their notifications is left. Payments are kept for ever.',
    example: '400',
  }).default(400),
  archiveDays: integer(1, 36_500, {
    doc: 'Days after which what happened to a finished payment, and its events, move to the archive; not before eventsDays. Absent: never.',
    example: '400',
  })
    .nullable()
    .default(null),
});

const metrics = z.strictObject({
  port: integer(0, 65_535, { doc: 'A port of its own for /metrics. Absent: the main port, with the token.', example: '9464' })
    .nullable()
    .default(null),
  token: text(/^[\x21-\x7e]{16,255}$/, 'at least 16 visible ASCII characters', {
    doc: 'The bearer token of /metrics on the main port. Absent: /metrics answers on its own port only.',
    example: 'a-long-random-text',
    secret: 'all',
  })
    .nullable()
    .default(null),
});

const log = z.strictObject({
  level: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    doc: 'The least severe lines that are written.',
    example: 'info',
  }).default('info'),
});

/** Every setting, its bounds and its default. A null is filled in by `completeConfig`, or means “none”. */
export const configSchema = z.strictObject({
  port: integer(0, 65_535, { doc: 'The port of the API. PORT sets it too. 0: any free port.', example: '8080' }).default(8080),
  host: text(/^\S+$/, 'a host name or address', { doc: 'The address that is listened on.', example: '127.0.0.1' }).default('0.0.0.0'),
  publicUrl: text(/^https?:\/\/[^\s?#/@]+(\/[^\s?#]*)?$/, 'an http or https address without user, password and query', {
    doc: 'Where channels and shoppers reach this server. Absent: http://127.0.0.1:<port>.',
    example: 'https://pay.example.com',
  })
    .nullable()
    .default(null),
  dataDir: text(folder, 'a folder', { doc: 'The embedded database and the key file.', example: '/var/lib/paymux' }).default('./data'),
  roles: list((item) => item === 'api' || item === 'worker', 'api, worker or both', {
    doc: 'What this server does: answer requests, do the work that has a time, or both. Every database needs one of each.',
    example: 'api,worker',
  }).default(['api', 'worker']),
  processes: integer(1, 256, {
    doc: 'Server processes on one port, on MySQL or MariaDB: one for each core. Each has metrics.port of its own, counted up.',
    example: '4',
  }).default(1),
  keyFile: text(folder, 'a file', {
    doc: 'The keys that encrypt secrets at rest. Absent: <dataDir>/paymux.key.',
    example: '/etc/paymux/paymux.key',
  })
    .nullable()
    .default(null),
  http: http.prefault({}),
  database: database.prefault({}),
  simulator: simulator.prefault({}),
  demo: demo.prefault({}),
  channels: channels.prefault({}),
  refunds: refunds.prefault({}),
  reconciliation: reconciliation.prefault({}),
  notifications: notifications.prefault({}),
  jobs: jobs.prefault({}),
  retention: retention.prefault({}),
  metrics: metrics.prefault({}),
  log: log.prefault({}),
});

/** The settings as the file and the environment give them, defaults filled in. */
export type Written = z.infer<typeof configSchema>;

/** The configuration with every derived value in place. */
export interface Config extends Omit<Written, 'publicUrl' | 'keyFile' | 'simulator'> {
  /** Without a slash at its end. With port 0 it ends in `:0`, and the server puts the real port there. */
  readonly publicUrl: string;
  readonly keyFile: string;
  readonly simulator: { readonly enabled: boolean; readonly port: number; readonly dataDir: string };
}

/** Fills in what follows from other settings. */
export function completeConfig(written: Written): Config {
  return {
    ...written,
    publicUrl: (written.publicUrl ?? `http://127.0.0.1:${written.port}`).replace(/\/+$/, ''),
    keyFile: written.keyFile ?? `${written.dataDir}/paymux.key`,
    simulator: {
      enabled: written.simulator.enabled ?? written.database.url === null,
      port: written.simulator.port,
      dataDir: written.simulator.dataDir ?? `${written.dataDir}/simulator`,
    },
  };
}
