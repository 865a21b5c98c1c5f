import type { Definition } from './definition.ts';
import type { Migration } from './migration.ts';

const reconciliations: Definition = {
  columns: {
    id: 'id',
    account_id: 'id',
    channel: 'id',
    livemode: 'int',
    day: 'id',
    state: 'id',
    reason: 'text?',
    tries: 'int=0',
    due_at: 'int?',
    entries: 'int?',
    totals: 'long?',
    created_at: 'int',
    done_at: 'int?',
  },
  primary: ['id'],
  unique: { reconciliations_day: ['account_id', 'day'] },
  index: { reconciliations_due: ['due_at'] },
};

const statementFiles: Definition = {
  columns: {
    id: 'id',
    reconciliation_id: 'id',
    account_id: 'id',
    day: 'id',
    name: 'text',
    sha256: 'id',
    size: 'int',
    source: 'id',
    state: 'id',
    entries: 'int?',
    totals: 'long?',
    data_key: 'long',
    created_at: 'int',
  },
  primary: ['id'],
  unique: { statement_files_content: ['account_id', 'day', 'sha256'] },
  index: { statement_files_reconciliation: ['reconciliation_id'] },
};

const statementPieces: Definition = {
  columns: { id: 'id', file_id: 'id', place: 'int', content: 'long' },
  primary: ['id'],
  unique: { statement_pieces_place: ['file_id', 'place'] },
};

const discrepancies: Definition = {
  columns: {
    id: 'id',
    reconciliation_id: 'id',
    entry_key: 'id',
    account_id: 'id',
    channel: 'id',
    app_id: 'id?',
    livemode: 'int',
    day: 'id',
    class: 'id',
    kind: 'id',
    number: 'key?',
    channel_no: 'key?',
    currency: 'id',
    amount_here: 'int?',
    amount_there: 'int?',
    fee_here: 'int?',
    fee_there: 'int?',
    payment_id: 'id?',
    subject_id: 'id?',
    file_id: 'id?',
    entry: 'int?',
    evidence: 'long?',
    occurred_at: 'int?',
    state: 'id',
    reason: 'text?',
    owner: 'key?',
    version: 'int=0',
    created_at: 'int',
    resolved_at: 'int?',
  },
  primary: ['id'],
  unique: { discrepancies_entry: ['reconciliation_id', 'entry_key'] },
  index: {
    discrepancies_list: ['state', 'id'],
    discrepancies_subject: ['subject_id'],
    discrepancies_app: ['app_id', 'id'],
  },
};

const discrepancyActions: Definition = {
  columns: {
    id: 'id',
    discrepancy_id: 'id',
    action: 'id',
    actor: 'key',
    note: 'text?',
    from_state: 'id?',
    to_state: 'id',
    created_at: 'int',
  },
  primary: ['id'],
  index: { discrepancy_actions_discrepancy: ['discrepancy_id', 'id'] },
};

/** Statements as they came, what came of comparing them, and what does not agree. */
export const reconciliation: Migration = {
  name: '0010-reconciliation',
  async up(context) {
    await context.createTable('reconciliations', reconciliations);
    await context.createTable('statement_files', statementFiles);
    await context.createTable('statement_pieces', statementPieces);
    await context.createTable('discrepancies', discrepancies);
    await context.createTable('discrepancy_actions', discrepancyActions);
    // What was paid on a day is read piece by piece in the order of this and the id, which InnoDB keeps behind every key.
    await context.addIndex('attempts_succeeded', 'attempts', ['succeeded_at']);
    await context.addIndex('refunds_succeeded', 'refunds', ['succeeded_at']);
  },
};
