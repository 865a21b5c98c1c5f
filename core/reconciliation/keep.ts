import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { placeOf, type Vault } from '../access/vault.ts';
import type { StatementDocument } from '../contract/statement.ts';
import type { IdPrefix } from '../ids.ts';
import { type Database, UniqueError } from '../store/database.ts';
import type { ReconciliationRow } from '../store/tables/reconciliations.ts';
import {
  completeStatementFile,
  dropStatementFile,
  insertPiece,
  insertStatementFile,
  readPiece,
  reviveSuperseded,
  type StatementFileRow,
} from '../store/tables/statement-files.ts';
import { readAhead } from './ahead.ts';
import { newDataKey, openSeal, type Seal } from './seal.ts';

export interface KeepDeps {
  readonly database: Database;
  readonly vault: Vault;
  readonly newId: (prefix: IdPrefix) => string;
  readonly now: () => number;
}

/** What became of a document: kept, or there already, byte for byte. */
export interface Kept {
  readonly kind: 'kept' | 'known';
  readonly sha256: string;
}

const [zip, unzip] = [promisify(gzip), promisify(gunzip)];
/** A bill at the usual level takes five times as long, to be an eighth smaller. */
const zipLevel = 1;
/** A packet of the database's holds each, four times over. */
const pieceBytes = 2 ** 20;

/**
 * Keeps a document as it comes: in pieces, compressed and sealed, with the hash of all of it. It counts once it is whole; one that
 * breaks off leaves nothing.
 */
export async function keepDocument(
  deps: KeepDeps,
  reconciliation: Pick<ReconciliationRow, 'id' | 'account_id' | 'day'>,
  document: StatementDocument,
  source: StatementFileRow['source'],
  state: 'kept' | 'replacing' = 'kept',
): Promise<Kept> {
  const row = makeRow(deps, reconciliation, document.name, source);
  const dataKey = newDataKey();
  const encrypted = deps.vault.encrypt(dataKey, placeOf('statement_files', row.id, 'data_key'));
  await deps.database.transaction((tx) => insertStatementFile(tx, { ...row, data_key: encrypted }));
  try {
    const { sha256, size } = await keepPieces(deps, row.id, openSeal(dataKey), document.content);
    return { kind: await complete(deps, row, { sha256, size, state }), sha256 };
  } catch (error) {
    await deps.database.transaction((tx) => dropStatementFile(tx, row.id));
    throw error;
  }
}

async function complete(
  { database }: KeepDeps,
  row: StatementFileRow,
  whole: Parameters<typeof completeStatementFile>[2],
): Promise<Kept['kind']> {
  try {
    const isThere = await database.transaction((tx) => completeStatementFile(tx, row.id, whole));
    // Whoever brings a document in holds the account, so that nobody takes it for what a dead server left.
    if (!isThere) throw new Error('the document was dropped while it came: another one brings in a day of this account');
    return 'kept';
  } catch (error) {
    if (!(error instanceof UniqueError)) throw error;
    await database.transaction(async (tx) => {
      await dropStatementFile(tx, row.id);
      if (whole.state === 'replacing') await reviveSuperseded(tx, { ...row, sha256: whole.sha256 });
    });
    return 'known';
  }
}

function makeRow(
  deps: KeepDeps,
  { id: reconciliationId, account_id, day }: Pick<ReconciliationRow, 'id' | 'account_id' | 'day'>,
  name: string,
  source: StatementFileRow['source'],
): StatementFileRow {
  const id = deps.newId('stf_');
  return {
    id,
    reconciliation_id: reconciliationId,
    account_id,
    day,
    name: name.slice(0, 1000),
    // Until it is whole, something that no other document has.
    sha256: id,
    size: 0,
    source,
    state: 'receiving',
    entries: null,
    totals: null,
    data_key: '',
    created_at: deps.now(),
  };
}

async function keepPieces({ database }: KeepDeps, fileId: string, seal: Seal, content: AsyncIterable<Uint8Array>) {
  const whole = { hash: createHash('sha256'), size: 0 };
  let place = 0;
  for await (const zipped of readAhead(zipPieces(inPieces(content), whole))) {
    const id = pieceId(fileId, place);
    const row = { id, fileId, place, content: seal.seal(zipped, id) };
    await database.transaction((tx) => insertPiece(tx, row));
    place += 1;
  }
  return { sha256: whole.hash.digest('hex'), size: whole.size };
}

async function* zipPieces(pieces: AsyncIterable<Buffer>, whole: { readonly hash: Hash; size: number }): AsyncIterable<Buffer> {
  for await (const piece of pieces) {
    whole.hash.update(piece);
    whole.size += piece.length;
    yield await zip(piece, { level: zipLevel });
  }
}

const pieceId = (fileId: string, place: number) => `${fileId}:${place}`;

async function* inPieces(content: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of content) {
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + pieceBytes - size);
      waiting.push(part);
      size += part.length;
      from += part.length;
      if (size < pieceBytes) continue;
      yield Buffer.concat(waiting);
      [waiting, size] = [[], 0];
    }
  }
  if (size > 0) yield Buffer.concat(waiting);
}

/** The seal of a kept document. */
export function sealOf({ vault }: Pick<KeepDeps, 'vault'>, { id, data_key: dataKey }: StatementFileRow): Seal {
  return openSeal(vault.decrypt(dataKey, placeOf('statement_files', id, 'data_key')));
}

/** We cannot read what we kept: the database is away, or a key is. Says nothing of the document. */
export class KeptUnreadable extends Error {
  constructor(name: string, cause: unknown) {
    super(`the kept document ${name} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'KeptUnreadable';
  }
}

/** A kept document, as it came. Its content throws `KeptUnreadable` alone. */
export function openKept(deps: Pick<KeepDeps, 'database' | 'vault'>, file: StatementFileRow): StatementDocument {
  return { name: file.name, content: readOwn(file, readAhead(readPieces(deps, file))) };
}

async function* readOwn({ name }: StatementFileRow, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw new KeptUnreadable(name, error);
  }
}

async function* readPieces(deps: Pick<KeepDeps, 'database' | 'vault'>, file: StatementFileRow): AsyncIterable<Uint8Array> {
  const seal = sealOf(deps, file);
  let size = 0;
  for (let place = 0; size < file.size; place += 1) {
    const sealed = await readPiece(deps.database, file.id, place);
    if (sealed === null) throw new Error(`the kept document ${file.id} lacks its piece ${place}`);
    const piece = await unzip(seal.open(sealed, pieceId(file.id, place)));
    size += piece.length;
    yield piece;
  }
}
