import type { Reader, Tx } from '../database.ts';

/** A picture by the SHA-256 of its bytes: under one id there is never another. */
export interface LogoRow {
  readonly id: string;
  /** Such as `image/png`. */
  readonly type: string;
  /** Base64. */
  readonly body: string;
}

export async function insertLogo(tx: Tx, { id, type, body }: LogoRow): Promise<void> {
  if ((await readLogo(tx, id)) === null) await tx.run('INSERT INTO logos (id, type, body) VALUES (?, ?, ?)', [id, type, body]);
}

export async function readLogo(reader: Reader, id: string): Promise<LogoRow | null> {
  return ((await reader.get('SELECT * FROM logos WHERE id = ?', [id])) as LogoRow | undefined) ?? null;
}
