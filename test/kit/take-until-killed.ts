import { openVault } from '../../core/access/vault.ts';
import { lookInto } from '../../core/reconciliation/inbox.ts';
import { takeDocument } from '../../core/reconciliation/take-document.ts';
import { type OpenOptions, openDatabase } from '../../core/store/open.ts';
import { openInboxShop } from './inbox-shop.ts';

/** A program that takes what lies in a folder, and kills itself before its nth transaction. */
interface Given {
  readonly options: OpenOptions;
  readonly keyFile: string;
  readonly folder: string;
  readonly killedAt: number;
}

const { options, keyFile, folder, killedAt } = JSON.parse(process.argv[2] ?? '{}') as Given;
const opened = await openDatabase(options);
let count = 0;
const transaction: typeof opened.database.transaction = (work, proof) => {
  count += 1;
  if (count === killedAt) process.kill(process.pid, 'SIGKILL');
  return opened.database.transaction(work, proof);
};
const { deps } = openInboxShop({ ...opened.database, transaction }, openVault({ keyFile, create: false }));
for (const one of await lookInto(folder)) await takeDocument(deps, folder, one);
await opened.close();
