/** One metric as data. Dashboards, alert rules and the operations guide are compared with this table. */
export interface MetricEntry {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds in seconds. Only histograms have them. */
  readonly buckets?: readonly number[];
}

const fast = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const vendor = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
const human = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];

function counter(help: string, ...labels: readonly string[]): MetricEntry {
  return { kind: 'counter', help, labels };
}

function gauge(help: string, ...labels: readonly string[]): MetricEntry {
  return { kind: 'gauge', help, labels };
}

function histogram(help: string, buckets: readonly number[], ...labels: readonly string[]): MetricEntry {
  return { kind: 'histogram', help, labels, buckets };
}

/**
 * Every metric that paymux exports, without the prefix `paymux_`. No label holds a merchant, an app
 * or an id: a scrape of 2,000 histogram series blocks the event loop for about 18 ms.
 */
export const catalogue = {
  http_requests_total: counter('Requests answered.', 'route', 'method', 'code'),
  http_request_duration_seconds: histogram('Time from the headers of a request to the end of its answer.', fast, 'route', 'method'),
  payments_total: counter('Payments that reached a final outcome.', 'channel', 'method', 'outcome'),
  payment_duration_seconds: histogram('Time from the creation of a payment to its final state.', human, 'channel'),
  payments_pending: gauge('Payments without a final state.', 'channel', 'age'),
  duplicate_payments_total: counter('Second successes of one payment. They are refunded.', 'channel'),
  refunds_total: counter('Refunds that reached a final result.', 'channel', 'result'),
  channel_requests_total: counter('Calls to vendors.', 'channel', 'account', 'operation', 'result'),
  channel_request_duration_seconds: histogram('Time of one call to a vendor.', vendor, 'channel', 'operation'),
  channel_breaker_state: gauge('0 closed, 1 half open, 2 open.', 'channel', 'account', 'operation'),
  channel_bugs_total: counter('Exceptions of channels where an outcome was due.', 'channel', 'account', 'operation'),
  configuration_faults: gauge('Changes of the configuration that could not be taken over, so that what was before goes on.', 'what'),
  channel_quarantined: gauge('1 while an account gets no new payments because its channel failed too often.', 'channel', 'account'),
  channel_certificate_expiry_seconds: gauge('When a certificate of an account ends, in seconds since 1970.', 'channel', 'account', 'field'),
  channel_failover_total: counter('Payments that moved on to another account.', 'from', 'to', 'reason'),
  callbacks_total: counter('Callbacks received from vendors.', 'channel', 'result'),
  callback_mismatch_total: counter('Genuine answers whose amount, currency or merchant was not what was asked.', 'channel', 'field'),
  reconciliation_discrepancies: gauge('Entries that do not agree with the vendors, open or suspended.', 'channel', 'state'),
  reconciliation_unmatched_amount: gauge('Money that is not accounted for, in minor units.', 'channel', 'currency'),
  reconciliation_oldest_open_seconds: gauge('Age of the oldest discrepancy that nobody has ended.', 'channel'),
  reconciliation_last_done_seconds: gauge('When a day was last compared, in seconds since 1970.', 'channel'),
  reconciliation_refused_documents: gauge('Documents that lie refused in the folder that they were put into.'),
  ledger_uncounted_entries: gauge('Entries of the ledger that no balance counts yet, told up to 1,000,000.'),
  notification_deliveries_total: counter('Tries to deliver a notification.', 'result'),
  notification_duration_seconds: histogram('Time a merchant took to answer a notification.', fast, 'result'),
  notifications_oldest_pending_seconds: gauge('Age of the oldest notification that is due and not delivered.'),
  job_runs_total: counter('Runs of background jobs.', 'task', 'result'),
  job_lag_seconds: gauge('How late the last run of a job began.', 'task'),
  db_pool_in_use: gauge('Database connections in use.'),
  db_pool_waiting: gauge('Callers waiting for a database connection.'),
  event_loop_lag_seconds: gauge('Delay of the event loop since the last scrape.', 'quantile'),
  process_resident_memory_bytes: gauge('Memory of the process.'),
  process_cpu_seconds_total: counter('Processor time used.'),
  process_start_time_seconds: gauge('When the process started, in seconds since 1970.'),
  metrics_faults_total: counter('Values that could not be read at a scrape.', 'metric'),
  build_info: gauge('Always 1; its labels tell what is running.', 'version', 'node'),
} as const satisfies Readonly<Record<string, MetricEntry>>;

export type MetricName = keyof typeof catalogue;

/** How many values one label may take before further ones are counted as `other`. */
export const labelLimit = 200;
