/**
 * Writes rows until it is killed, and says each on a line of its own once the database has
 * acknowledged it. Arguments: the options of the database as JSON, a prefix for the ids, how many
 * writers, how many rows each.
 */
import { writeSync } from 'node:fs';
import { type OpenOptions, openDatabase } from '../../core/store/open.ts';

const [options = '{}', prefix = '', writers = '1', rows = '1'] = process.argv.slice(2);
const { database, close } = await openDatabase(JSON.parse(options) as OpenOptions);

async function writeRows(writer: number): Promise<void> {
  for (let row = 0; row < Number(rows); row += 1) {
    const id = `${prefix}-${writer}-${row}`;
    await database.transaction(async (tx) => {
      await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', [id, row]);
      await tx.run('INSERT INTO channels (id, status, updated_at) VALUES (?, ?, ?)', [id, 'disabled', row]);
    });
    writeSync(1, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => writeRows(writer)));
await close();
