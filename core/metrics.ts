import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { catalogue, labelLimit, type MetricEntry, type MetricName } from './metrics/catalogue.ts';

/** How a payment ended, for the rate that a service level is promised on. Declines are the customer's affair, not ours. */
export type PaymentOutcome =
  | 'succeeded'
  | 'declined_customer'
  | 'declined_risk'
  | 'channel_error'
  | 'timeout'
  | 'internal_error'
  | 'closed';

export type BreakerState = 'closed' | 'half_open' | 'open';

/** When a certificate ends. */
export interface CertificateEnd {
  readonly channel: string;
  readonly account: string;
  readonly field: string;
  readonly expiresAt: Date;
}

/** What does not agree with the statements of one channel, in one currency and state. */
export interface OutstandingDiscrepancies {
  readonly channel: string;
  readonly currency: string;
  readonly state: 'open' | 'suspended';
  readonly count: number;
  readonly amount: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Values that are asked for at each scrape. One that throws is counted and left out; the others are still shown. */
export interface Watched {
  readonly paymentsPending?: () => Promise<readonly { readonly channel: string; readonly age: string; readonly count: number }[]>;
  readonly notificationsOldestPendingSeconds?: () => Promise<number>;
  readonly configurationFaults?: () => Readonly<Record<'accounts' | 'definitions' | 'reload', number>>;
  readonly channelsQuarantined?: () => readonly { readonly channel: string; readonly account: string }[];
  readonly certificates?: () => readonly CertificateEnd[];
  readonly discrepancies?: () => Promise<readonly OutstandingDiscrepancies[]>;
  readonly lastReconciled?: () => Promise<readonly { readonly channel: string; readonly at: number }[]>;
  readonly refusedDocuments?: () => Promise<number>;
  readonly ledgerUncounted?: () => Promise<number>;
  readonly dbPool?: () => { readonly inUse: number; readonly waiting: number };
}

/** Everything that the kernel counts. Times are seconds. */
export interface Metrics {
  /** `route` is the pattern of the route; null when none matched. */
  httpRequest(labels: { readonly route: string | null; readonly method: string; readonly code: number }, seconds: number): void;
  payment(labels: { readonly channel: string; readonly method: string; readonly outcome: PaymentOutcome }, seconds?: number): void;
  duplicatePayment(labels: { readonly channel: string }): void;
  refund(labels: { readonly channel: string; readonly result: string }): void;
  channelRequest(
    labels: { readonly channel: string; readonly account: string; readonly operation: string; readonly result: string },
    seconds: number,
  ): void;
  breakerState(labels: { readonly channel: string; readonly account: string; readonly operation: string }, state: BreakerState): void;
  channelBug(labels: { readonly channel: string; readonly account: string; readonly operation: string }): void;
  failover(labels: { readonly from: string; readonly to: string; readonly reason: string }): void;
  callback(labels: { readonly channel: string; readonly result: string }): void;
  callbackMismatch(labels: { readonly channel: string; readonly field: string }): void;
  notification(labels: { readonly result: string }, seconds?: number): void;
  job(labels: { readonly task: string; readonly result: string }, lagSeconds?: number): void;
  /** Says where values come from that are read at each scrape. Later calls add to earlier ones. */
  watch(sources: Watched): void;
  /** All metrics in the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Stops measuring the event loop. */
  close(): void;
}

const breakerValues: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };
const httpMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

type LoopDelay = ReturnType<typeof monitorEventLoopDelay>;
type Labels = Readonly<Record<string, string | number>>;

/** Every metric of the catalogue in a registry of its own. The rest of the kernel knows nothing of the library behind it. */
export function createMetrics(build: { readonly version: string }): Metrics {
  const series = openSeries();
  const loop = monitorEventLoopDelay({ resolution: 20 });
  const sources: Watched[] = [];
  loop.enable();
  series.set('build_info', { version: build.version, node: process.version }, 1);
  series.set('process_start_time_seconds', {}, Math.round(Date.now() / 1000 - process.uptime()));
  return {
    ...countRequests(series),
    ...countPayments(series),
    ...countDeliveries(series),
    watch: (more) => void sources.push(more),
    text: async () => {
      readProcess(series, loop);
      for (const source of sources) await readWatched(series, source);
      return series.registry.metrics();
    },
    contentType: series.registry.contentType,
    close: () => void loop.disable(),
  };
}

