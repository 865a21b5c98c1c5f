import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a part of the benchmark as a process of its own, so that its work is not counted as the
 * server's. The job goes in as JSON, and the last line that comes out is the result.
 */
export async function runPart<Result>(
  part: URL,
  job: unknown,
  { args = [], environment = {} }: { readonly args?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<Result> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [...args, part.pathname], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(job));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${part.pathname} ended with ${code}`);
  return JSON.parse(text) as Result;
}

/** The job of this process. */
export async function readJob<Job>(): Promise<Job> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return JSON.parse(text) as Job;
}

export async function endProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
