/**
 * Every table, once: the migrations create exactly these columns and `test/store` compares the two.
 * Names of columns are those of the wire. Times are BIGINT milliseconds UTC, amounts BIGINT minor
 * units, booleans 0 or 1, JSON is text. Ids and keys compare bytewise (ascii, binary collation).
 */

/** `id`: 1–64 ascii · `key`: up to 255 ascii · `text`: up to 1000 characters · `long`: up to 16 MiB text · `int`: BIGINT · `bytes`: up to 64 KiB */
export type ColumnType = 'id' | 'key' | 'text' | 'long' | 'int' | 'bytes';

export interface Column {
  readonly type: ColumnType;
  readonly null?: true;
  readonly default?: number;
}

export interface Table {
  readonly columns: Readonly<Record<string, Column>>;
  readonly primary: readonly string[];
  /** Index name → columns. */
  readonly unique?: Readonly<Record<string, readonly string[]>>;
  readonly index?: Readonly<Record<string, readonly string[]>>;
}

const id: Column = { type: 'id' };
const idOrNull: Column = { type: 'id', null: true };
const key: Column = { type: 'key' };
const keyOrNull: Column = { type: 'key', null: true };
const text: Column = { type: 'text' };
const textOrNull: Column = { type: 'text', null: true };
const long: Column = { type: 'long' };
const longOrNull: Column = { type: 'long', null: true };
const int: Column = { type: 'int' };
const intOrNull: Column = { type: 'int', null: true };
const zero: Column = { type: 'int', default: 0 };

