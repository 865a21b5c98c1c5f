import { randomBytes } from 'node:crypto';
import { importGiven } from '../../core/reconciliation/import.ts';
import { type OpenOptions, openDatabase } from '../../core/store/open.ts';
import { day, openStatementShop } from './statement-shop.ts';

/** A program that imports a document whose end never comes, until it is killed. Its argument is how to open the database. */
const { database } = await openDatabase(JSON.parse(process.argv[2] ?? '{}') as OpenOptions);
const shop = openStatementShop(database);
const alive = setInterval(() => undefined, 1000);
await importGiven(shop.deps, shop.account, day, { name: 'long.jsonl', content: withoutEnd() });
clearInterval(alive);

async function* withoutEnd(): AsyncIterable<Uint8Array> {
  for (let piece = 0; piece < 3; piece += 1) yield randomBytes(2 ** 20);
  await new Promise(() => undefined);
}
