import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** The server as a process of its own, which a test can kill and start again. */
export interface ServerProcess {
  readonly url: string;
  start(): Promise<void>;
  /** Ends it as a power cut would: no handler runs. */
  kill(): Promise<void>;
  /** Asks it to stop, and answers its exit code. */
  stop(): Promise<number | null>;
  pid(): number;
  /** Whether it has ended by itself. */
  hasEnded(): boolean;
}

/** `folder`: of another version of paymux than this one. */
export function serverProcess(environment: Readonly<Record<string, string>>, program = 'core/main.ts', folder = '.'): ServerProcess {
  const url = `http://127.0.0.1:${environment.PORT}`;
  let child: ChildProcess | null = null;
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    child = null;
    return code;
  };
  return {
    url,
    async start() {
      const env = { PATH: process.env.PATH ?? '', ...environment };
      child = spawn(process.execPath, [program], { env, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
      await waitUntilReady(url, child);
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    pid: () => child?.pid ?? 0,
    hasEnded: () => child !== null && (child.exitCode !== null || child.signalCode !== null),
  };
}

async function waitUntilReady(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 2400; tries += 1) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server ended with ${child.exitCode} before it was ready`);
    const isReady = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the server is not ready after a minute');
}