/** The three things that can be done to a metric, by its name in the catalogue. */
interface Series {
  readonly registry: Registry;
  add(name: MetricName, labels: Labels, value?: number): void;
  set(name: MetricName, labels: Labels, value: number): void;
  observe(name: MetricName, labels: Labels, seconds: number): void;
  clear(name: MetricName): void;
}

function openSeries(): Series {
  const registry = new Registry();
  const counters = new Map<MetricName, Counter>();
  const gauges = new Map<MetricName, Gauge>();
  const histograms = new Map<MetricName, Histogram>();
  for (const [key, entry] of Object.entries<MetricEntry>(catalogue)) {
    const name = key as MetricName;
    const options = { name: `paymux_${name}`, help: entry.help, labelNames: [...entry.labels], registers: [registry] };
    if (entry.kind === 'counter') counters.set(name, new Counter(options));
    if (entry.kind === 'gauge') gauges.set(name, new Gauge(options));
    if (entry.kind === 'histogram') histograms.set(name, new Histogram({ ...options, buckets: [...(entry.buckets ?? [])] }));
  }
  const bound = boundLabels();
  return {
    registry,
    add: (name, labels, value = 1) => counters.get(name)?.inc(bound(name, labels), value),
    set: (name, labels, value) => gauges.get(name)?.set(bound(name, labels), value),
    observe: (name, labels, seconds) => histograms.get(name)?.observe(bound(name, labels), Math.max(0, seconds)),
    clear: (name) => {
      const gauge = gauges.get(name);
      gauge?.reset();
      // Without labels, `reset` puts a 0 in place, which would look like a healthy value.
      if (catalogue[name].labels.length === 0) gauge?.remove();
    },
  };
}

/** Keeps every label to a bounded number of values, so that no caller can fill the memory or block a scrape. */
function boundLabels(): (name: MetricName, labels: Labels) => Record<string, string> {
  const seen = new Map<string, Set<string>>();
  return (name, labels) => {
    const bounded = Object.entries(labels).map(([label, value]) => {
      const place = `${name} ${label}`;
      const values = seen.get(place) ?? new Set();
      seen.set(place, values);
      const text = `${value}`.slice(0, 100);
      if (!values.has(text) && values.size >= labelLimit) return [label, 'other'];
      values.add(text);
      return [label, text];
    });
    return Object.fromEntries(bounded) as Record<string, string>;
  };
}

function countRequests({ add, set, observe }: Series) {
  return {
    httpRequest: ({ route, method, code }, seconds) => {
      const labels = { route: route ?? 'other', method: httpMethods.has(method) ? method : 'other' };
      add('http_requests_total', { ...labels, code });
      observe('http_request_duration_seconds', labels, seconds);
    },
    channelRequest: ({ channel, account, operation, result }, seconds) => {
      add('channel_requests_total', { channel, account, operation, result });
      observe('channel_request_duration_seconds', { channel, operation }, seconds);
    },
    breakerState: (labels, state) => set('channel_breaker_state', labels, breakerValues[state]),
    channelBug: (labels) => add('channel_bugs_total', labels),
    failover: (labels) => add('channel_failover_total', labels),
    callback: (labels) => add('callbacks_total', labels),
    callbackMismatch: (labels) => add('callback_mismatch_total', labels),
  } satisfies Partial<Metrics>;
}

function countPayments({ add, observe }: Series) {
  return {
    payment: (labels, seconds) => {
      add('payments_total', labels);
      if (seconds !== undefined) observe('payment_duration_seconds', { channel: labels.channel }, seconds);
    },
    duplicatePayment: (labels) => add('duplicate_payments_total', labels),
    refund: (labels) => add('refunds_total', labels),
  } satisfies Partial<Metrics>;
}

function countDeliveries({ add, set, observe }: Series) {
  return {
    notification: (labels, seconds) => {
      add('notification_deliveries_total', labels);
      if (seconds !== undefined) observe('notification_duration_seconds', labels, seconds);
    },
    job: ({ task, result }, lagSeconds) => {
      add('job_runs_total', { task, result });
      if (lagSeconds !== undefined) set('job_lag_seconds', { task }, lagSeconds);
    },
  } satisfies Partial<Metrics>;
}

