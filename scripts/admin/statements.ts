import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { StatementLine } from '../../core/contract/statement.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import { fetchStatement } from '../../core/reconciliation/fetch.ts';
import { createSums, readStatement } from '../../core/reconciliation/read.ts';
import type { Command, Given, Option, Printed } from './command.ts';
import { withKernel } from './with-kernel.ts';

const account: Option = { kind: 'text', doc: 'The channel account’s id.', required: true };
const lines: Option = { kind: 'flag', doc: 'Prints every line, not the sums alone.' };

/** What vendors say of a day, and whether an account's keys are good. */
export const statementCommands: readonly Command[] = [
  {
    name: 'account check',
    doc: 'Asks the vendor whether the account’s keys are good. Moves no money.',
    options: { id: account },
    run: (context, given) => withKernel(context, (kernel) => withAccount(kernel, given.text('id'), (one) => check(kernel, one))),
  },
  {
    name: 'statement fetch',
    doc: 'Downloads the statement of one day into a folder, as it is, and adds it up.',
    options: {
      account,
      day: { kind: 'text', doc: 'A day of the vendor’s time zone, such as 2026-01-31.', required: true },
      folder: { kind: 'text', doc: 'Where the documents go. Nothing there is overwritten.', required: true },
      lines,
    },
    check: (given) => (isDay(given.text('day')) ? [] : ['--day must be a day such as 2026-01-31']),
    run: (context, given) =>
      withKernel(context, (kernel) => withAccount(kernel, given.text('account'), (one) => runFetch(kernel, one, given))),
  },
  {
    name: 'statement read',
    doc: 'Reads a document that came by hand, and adds it up.',
    options: { account, file: { kind: 'text', doc: 'The document.', required: true }, lines },
    run: (context, given) => withKernel(context, (kernel) => withAccount(kernel, given.text('account'), (one) => runRead(one, given))),
  },
];

const isDay = (text = '') => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
const refused = (...faults: string[]): Printed => ({ kind: 'faults', faults });

async function withAccount(kernel: Kernel, id = '', run: (account: OpenAccount) => Promise<Printed>): Promise<Printed> {
  const opened = kernel.channels.account(id);
  const fault = kernel.channels.faults().find(({ accountId }) => accountId === id);
  return opened === undefined ? refused(fault?.reason ?? `there is no account ${id}`) : run(opened);
}

async function check({ caller }: Kernel, opened: OpenAccount): Promise<Printed> {
  const { probe } = opened.channel;
  if (probe === undefined) return refused(`${opened.channelId} has no way to check its keys`);
  const outcome = await caller.call(opened, 'probe', async (call) => ({ kind: 'probed' as const, ...(await probe(call)) }));
  if (outcome.kind !== 'probed') return refused(`${outcome.kind}: ${outcome.reason}`);
  return outcome.ok ? { kind: 'done', facts: { account: opened.id, answer: outcome.detail } } : refused(outcome.detail);
}

async function runFetch(kernel: Kernel, opened: OpenAccount, given: Given): Promise<Printed> {
  const folder = given.text('folder') ?? '';
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  const fetched = await fetchStatement(kernel.caller, opened, given.text('day') ?? '', async ({ name, content }) => {
    const file = join(folder, safeName(name));
    await pipeline(content, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    files.push(file);
  });
  if (fetched.kind === 'empty' || fetched.kind === 'notYet') return { kind: 'done', facts: { statement: fetched.kind, documents: [] } };
  if (fetched.kind !== 'ready') return refused(`${fetched.kind}: ${fetched.reason}`);
  return summarise(opened, files, given.flag('lines'));
}

const runRead = (opened: OpenAccount, given: Given) => summarise(opened, [given.text('file') ?? ''], given.flag('lines'));

/** A vendor's name for a file is a name and never a path. */
const safeName = (name: string) => basename(name.replaceAll('\\', '/')).replace(/^\.+/, '') || 'statement';

async function* readAll(opened: OpenAccount, files: readonly string[]): AsyncIterable<readonly StatementLine[]> {
  for (const file of files) yield* readStatement(opened, { name: basename(file), content: createReadStream(file) });
}

async function summarise(opened: OpenAccount, files: readonly string[], isWhole: boolean): Promise<Printed> {
  const sums = createSums();
  const shown: StatementLine[] = [];
  try {
    for await (const lines of readAll(opened, files)) {
      for (const line of lines) sums.add(line);
      if (isWhole) shown.push(...lines);
    }
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  return { kind: 'done', facts: { statement: 'ready', documents: files, sums: sums.list(), ...(isWhole && { lines: shown }) } };
}
