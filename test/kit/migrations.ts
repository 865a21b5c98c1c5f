import { readdirSync } from 'node:fs';

/** The names of the kernel's migrations, in their order: each is a file of its own. */
export function listMigrations(): readonly string[] {
  const files = readdirSync(new URL('../../core/store/migrations', import.meta.url));
  return files.flatMap((file) => /^(\d{4}-.+)\.ts$/.exec(file)?.[1] ?? []).sort();
}
