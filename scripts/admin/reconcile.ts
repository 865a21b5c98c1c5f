import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { StatementDocument } from '../../core/contract/statement.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import { isDay } from '../../core/reconciliation/day.ts';
import type { Fetched } from '../../core/reconciliation/fetch.ts';
import { holdAccount } from '../../core/reconciliation/hold.ts';
import { importFetched, importGiven } from '../../core/reconciliation/import.ts';
import { type ReconcileDeps, type Reconciled, reconcileDay } from '../../core/reconciliation/reconcile.ts';
import { replaceDocuments } from '../../core/reconciliation/replace.ts';
import { readReconciliationOf } from '../../core/store/tables/reconciliations.ts';
import type { Command, Context, Given, Printed } from './command.ts';
import { withKernel } from './with-kernel.ts';

/** The comparison of a day with what the vendors say of it. */
export const reconcileCommands: readonly Command[] = [
  {
    name: 'reconcile',
    doc: 'Fetches the statements of a day where they were not yet, compares them with what is booked, and says what does not agree.',
    options: {
      day: { kind: 'text', doc: 'A day of the vendor’s time zone, such as 2026-01-31.', required: true },
      channel: { kind: 'text', doc: 'Only accounts of this channel.' },
      account: { kind: 'text', doc: 'Only this account.' },
      file: { kind: 'text', doc: 'A document that came by hand, instead of asking the vendor. Needs --account.' },
      again: { kind: 'flag', doc: 'Asks the vendor again, or takes --file, in the place of the documents that a day had before.' },
    },
    check: checkOptions,
    run: (context, given) => withKernel(context, (kernel) => runReconcile(kernel, context, given)),
  },
];

function checkOptions(given: Given): readonly string[] {
  return [
    ...(isDay(given.text('day') ?? '') ? [] : ['--day must be a day such as 2026-01-31']),
    ...(given.text('file') !== undefined && given.text('account') === undefined ? ['--file needs --account'] : []),
  ];
}

async function runReconcile(kernel: Kernel, { vault }: Context, given: Given): Promise<Printed> {
  const accounts = pickAccounts(kernel, given);
  if (accounts.length === 0) return { kind: 'faults', faults: ['there is no such account whose channel has statements'] };
  const facts: unknown[] = [];
  for (const account of accounts) {
    const leased = await holdAccount({ kernel, vault }, account, (held) => runOne(held, account, given));
    facts.push({ account: account.id, ...(leased.kind === 'done' ? leased.result : { state: 'busy' }) });
  }
  const faults = facts.flatMap((one) => faultOf(one as Outcome & { account: string }));
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'done', facts: { day: given.text('day'), accounts: facts } };
}

function pickAccounts(kernel: Kernel, given: Given): readonly OpenAccount[] {
  const [channel, id] = [given.text('channel'), given.text('account')];
  return kernel.channels
    .accounts()
    .filter((one) => one.channel.readStatement !== undefined)
    .filter((one) => (channel === undefined || one.channelId === channel) && (id === undefined || one.id === id));
}

interface Outcome {
  readonly state: string;
  readonly reason?: string;
}

const faultOf = ({ account, state, reason }: Outcome & { account: string }) =>
  state === 'refused' || state === 'failed' ? [`${account}: ${reason}`] : [];

async function runOne(deps: ReconcileDeps, account: OpenAccount, given: Given): Promise<Outcome> {
  const day = given.text('day') ?? '';
  const progress = makeProgress(account.id);
  const known = await readReconciliationOf(deps.kernel.database, account.id, day);
  if (given.flag('again') && known?.state === 'done') {
    const replaced = await replaceDocuments(deps, { account, day, document: readGiven(given), onProgress: progress.show });
    progress.end();
    return replaced.kind === 'done' || replaced.kind === 'refused' ? tell(replaced) : tellMissing(replaced);
  }
  const missing = await bringIn(deps, account, given);
  if (missing !== null) return missing;
  const done = await reconcileDay(deps, { account, day, onProgress: progress.show });
  progress.end();
  return tell(done);
}

function tell(done: Reconciled): Outcome {
  if (done.kind === 'refused') return { state: 'refused', reason: done.reason };
  const { id, entries } = done.reconciliation;
  return { state: 'done', ...{ reconciliation: id, entries, classes: done.sums, rows_written: done.written } };
}

function readGiven(given: Given): StatementDocument | null {
  const file = given.text('file');
  return file === undefined ? null : { name: basename(file), content: createReadStream(file) };
}

/** Null when the day's documents are there. */
async function bringIn(deps: ReconcileDeps, account: OpenAccount, given: Given): Promise<Outcome | null> {
  const [day, document] = [given.text('day') ?? '', readGiven(given)];
  if (document !== null) {
    await importGiven(deps, account, day, document);
    return null;
  }
  const known = await readReconciliationOf(deps.kernel.database, account.id, day);
  const isThere = known?.state === 'fetched' || known?.state === 'done';
  if (account.channel.fetchStatement === undefined) return isThere ? null : { state: 'no document', reason: 'its statements come by hand' };
  if (isThere && !given.flag('again')) return null;
  const fetched = await importFetched(deps, account, day);
  if (fetched.kind === 'ready' || fetched.kind === 'empty') return null;
  return tellMissing(fetched);
}

function tellMissing(fetched: Exclude<Fetched, { kind: 'ready' | 'empty' }>): Outcome {
  return fetched.kind === 'notYet' ? { state: 'not yet' } : { state: 'failed', reason: `${fetched.kind}: ${fetched.reason}` };
}

/** One line that is written over, on a terminal only. */
function makeProgress(account: string) {
  const isShown = process.stderr.isTTY === true;
  return {
    show: (entries: number) => void (isShown && process.stderr.write(`\r${account}: ${entries} entries`)),
    end: () => void (isShown && process.stderr.write('\r\u001b[K')),
  };
}