export const tables = {
  merchants: {
    columns: { id, name: text, status: id, created_at: int, brand_color: idOrNull, logo_id: idOrNull },
    primary: ['id'],
  },
  /** Pictures of merchants for their checkouts. `id`: SHA-256 hex of the bytes, which are in base64. */
  logos: {
    columns: { id, type: id, body: long },
    primary: ['id'],
  },
  /** A credential of a merchant: either test or live, for ever. `late_policy`: auto_refund, accept or hold. `secret` signs notifications (encrypted `whsec_`). */
  apps: {
    columns: {
      id, merchant_id: id, name: text, livemode: int, status: id, notify_url: textOrNull, return_url: textOrNull,
      late_policy: id, require_signature: zero, rate_per_second: int, secret: long, old_secret: longOrNull, old_secret_until: intOrNull, created_at: int,
    },
    primary: ['id'],
    index: { apps_merchant: ['merchant_id'] },
  },
  /** `hash`: SHA-256 hex of the key. `scopes`: JSON list. */
  api_keys: {
    columns: { id, app_id: id, hash: id, hint: id, scopes: text, status: id, created_at: int, revoked_at: intOrNull },
    primary: ['id'],
    unique: { api_keys_hash: ['hash'] },
    index: { api_keys_app: ['app_id'] },
  },
  /** Keys for signed requests. `material`: an Ed25519 public key (SPKI, base64) or an encrypted HMAC secret. */
  signing_keys: {
    columns: { id, app_id: id, algorithm: id, material: long, status: id, created_at: int },
    primary: ['id'],
    index: { signing_keys_app: ['app_id'] },
  },
  /** Nonces of signed requests, kept twice their window. `id` is `<key>:<SHA-256 of the nonce>`, hex. */
  nonces: {
    columns: { id: key, expires_at: int },
    primary: ['id'],
    index: { nonces_expires: ['expires_at'] },
  },
  /** Whole channels switched off; a channel without a row is on. */
  channels: {
    columns: { id, status: id, updated_at: int },
    primary: ['id'],
  },
  /** `config`: JSON, secrets encrypted inside. `status`: enabled, draining, receive_only, retired. A null merchant: shared by all. */
  channel_accounts: {
    columns: {
      id, channel: id, merchant_id: idOrNull, livemode: int, status: id, priority: int, weight: int, config: long,
      terms: longOrNull, version: int, created_at: int, updated_at: int,
    },
    primary: ['id'],
    index: { channel_accounts_channel: ['channel'] },
  },
  /** Credentials that an account had. `id`: `<account>:<version>`; `config` as in the account; `moved`: the version after it is of another merchant. */
  account_versions: {
    columns: { id: key, account_id: id, version: int, config: long, moved: zero, replaced_at: int },
    primary: ['id'],
    index: { account_versions_account: ['account_id'] },
  },
  /** One row a key: `config` counts every change to merchants, apps, keys, channels and accounts, so that servers reload what they hold in memory. */
  versions: {
    columns: { id, value: int },
    primary: ['id'],
  },
  /** `checkout_token`: whoever knows it may see and pay this payment; null for those of before there was a checkout. */
  payments: {
    columns: {
      id, app_id: id, merchant_order_no: key, request_hash: id, livemode: int, state: id, closing: zero, close_reason: idOrNull,
      exception: idOrNull, amount: int, currency: id, amount_paid: zero, amount_refunded: zero, refund_reserved: zero, subject: text, method: idOrNull,
      channel: idOrNull, accepted_attempt_id: idOrNull, failure: textOrNull, request: long, action: longOrNull,
      notify_url: textOrNull, return_url: textOrNull, metadata: long, sequence: zero, version: zero,
      due_at: intOrNull, expires_at: int, created_at: int, succeeded_at: intOrNull, closed_at: intOrNull, checkout_token: idOrNull,
    },
    primary: ['id'],
    unique: { payments_order: ['app_id', 'merchant_order_no'] },
    index: { payments_due: ['due_at'], payments_page: ['app_id', 'id'] },
  },
  /**
   * An address that takes payments. `amount`: null where the shopper types it, between `min_amount` and `max_amount`.
   * `most_payments`: how many may be paid in all, null for any number. `request_key`: the request that made it, for its repeats.
   */
  payment_links: {
    columns: {
      id, app_id: id, token: id, request_key: idOrNull, status: id, subject: text, amount: intOrNull, min_amount: intOrNull, max_amount: intOrNull,
      currency: id, most_payments: intOrNull, made: zero, notify_url: textOrNull, return_url: textOrNull, metadata: long, expires_at: intOrNull, created_at: int,
    },
    primary: ['id'],
    unique: { payment_links_request: ['request_key'] },
    index: { payment_links_list: ['app_id', 'id'] },
  },
  /** Which payments came of a link. `id`: the payment's. `page_key`: the page that asked for it, so that a double click is one payment. `holder`: from what network, unreadable. */
  link_payments: {
    columns: { id, link_id: id, page_key: id, created_at: int, holder: idOrNull },
    primary: ['id'],
    unique: { link_payments_page: ['link_id', 'page_key'] },
  },
  /** `number` is what the channel sees. `request` is the JSON that lets the same attempt be sent again byte for byte. */
  attempts: {
    columns: {
      id, payment_id: id, number: id, account_id: id, account_version: int, channel: id, method: id, product: id, state: id,
      amount: int, currency: id, amount_paid: zero, currency_paid: idOrNull, channel_no: keyOrNull, failure: textOrNull, not_found_at: intOrNull, acted: zero,
      session_no: keyOrNull, capture_at: intOrNull, version: zero, checks: zero, due_at: intOrNull, checked_at: intOrNull, expires_at: int, created_at: int,
      succeeded_at: intOrNull, ended_at: intOrNull, fee_expected: intOrNull,
    },
    primary: ['id'],
    unique: { attempts_number: ['number'] },
    index: { attempts_payment: ['payment_id'], attempts_due: ['due_at'], attempts_channel_no: ['account_id', 'channel_no'], attempts_session_no: ['account_id', 'session_no'], attempts_succeeded: ['succeeded_at'] },
  },
  /** `kind`: merchant, late, duplicate, excess. An automatic refund has no merchant number and an id derived from its attempt. */
  refunds: {
    columns: {
      id, payment_id: id, attempt_id: id, app_id: id, merchant_refund_no: keyOrNull, request_hash: idOrNull, number: id, kind: id,
      state: id, exception: idOrNull, amount: int, currency: id, reason: textOrNull, channel_no: keyOrNull, failure: textOrNull,
      not_found_at: intOrNull, version: zero, sequence: zero, checks: zero, due_at: intOrNull, created_at: int, succeeded_at: intOrNull, ended_at: intOrNull,
    },
    primary: ['id'],
    unique: { refunds_merchant_no: ['app_id', 'merchant_refund_no'], refunds_number: ['number'] },
    index: { refunds_payment: ['payment_id'], refunds_due: ['due_at'], refunds_channel_no: ['channel_no'], refunds_succeeded: ['succeeded_at'] },
  },
  /** One row a transition of a payment, an attempt or a refund. `cause`: merchant, kernel, callback, query, timer, statement, operator, shopper. */
  history: {
    columns: { id, subject_id: id, from_state: idOrNull, to_state: id, cause: id, detail: textOrNull, created_at: int },
    primary: ['id'],
    index: { history_subject: ['subject_id', 'id'] },
  },
  /**
   * The outbox, and the feed of `GET /v1/events`. `data`: the JSON object at that moment, as the API returns it.
   * `position`: its place in the app's feed, given when the feed is read after the commit; null before that.
   */
  events: {
    columns: { id, app_id: id, type: id, subject_id: id, sequence: int, data: long, position: intOrNull, created_at: int },
    primary: ['id'],
    index: { events_position: ['app_id', 'position', 'id'], events_subject: ['subject_id'] },
  },
  /** The last position that was given in the feed of an app, by the app's id. */
  feeds: {
    columns: { id, position: zero },
    primary: ['id'],
  },
  /** `secret`: encrypted `whsec_`; `old_secret` signs too until `old_secret_until`. `types`: JSON list, empty = all. */
  notification_endpoints: {
    columns: {
      id, app_id: id, url: text, secret: long, old_secret: longOrNull, old_secret_until: intOrNull, types: text, status: id,
      failing_since: intOrNull, created_at: int,
    },
    primary: ['id'],
    index: { notification_endpoints_app: ['app_id'] },
  },
  /**
   * What happened to finished payments and what was told of it, many payments to a row. `from_payment`, `to_payment`: the least and the
   * greatest of their ids; others between them may be elsewhere. `content`: see `tables/archives.ts`.
   */
  archives: {
    columns: { id, from_payment: id, to_payment: id, payments: int, content: long, created_at: int },
    primary: ['id'],
    index: { archives_payments: ['to_payment', 'from_payment'] },
  },
  /** One row for each event and endpoint. `endpoint_id` is null for a `notify_url` of the payment or app. `state`: pending, delivered, dead, disabled. */
  deliveries: {
    columns: {
      id, event_id: id, app_id: id, endpoint_id: idOrNull, url: text, state: id, tries: zero, due_at: intOrNull, status: intOrNull,
      error: textOrNull, created_at: int, delivered_at: intOrNull,
    },
    primary: ['id'],
    index: { deliveries_due: ['due_at'], deliveries_event: ['event_id'] },
  },
  delivery_attempts: {
    columns: { id, delivery_id: id, status: intOrNull, error: textOrNull, duration_ms: int, created_at: int },
    primary: ['id'],
    index: { delivery_attempts_delivery: ['delivery_id'] },
  },
  /** `id`: SHA-256 hex of app and key. `state`: in_progress, done. */
  idempotency: {
    columns: { id, request_hash: id, state: id, lease_until: int, status: intOrNull, headers: longOrNull, body: longOrNull, created_at: int },
    primary: ['id'],
    index: { idempotency_created: ['created_at'] },
  },
  /**
   * Double entry. The account's balance up to what `ledger_tail` holds, and of how many postings it is made. `id`: `<kind>:<owner>:<currency>`.
   * Written by `core/ledger/fold.ts` alone: no payment waits for another at this row.
   */
  ledger_accounts: {
    columns: { id: key, kind: id, owner_id: key, currency: id, livemode: int, balance: zero, postings: zero, updated_at: int },
    primary: ['id'],
    index: { ledger_accounts_owner: ['owner_id'] },
  },
  /** Only ever added to. The postings of one entry sum to 0 in each currency. `entry_id`: its cause, such as `paid:<attempt>`. */
  ledger_postings: {
    columns: {
      entry_id: key, line: int, account_id: key, amount: int, currency: id, livemode: int, payment_id: idOrNull, note: textOrNull, posted_at: int,
    },
    primary: ['entry_id', 'line'],
    index: { ledger_postings_account: ['account_id', 'posted_at'], ledger_postings_payment: ['payment_id'] },
  },
  /** Entries that no balance counts yet; written with them, and deleted when they are counted. */
  ledger_tail: {
    columns: { entry_id: key },
    primary: ['entry_id'],
  },
  /** One row while payments of before the ledger have still to be posted. `done_to`: the last one that was looked at. */
  ledger_backlog: {
    columns: { id, done_to: id },
    primary: ['id'],
  },
  /** One runner in a cluster. `fence` grows with every change of holder and is compared at every guarded write. */
  leases: {
    columns: { id, holder: id, fence: int, expires_at: int },
    primary: ['id'],
  },
  /**
   * The comparison of one account's business day (`2026-01-31`, of the vendor's zone) with its statement. `state`: waiting (for the
   * statement; `due_at`: when to ask again), fetched, done, refused (`reason`: why). `totals`: JSON, what the day comes to by class.
   */
  reconciliations: {
    columns: {
      id, account_id: id, channel: id, livemode: int, day: id, state: id, reason: textOrNull, tries: zero, due_at: intOrNull,
      entries: intOrNull, totals: longOrNull, created_at: int, done_at: intOrNull,
    },
    primary: ['id'],
    unique: { reconciliations_day: ['account_id', 'day'] },
    index: { reconciliations_due: ['due_at'] },
  },
  /** A document as it came. `source`: vendor, hand. `state`: receiving, kept, replacing, compared, superseded. `data_key`: encrypted; its pieces and evidence are sealed with it. */
  statement_files: {
    columns: {
      id, reconciliation_id: id, account_id: id, day: id, name: text, sha256: id, size: int, source: id, state: id,
      entries: intOrNull, totals: longOrNull, data_key: long, created_at: int,
    },
    primary: ['id'],
    unique: { statement_files_content: ['account_id', 'day', 'sha256'] },
    index: { statement_files_reconciliation: ['reconciliation_id'], statement_files_state: ['state', 'source'] },
  },
  /** `content`: compressed, sealed, base64. */
  statement_pieces: {
    columns: { id, file_id: id, place: int, content: long },
    primary: ['id'],
    unique: { statement_pieces_place: ['file_id', 'place'] },
  },
  /**
   * One thing that does not agree. `entry_key`: SHA-256 hex of what names it within its day, so that comparing again finds it.
   * `subject_id`: the attempt or refund. `entry`: its place in the file; `evidence`: that entry, sealed. `state`: suspended, open, resolved. `asked_by`: who asked first for
   * what takes two.
   */
  discrepancies: {
    columns: {
      id, reconciliation_id: id, entry_key: id, account_id: id, channel: id, app_id: idOrNull, livemode: int, day: id, class: id, kind: id,
      number: keyOrNull, channel_no: keyOrNull, currency: id, amount_here: intOrNull, amount_there: intOrNull, fee_here: intOrNull,
      fee_there: intOrNull, payment_id: idOrNull, subject_id: idOrNull, file_id: idOrNull, entry: intOrNull, evidence: longOrNull,
      occurred_at: intOrNull, state: id, reason: textOrNull, owner: keyOrNull, version: zero, created_at: int, resolved_at: intOrNull,
      asked_by: keyOrNull,
    },
    primary: ['id'],
    unique: { discrepancies_entry: ['reconciliation_id', 'entry_key'] },
    index: { discrepancies_list: ['state', 'id'], discrepancies_subject: ['subject_id'], discrepancies_app: ['app_id', 'id'] },
  },
  /** What was done about a discrepancy, by whom. Never changed, never deleted. */
  discrepancy_actions: {
    columns: { id, discrepancy_id: id, action: id, actor: key, note: textOrNull, from_state: idOrNull, to_state: id, created_at: int },
    primary: ['id'],
    index: { discrepancy_actions_discrepancy: ['discrepancy_id', 'id'] },
  },
  /** A line of a channel's day that says what it paid to a bank account, and the bank's entry by which that arrived. `entry_key`: SHA-256 of what names it in its day. */
  payouts: {
    columns: {
      id, reconciliation_id: id, entry_key: id, account_id: id, bank_account_id: id, livemode: int, channel_no: keyOrNull, currency: id,
      amount: int, paid_on: id, occurred_at: int, state: id, bank_reconciliation_id: idOrNull, bank_key: idOrNull, bank_currency: idOrNull,
      bank_amount: intOrNull, version: zero, created_at: int,
    },
    primary: ['id'],
    unique: { payouts_entry: ['reconciliation_id', 'entry_key'], payouts_bank: ['bank_key'] },
    index: { payouts_to: ['bank_account_id', 'state'] },
  },
} as const satisfies Readonly<Record<string, Table>>;

export type TableName = keyof typeof tables;
