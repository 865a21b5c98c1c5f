import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const mark = /\bstep ([1-9]), ([\w./-]+: [^'\n]+)/gi;

/**
 * The first step that a new channel's files still ask for, such as `step 3, pay.ts: …`; null when none does. Each is a line of the
 * template's that goes when what it asks for is written.
 */
export function findNextStep(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const steps = files.flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(mark)]);
  const [first] = steps.map(([, number, text]) => `step ${number}, ${text}`).toSorted();
  return first ?? null;
}
