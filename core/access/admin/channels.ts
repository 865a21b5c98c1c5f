import type { ChannelPlugin } from '../../contract/channel.ts';
import { type Reader, type Tx, UniqueError } from '../../store/database.ts';
import { type AdminDeps, type Changed, changeConfig, done, faulty } from './change.ts';

type ChannelStatus = 'enabled' | 'disabled';

/** Switches a whole channel off or on, for new payments of all its accounts at once. */
export function setChannelStatus(
  deps: AdminDeps & { readonly plugins: ReadonlyMap<string, ChannelPlugin> },
  input: { readonly channel: string; readonly status: ChannelStatus },
): Promise<Changed<{ id: string; status: ChannelStatus }>> {
  const now = deps.now().getTime();
  return changeConfig(deps.database, async (tx) => {
    if (!deps.plugins.has(input.channel)) return faulty(`there is no channel ${JSON.stringify(input.channel)}`);
    if (!(await update(tx, input, now))) await insert(tx, input, now);
    return done({ id: input.channel, status: input.status });
  });
}

/** The installed channels, with whether they are on. */
export async function listChannels(
  database: Reader,
  plugins: ReadonlyMap<string, ChannelPlugin>,
): Promise<readonly { id: string; name: string; status: ChannelStatus; maturity: string }[]> {
  const off = new Set((await database.all("SELECT id FROM channels WHERE status = 'disabled'")).map((row) => row['id']));
  return [...plugins.values()].map(({ manifest }) => ({
    id: manifest.id,
    name: manifest.name.en,
    status: off.has(manifest.id) ? 'disabled' : 'enabled',
    maturity: manifest.maturity,
  }));
}

async function update(tx: Tx, input: { channel: string; status: ChannelStatus }, now: number): Promise<boolean> {
  return (await tx.run('UPDATE channels SET status = ?, updated_at = ? WHERE id = ?', [input.status, now, input.channel])) === 1;
}

async function insert(tx: Tx, input: { channel: string; status: ChannelStatus }, now: number): Promise<void> {
  try {
    await tx.run('INSERT INTO channels (id, status, updated_at) VALUES (?, ?, ?)', [input.channel, input.status, now]);
  } catch (error) {
    if (!(error instanceof UniqueError)) throw error;
    await update(tx, input, now);
  }
}
