import { freePort } from '../../test/kit/free-port.ts';
import { runPart } from './child.ts';
import { type Measured, middle } from './latency.ts';
import type { LoadJob, LoadResult } from './load.ts';
import type { ReplayJob } from './replay.ts';
import { codeMethod, type Rig } from './rig.ts';
import { type ServerProcess, startServer } from './server.ts';
import type { Group } from './statements.ts';
import { memoryKib } from './usage.ts';

export interface Pace {
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  /** Sends an Idempotency-Key with every create. */
  readonly isKeyed: boolean;
  /** Reads payments that wait for their shopper, not those that have succeeded. */
  readonly isPending: boolean;
}

/** Both sides of one comparison, and HTTP alone, from the same minutes. */
export interface Compared {
  readonly raw: Measured;
  readonly server: Measured;
  readonly echo: Measured;
  /** At half of the server's rate, requests starting at a constant rate. */
  readonly atHalfLoad: Measured;
  /** The server's rate as a share of the raw loop's, in parts per thousand, for each round. */
  readonly permille: readonly number[];
  readonly peakKib: number;
  readonly statements: readonly string[];
  readonly answers: Readonly<Record<string, number>>;
  readonly repeatedIds: number;
}

export interface Sides {
  readonly rig: Rig;
  readonly server: ServerProcess;
  readonly what: 'create' | 'query' | 'refund';
  readonly groups: readonly Group[];
  readonly ids: readonly string[];
  readonly pace: Pace;
}

const warmUpMs = 2000;

/** Rounds of raw loop, server, raw loop, echo: whatever else the machine does meets both sides. */
export async function compare(sides: Sides): Promise<Compared> {
  const echo = await startServer({
    args: [new URL('./echo.ts', import.meta.url).pathname],
    environment: {},
    port: await freePort(),
    readyPath: '/',
  });
  try {
    return await runRounds(sides, echo);
  } finally {
    await echo.stop();
  }
}

async function runRounds(sides: Sides, echo: ServerProcess): Promise<Compared> {
  const raws: Measured[] = [];
  const loads: LoadResult[] = [];
  const echoes: Measured[] = [];
  const permille: number[] = [];
  for (let round = 0; round < sides.pace.rounds; round += 1) {
    const before = await replay(sides);
    const load = await send(sides, { port: sides.server.port });
    const after = await replay(sides);
    echoes.push((await send(sides, { port: echo.port, what: 'echo' })).measured);
    raws.push(before, after);
    loads.push(load);
    permille.push(Math.round((load.measured.perSecond * 2000) / (before.perSecond + after.perSecond)));
    tell(round, sides, [before.perSecond, load.measured.perSecond, after.perSecond]);
  }
  const server = middle(loads.map(({ measured }) => measured));
  const half = await send(sides, { port: sides.server.port, ratePerSecond: Math.floor(server.perSecond / 2) });
  return {
    raw: middle(raws),
    server,
    echo: middle(echoes),
    atHalfLoad: half.measured,
    permille,
    peakKib: memoryKib(sides.server.pid).peak,
    statements: sides.groups.flatMap(({ isWriting, statements }) => {
      const listed = statements.map(({ sql }) => sql.replace(/\s+/g, ' '));
      return isWriting ? ['BEGIN', ...listed, 'COMMIT'] : listed;
    }),
    ...total([...loads, half]),
  };
}

function tell(round: number, { what, rig }: Sides, rates: readonly number[]): void {
  const [before, server, after] = rates.map((rate) => Math.round(rate));
  console.error(`${what} on ${rig.engine}, round ${round + 1}: raw ${before}/s, server ${server}/s, raw ${after}/s`);
}

function total(loads: readonly LoadResult[]): Pick<Compared, 'answers' | 'repeatedIds'> {
  const answers: Record<string, number> = {};
  for (const { statuses } of loads) {
    for (const [status, count] of Object.entries(statuses)) answers[status] = (answers[status] ?? 0) + count;
  }
  return { answers, repeatedIds: loads.reduce((sum, load) => sum + load.repeatedIds, 0) };
}

function replay({ rig, groups, ids, pace, what }: Sides): Promise<Measured> {
  const { connections, seconds } = pace;
  const database = what === 'create' ? rig.rawDatabase : rig.database;
  const job: ReplayJob = { database, groups, fixed: rig.fixedIds, ids, connections, warmUpMs, durationMs: seconds * 1000, pids: rig.pids };
  return runPart<Measured>(new URL('./replay.ts', import.meta.url), job);
}

/** Runs the generator with what is given, and the rest from both sides' setting. */
export function send(sides: Omit<Sides, 'groups'>, given: Partial<LoadJob> & { readonly port: number }): Promise<LoadResult> {
  const { rig, server, what, ids, pace } = sides;
  const job: LoadJob = {
    key: rig.key,
    what,
    method: codeMethod,
    ids,
    connections: pace.connections,
    warmUpMs,
    durationMs: pace.seconds * 1000,
    ratePerSecond: null,
    maxRequests: null,
    isKeyed: pace.isKeyed,
    isShuffled: false,
    pids: { server: server.pid, ...rig.pids },
    ...given,
  };
  return runPart<LoadResult>(new URL('./load.ts', import.meta.url), job);
}
