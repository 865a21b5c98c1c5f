import { expect } from 'chai';
import { systemClock } from '../../core/clock.ts';
import { firstId } from '../../core/ids.ts';
import { createLog } from '../../core/log.ts';
import type { Claimed } from '../../core/notifications/claim.ts';
import { claimDue } from '../../core/notifications/claim.ts';
import { disableEndpoint } from '../../core/notifications/disable.ts';
import { createRecorder } from '../../core/notifications/record.ts';
import { replayEvent, replayRange } from '../../core/notifications/replay.ts';
import type { Database, Tx } from '../../core/store/database.ts';
import { reconciliationMoves, statementFileMoves } from '../../core/store/tables/moves.ts';
import { disablePaymentLink, insertPaymentLink, lockPaymentLink } from '../../core/store/tables/payment-links.ts';
import { changeReconciliation, insertReconciliation, type ReconciliationState } from '../../core/store/tables/reconciliations.ts';
import {
  completeStatementFile,
  dropStatementFile,
  insertStatementFile,
  markCompared,
  markSuperseded,
  reviveSuperseded,
  type StatementFileState,
} from '../../core/store/tables/statement-files.ts';
import { forEachDatabase } from '../kit/database.ts';

/** Payments, attempts and refunds are in predicates.test.ts, leases in test/jobs, idempotency keys in test/http. */
describe('Each state and each thing that may happen in it', () => {
  forEachDatabase((_name, open) => {
    let database: Database;
    before(async () => {
      database = (await open()).database;
    });
    const run = <T>(work: (tx: Tx) => Promise<T>) => database.transaction(work);
    const stateOf = async (table: string, id: string, column = 'state') =>
      (await database.get(`SELECT ${column} AS state FROM ${table} WHERE id = ?`, [id]))?.['state'] ?? 'gone';

    describe('of a reconciled day', () => {
      const states = Object.keys(reconciliationMoves) as ReconciliationState[];
      for (const from of states) {
        for (const to of states) {
          const isLegal = from === to || reconciliationMoves[from].includes(to);
          it(`${from} → ${to} is ${isLegal ? 'written' : 'refused by the database'}`, async () => {
            const id = `rec_${from}_${to}`;
            const row = { account_id: 'acc_1', channel: 'c', livemode: 0, day: id, state: from, reason: null, tries: 0, due_at: null };
            await run((tx) => insertReconciliation(tx, { id, ...row, entries: null, totals: null, created_at: 1, done_at: null }));
            await run((tx) => changeReconciliation(tx, id, { state: to }));
            expect(await stateOf('reconciliations', id)).to.equal(isLegal ? to : from);
          });
        }
      }

      it('that is done cannot be refused by a server that read it before', async () => {
        await run((tx) => changeReconciliation(tx, 'rec_done_refused', { state: 'refused', reason: 'not of this day' }));
        expect(await database.get("SELECT state, reason FROM reconciliations WHERE id = 'rec_done_refused'")).to.deep.equal({
          state: 'done',
          reason: null,
        });
      });
    });

    describe('of a document', () => {
      const verbs: Readonly<Record<string, (tx: Tx, id: string) => Promise<unknown>>> = {
        kept: (tx, id) => completeStatementFile(tx, id, { sha256: id, size: 1, state: 'kept' }),
        replacing: (tx, id) => completeStatementFile(tx, id, { sha256: id, size: 1, state: 'replacing' }),
        superseded: markSuperseded,
        revived: (tx, id) => reviveSuperseded(tx, { account_id: 'acc_1', day: id, sha256: id }),
        compared: (tx, id) => markCompared(tx, id, 1, '[]'),
        gone: dropStatementFile,
      };
      const ends: Readonly<Record<StatementFileState, Readonly<Record<string, string>>>> = {
        receiving: {
          kept: 'kept',
          replacing: 'replacing',
          superseded: 'receiving',
          revived: 'receiving',
          compared: 'receiving',
          gone: 'gone',
        },
        kept: { kept: 'kept', replacing: 'kept', superseded: 'kept', revived: 'kept', compared: 'compared', gone: 'gone' },
        replacing: {
          kept: 'replacing',
          replacing: 'replacing',
          superseded: 'superseded',
          revived: 'replacing',
          compared: 'compared',
          gone: 'gone',
        },
        compared: {
          kept: 'compared',
          replacing: 'compared',
          superseded: 'superseded',
          revived: 'compared',
          compared: 'compared',
          gone: 'compared',
        },
        superseded: {
          kept: 'superseded',
          replacing: 'replacing',
          superseded: 'superseded',
          revived: 'replacing',
          compared: 'superseded',
          gone: 'superseded',
        },
      };
      for (const from of Object.keys(statementFileMoves) as StatementFileState[]) {
        for (const [verb, act] of Object.entries(verbs)) {
          it(`${from}, to be ${verb}: ${ends[from][verb]}`, async () => {
            const id = `stf_${from}_${verb}`;
            const row = { account_id: 'acc_1', day: id, name: 'n', sha256: id, size: 1, source: 'vendor', state: from } as const;
            await run((tx) =>
              insertStatementFile(tx, { id, reconciliation_id: 'r', ...row, entries: null, totals: null, data_key: 'k', created_at: 1 }),
            );
            await run((tx) => act(tx, id));
            expect(await stateOf('statement_files', id)).to.equal(ends[from][verb]);
          });
        }
      }
    });

    describe('of a notification', () => {
      const url = 'https://shop.example/';
      /** Made at the instant 1: events are sent again by the time in their ids. */
      const eventOf = (id: string) => `${firstId('evt_', new Date(1))}${id}`;
      const recorder = () =>
        createRecorder({ database, clock: systemClock, log: createLog({ level: 'silent' }), onRecorded: () => undefined });
      const claimed = (id: string): Claimed => ({
        ...{ id, appId: 'app_1', endpointId: null, url, tries: 0, createdAt: 1, leaseUntil: 50 },
        event: { id: eventOf(id), type: 't', sequence: 1, data: '{}', createdAt: 1 },
      });
      const record = async (id: string, state: 'delivered' | 'pending' | 'dead' | 'disabled') => {
        const writing = recorder();
        const tried = { at: 60, durationMs: 1, status: state === 'delivered' ? 200 : 500, error: null };
        writing.add({ delivery: claimed(id), state, dueAt: state === 'pending' ? 70 : null, tried });
        await writing.drained();
      };
      const endpoints = { enabledOf: () => [] };
      const verbs: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
        claimed: (id) => claimDue(database, [claimed(id)], 50, 99),
        received: (id) => record(id, 'delivered'),
        'not received': (id) => record(id, 'pending'),
        'given up': (id) => record(id, 'dead'),
        'told that nobody is there': (id) => record(id, 'disabled'),
        'sent again by its id': (id) => replayEvent({ database, endpoints }, eventOf(id), 80),
        'sent again with others': (id) => replayRange({ database, endpoints }, { appId: id, from: new Date(0), to: new Date(10) }, 80),
        'left when its endpoint is switched off': (id) => disableEndpoint(database, `nep_${id}`),
      };
      const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
        claimed: { pending: 'pending 99' },
        received: { pending: 'delivered null' },
        'not received': { pending: 'pending 70' },
        'given up': { pending: 'dead null' },
        'told that nobody is there': { pending: 'disabled null' },
        'sent again by its id': { delivered: 'pending 80', dead: 'pending 80', disabled: 'pending 80' },
        'sent again with others': { dead: 'pending 80', disabled: 'pending 80' },
        'left when its endpoint is switched off': { pending: 'disabled null' },
      };
      let last = 0;
      for (const [verb, act] of Object.entries(verbs)) {
        for (const from of ['pending', 'delivered', 'dead', 'disabled']) {
          const expected = table[verb]?.[from];
          it(`${from}, and ${verb}: ${expected ?? 'as it was'}`, async () => {
            last += 1;
            const id = `dlv_${last}`;
            const due = from === 'pending' ? 50 : null;
            const endpoint = verb.startsWith('left') ? `nep_${id}` : null;
            await run(async (tx) => {
              const event = `INSERT INTO events (id, app_id, type, subject_id, sequence, data, created_at) VALUES (?, ?, 't', 'pay_1', 1, '{}', 1)`;
              await tx.run(event, [eventOf(id), id]);
              const delivery = `INSERT INTO deliveries (id, event_id, app_id, endpoint_id, url, state, due_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1)`;
              await tx.run(delivery, [id, eventOf(id), id, endpoint, url, from, due]);
              const switched = `INSERT INTO notification_endpoints (id, app_id, url, secret, types, status, created_at) VALUES (?, 'app_1', ?, 's', '[]', 'enabled', 1)`;
              if (endpoint !== null) await tx.run(switched, [endpoint, url]);
            });
            await act(id);
            const after = await database.get('SELECT state, due_at FROM deliveries WHERE id = ?', [id]);
            expect(`${after?.['state']} ${after?.['due_at']}`).to.equal(expected ?? `${from} ${due}`);
          });
        }
      }

      it('that another server has claimed since is not given up by the first, and received is received', async () => {
        for (const [state, expected] of [
          ['dead', 'pending 77'],
          ['delivered', 'delivered null'],
        ] as const) {
          const id = `dlv_late_${state}`;
          const sql = `INSERT INTO deliveries (id, event_id, app_id, url, state, due_at, created_at) VALUES (?, 'evt_1', 'app_1', ?, 'pending', 77, 1)`;
          await run((tx) => tx.run(sql, [id, url]));
          await record(id, state);
          const after = await database.get('SELECT state, due_at FROM deliveries WHERE id = ?', [id]);
          expect(`${after?.['state']} ${after?.['due_at']}`).to.equal(expected);
        }
      });
    });

    describe('of a payment link', () => {
      const link = {
        ...{ app_id: 'app_1', token: 't', request_key: null, subject: 's', amount: 1, min_amount: null, max_amount: null, currency: 'CNY' },
        ...{ most_payments: null, made: 0, notify_url: null, return_url: null, metadata: '{}', created_at: 1 },
      };
      const cases = [
        { status: 'active', expires_at: null, isTaken: true },
        { status: 'active', expires_at: 101, isTaken: true },
        { status: 'active', expires_at: 100, isTaken: false },
        { status: 'disabled', expires_at: null, isTaken: false },
        { status: 'disabled', expires_at: 101, isTaken: false },
      ] as const;
      for (const [index, { isTaken, ...own }] of cases.entries()) {
        it(`${own.status}, ending ${own.expires_at ?? 'never'}: is ${isTaken ? '' : 'not '}paid at 100, and can be switched off`, async () => {
          const id = `lnk_${index}`;
          await run((tx) => insertPaymentLink(tx, { id, ...link, ...own }));
          expect(await run((tx) => lockPaymentLink(tx, id, 100))).to.equal(isTaken);
          await run((tx) => disablePaymentLink(tx, id));
          expect(await stateOf('payment_links', id, 'status')).to.equal('disabled');
          expect(await run((tx) => lockPaymentLink(tx, id, 100))).to.equal(false);
        });
      }
    });
  });
});
