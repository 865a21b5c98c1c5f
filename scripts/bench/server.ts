import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { endProcess } from './child.ts';

/** A server as a process of its own. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** What node runs: paths and options. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  /** Answers below 500 here once it serves. */
  readonly readyPath: string;
}

/** What `npm start` gives node. By default it lets garbage grow with the machine's memory, to 290 MiB in all, which made nothing faster. */
export const serverOptions: readonly string[] = ['--max-semi-space-size=8', '--max-old-space-size=512'];
export const serverEnvironment: Readonly<Record<string, string>> = { NODE_COMPILE_CACHE: 'node_modules/.cache/compile' };

const readyWithinMs = 30_000;

export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const env = { PATH: process.env['PATH'] ?? '', PORT: String(options.port), ...options.environment };
  const child = spawn(process.execPath, options.args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  await waitUntilReady(`http://127.0.0.1:${options.port}${options.readyPath}`, child);
  return { port: options.port, pid: child.pid ?? 0, stop: () => endProcess(child, 'SIGTERM') };
}

async function waitUntilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it served`);
    const isReady = await fetch(url).then(
      (answer) => answer.status < 500,
      () => false,
    );
    if (isReady) return;
    await wait(10);
  }
  throw new Error(`nothing serves at ${url}`);
}
