import type { Reader } from '../database.ts';
import type { PaymentRow } from './payments.ts';

/** Reads a payment by its id, as `readPayment` does, sharing a statement with others who ask at the same moment. */
export type ReadTogether = (id: string) => Promise<PaymentRow | null>;

/** Statements under way at once. While there are this many, those who ask are gathered for the next. */
const maxUnderWay = 2;
/** Also the longest text: lists are filled up to a power of two, so that seven texts are prepared and not sixty-four. */
const maxTogether = 64;
/** What can be an id at all. Anything else is not asked for: a text that the column cannot hold must not fail those who share the statement. */
const possible = /^[\x21-\x7e]{1,64}$/;

interface Waiting {
  readonly id: string;
  resolve(row: PaymentRow | null): void;
  reject(error: unknown): void;
}

/**
 * A single reader is answered at once, by a statement of its own. Under load those who came while
 * others were being answered share one: on MariaDB each statement's way to the server costs about as
 * much CPU as all the HTTP around it. Each statement begins after its readers asked, so none sees
 * anything older than it would alone.
 */
export function createReadTogether(reader: Reader): ReadTogether {
  const waiting: Waiting[] = [];
  let underWay = 0;
  const work = async () => {
    underWay += 1;
    while (waiting.length > 0) await answer(reader, waiting.splice(0, maxTogether));
    underWay -= 1;
  };
  return async (id) => {
    if (!possible.test(id)) return null;
    return new Promise((resolve, reject) => {
      waiting.push({ id, resolve, reject });
      if (underWay < maxUnderWay) void work();
    });
  };
}

async function answer(reader: Reader, group: readonly Waiting[]): Promise<void> {
  try {
    const ids = fillUp([...new Set(group.map(({ id }) => id))]);
    const sql = `SELECT * FROM payments WHERE id IN (${ids.map(() => '?').join(',')})`;
    const rows = (await reader.all(sql, ids)) as unknown as readonly PaymentRow[];
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const { id, resolve } of group) resolve(found.get(id) ?? null);
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

/** Repeats the first id: a repetition in a list finds nothing more. */
function fillUp(ids: readonly string[]): readonly string[] {
  const [first = ''] = ids;
  let length = 1;
  while (length < ids.length) length *= 2;
  return [...ids, ...Array.from({ length: length - ids.length }, () => first)];
}
