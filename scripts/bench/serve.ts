import { freePort } from '../../test/kit/free-port.ts';
import type { Pace } from './compare.ts';
import { makeRig, type Rig, type RigOptions } from './rig.ts';
import { type ServerProcess, serverEnvironment, serverOptions, startServer } from './server.ts';

/** What every workload is given on the command line. */
export interface Given {
  readonly engine: RigOptions['engine'];
  readonly pace: Pace;
  readonly payments: number;
  /** Of workloads that come at a constant rate. */
  readonly ratePerSecond: number;
  /** Payments that are each asked for more refunds at once than they have room for. */
  readonly hotPayments: number;
  /** A folder for the server's CPU profile. */
  readonly profile: string | null;
}

/** Makes a rig, works with it, and fails unless its books hold afterwards. `truth`: whose word they are compared with. */
export async function withRig<Result>(
  options: RigOptions,
  work: (rig: Rig) => Promise<Result>,
  truth: (rig: Rig) => string | undefined = (rig) => (options.hasTruth === true ? rig.truthFile : undefined),
): Promise<Result> {
  const rig = await makeRig(options);
  try {
    const result = await work(rig);
    const violations = await rig.checkMoney(truth(rig));
    if (violations.length > 0) throw new Error(`${violations.length} violations: ${violations.slice(0, 5).join('; ')}`);
    return result;
  } finally {
    await rig.remove();
  }
}

/** The server as users start it, until the work is done. */
export async function withServer<Result>(
  rig: Rig,
  { profile = null, environment = {} }: { readonly profile?: string | null; readonly environment?: Readonly<Record<string, string>> },
  work: (server: ServerProcess) => Promise<Result>,
): Promise<Result> {
  const profiling = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const server = await startServer({
    args: [...serverOptions, ...profiling, 'core/main.ts'],
    environment: { ...rig.environment, ...serverEnvironment, ...environment },
    port: await freePort(),
    readyPath: '/readyz',
  });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** Fails unless every answer had one of the expected statuses. */
export function refuseOthers(answers: Readonly<Record<string, number>>, expected: readonly string[]): void {
  const others = Object.keys(answers).filter((status) => !expected.includes(status));
  if (others.length > 0) throw new Error(`answers ${JSON.stringify(answers)}`);
}