function readProcess({ set, add, registry }: Series, loop: LoopDelay): void {
  // Without a sample since the last scrape the histogram answers NaN, which no alert can compare.
  const seconds = (nanoseconds: number) => (Number.isFinite(nanoseconds) && loop.count > 0 ? nanoseconds / 1e9 : 0);
  set('event_loop_lag_seconds', { quantile: '0.5' }, seconds(loop.percentile(50)));
  set('event_loop_lag_seconds', { quantile: '0.99' }, seconds(loop.percentile(99)));
  loop.reset();
  set('process_resident_memory_bytes', {}, process.memoryUsage.rss());
  const { user, system } = process.cpuUsage();
  registry.getSingleMetric('paymux_process_cpu_seconds_total')?.reset();
  add('process_cpu_seconds_total', {}, (user + system) / 1e6);
}

async function readWatched(series: Series, sources: Watched): Promise<void> {
  const { paymentsPending, notificationsOldestPendingSeconds, configurationFaults, channelsQuarantined, certificates, dbPool } = sources;
  if (paymentsPending)
    await refresh(series, ['payments_pending'], async (set) => {
      for (const { count, ...labels } of await paymentsPending()) set('payments_pending', labels, count);
    });
  if (notificationsOldestPendingSeconds)
    await refresh(series, ['notifications_oldest_pending_seconds'], async (set) => {
      set('notifications_oldest_pending_seconds', {}, await notificationsOldestPendingSeconds());
    });
  if (configurationFaults)
    await refresh(series, ['configuration_faults'], async (set) => {
      for (const [what, count] of Object.entries(configurationFaults())) set('configuration_faults', { what }, count);
    });
  if (channelsQuarantined)
    await refresh(series, ['channel_quarantined'], async (set) => {
      for (const labels of channelsQuarantined()) set('channel_quarantined', labels, 1);
    });
  if (certificates)
    await refresh(series, ['channel_certificate_expiry_seconds'], async (set) => {
      for (const { expiresAt, ...labels } of certificates()) {
        set('channel_certificate_expiry_seconds', labels, Math.floor(expiresAt.getTime() / 1000));
      }
    });
  await readBooks(series, sources);
  if (dbPool)
    await refresh(series, ['db_pool_in_use', 'db_pool_waiting'], async (set) => {
      const { inUse, waiting } = dbPool();
      set('db_pool_in_use', {}, inUse);
      set('db_pool_waiting', {}, waiting);
    });
}

async function readBooks(series: Series, { discrepancies, lastReconciled, refusedDocuments, ledgerUncounted }: Watched): Promise<void> {
  if (ledgerUncounted)
    await refresh(series, ['ledger_uncounted_entries'], async (set) => set('ledger_uncounted_entries', {}, await ledgerUncounted()));
  if (refusedDocuments)
    await refresh(series, ['reconciliation_refused_documents'], async (set) =>
      set('reconciliation_refused_documents', {}, await refusedDocuments()),
    );
  if (discrepancies)
    await refresh(
      series,
      ['reconciliation_discrepancies', 'reconciliation_unmatched_amount', 'reconciliation_oldest_open_seconds'],
      async (set) => showDiscrepancies(set, await discrepancies()),
    );
  if (lastReconciled)
    await refresh(series, ['reconciliation_last_done_seconds'], async (set) => {
      for (const { channel, at } of await lastReconciled()) set('reconciliation_last_done_seconds', { channel }, Math.floor(at / 1000));
    });
}

function showDiscrepancies(set: Series['set'], outstanding: readonly OutstandingDiscrepancies[]): void {
  const sums = new Map<string, number>();
  for (const { channel, currency, state, count, amount, since } of outstanding) {
    const counted = (sums.get(`${channel} ${state}`) ?? 0) + count;
    sums.set(`${channel} ${state}`, counted);
    set('reconciliation_discrepancies', { channel, state }, counted);
    if (state !== 'open') continue;
    const oldest = Math.max(sums.get(channel) ?? 0, Math.floor((Date.now() - since) / 1000));
    sums.set(channel, oldest);
    set('reconciliation_unmatched_amount', { channel, currency }, amount);
    set('reconciliation_oldest_open_seconds', { channel }, oldest);
  }
}

/** Gauges begin empty, so that a value that cannot be read neither fails the scrape nor goes on showing what it was. */
async function refresh(series: Series, names: readonly MetricName[], read: (set: Series['set']) => Promise<void>): Promise<void> {
  for (const name of names) series.clear(name);
  try {
    await read(series.set);
  } catch {
    for (const metric of names) series.add('metrics_faults_total', { metric });
  }
}
