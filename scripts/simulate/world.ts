import { createHash } from 'node:crypto';
import type { App } from '../../core/access/directory.ts';
import type { Database } from '../../core/store/database.ts';
import type { FaultKind, Plan } from './plan.ts';
import { type Chance, createChance } from './random.ts';
import type { Server } from './server.ts';
import type { Time } from './time.ts';
import type { Traits } from './traits.ts';
import type { Vault } from './vendor.ts';

export interface Vendor {
  readonly id: string;
  readonly traits: Traits;
  /** Accounts that are switched off for new payments. */
  readonly off: Set<string>;
}

export interface Merchant {
  app: App;
  downUntil: number;
  /** Notifications that were received: id to body. */
  readonly received: Map<string, string>;
  /** Orders by their number: what was asked, and the payment that came of it. */
  readonly orders: { readonly no: string; readonly amount: number; readonly method: string; paymentId: string | null }[];
}

/** All that is outside of the servers, and outlives them. */
export interface World {
  readonly plan: Plan;
  readonly time: Time;
  readonly database: Database;
  readonly vault: Vault;
  readonly vendors: readonly Vendor[];
  readonly merchants: readonly Merchant[];
  readonly servers: Server[];
  readonly faults: ReadonlySet<FaultKind>;
  /** From here on nothing goes wrong any more: all must come to its end. */
  isHealing: boolean;
  /** What must never happen, and did. */
  readonly failures: string[];
  readonly counts: Map<string, number>;
  /** One line of the log by which two runs are compared. */
  note(line: string): void;
  digest(): string;
  /** The same chance for the same thing and turn in every run. */
  chanceOf(name: string): Chance;
  /** Runs beside everything else. What it throws is a failure. */
  spawn(what: string, work: () => Promise<void>): void;
  count(what: string): void;
}

export function createWorld(
  parts: Pick<World, 'plan' | 'time' | 'database' | 'vault' | 'vendors' | 'merchants'>,
  trace: ((line: string) => void) | null,
): World {
  const hash = createHash('sha256');
  const turns = new Map<string, number>();
  const failures: string[] = [];
  const counts = new Map<string, number>();
  return {
    ...parts,
    servers: [],
    faults: new Set(parts.plan.faults),
    isHealing: false,
    failures,
    counts,
    note(line) {
      const text = `${parts.time.elapsedMs()} ${line}`;
      hash.update(`${text}\n`);
      trace?.(text);
    },
    digest: () => hash.copy().digest('hex'),
    chanceOf(name) {
      const turn = (turns.get(name) ?? 0) + 1;
      turns.set(name, turn);
      return createChance(`${parts.plan.seed} ${name} ${turn}`);
    },
    spawn(what, work) {
      work().catch((error: unknown) => failures.push(`${what} threw ${error instanceof Error ? error.stack : error}`));
    },
    count(what) {
      counts.set(what, (counts.get(what) ?? 0) + 1);
    },
  };
}

/** One of the servers that are up; null while none is. */
export function pickServer(world: World, chance: Chance): Server | null {
  const up = world.servers.filter(({ life }) => !life.isDead);
  return up.length === 0 ? null : chance.pick(up);
}
