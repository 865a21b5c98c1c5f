import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `npm run admin --` as an operator types it, beside a server that runs. */
export async function runAdmin(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Run> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  const child = spawn(process.execPath, ['scripts/admin.ts', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** The facts that a command prints, for a command that must succeed. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into facts of every shape.
export async function readFacts(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<any> {
  const run = await runAdmin(environment, ...args, '--json');
  expect(run.code, run.err).to.equal(0);
  return JSON.parse(run.out);
}
