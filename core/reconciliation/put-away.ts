import { lstat, mkdir, realpath, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Outcome } from './inbox.ts';

/**
 * Moves a file of the folder to where its outcome is, beside a `.txt` that says the reason of a refusal. The reason is written first: a server
 * that dies in between does both again. Nothing that lies there already is overwritten.
 */
export async function putAway(folder: string, path: string, outcome: Outcome, reason: string | null): Promise<void> {
  const own = await realpath(folder);
  const target = join(own, outcome, dirname(path));
  await mkdir(target, { recursive: true });
  if ((await realpath(target)) !== target) throw new Error(`${outcome} leads out of the folder of documents`);
  const name = await findFreeName(target, shorten(basename(path)));
  if (reason !== null) await writeFile(join(target, `${name}.txt`), `${reason}\n`, { flag: 'wx' });
  await rename(join(own, path), join(target, name));
}

/** With a number and `.txt` behind it, a name must still be one: 255 bytes are the most that file systems take. */
function shorten(name: string): string {
  let short = name;
  while (Buffer.byteLength(short) > 200) short = short.slice(0, -1);
  return short;
}

async function findFreeName(folder: string, name: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const free = count === 1 ? name : `${name}.${count}`;
    if (!(await exists(join(folder, free))) && !(await exists(join(folder, `${free}.txt`)))) return free;
  }
}

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
