/** What a proof came to. */
export interface Outcome {
  /** How often what was tried, for people. */
  readonly tried: string;
  readonly violations: number;
  /** The first of them. */
  readonly examples: readonly string[];
}

/** A program that tries to make the money wrong, and how its output is read. */
export interface Proof {
  readonly name: string;
  /** What it does, in one sentence for docs/proofs.md. */
  readonly about: string;
  /** Behind `node`, or behind mocha when it is a suite. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Reads its output. Throws where it is not that of a run to the end. */
  readonly read: (output: string) => Outcome;
}

export interface Extent {
  readonly seeds: number;
  readonly steps: number;
  /** Whether each crash point is visited, or every so manyth. */
  readonly isWhole: boolean;
}

const mocha = 'node_modules/mocha/bin/mocha.js';

/** Everything that is tried, longest first: then two at a time end at about the same time. */
export function listProofs({ seeds, steps, isWhole }: Extent): readonly Proof[] {
  return [
    {
      name: 'Crash points',
      about: 'The server killed at each named point under load, on each engine; the next start has to bring everything to its right end.',
      command: [mocha, '--reporter', 'json', 'test/proofs/crash-at.test.ts'],
      environment: { PAYMUX_CRASH_POINTS: isWhole ? 'all' : 'some' },
      read: readSuite,
    },
    {
      name: 'Simulation',
      about: `Lives of ${steps} steps with faults of every kind in virtual time, each followed by four quiet days and the money checker.`,
      command: ['scripts/simulate.ts', '--seed', '1', '--seeds', String(seeds), '--steps', String(steps), '--no-shrink'],
      read: readSimulation,
    },
    {
      name: 'Faults',
      about:
        'Servers killed at random under load, two at once, every statement of every deed with each fault of the database, clocks that step, a server that stands still, lost and doubled answers, late money; then the money checker against the vendors’ truth, on each engine.',
      command: [
        mocha,
        '--reporter',
        'json',
        'test/faults/*.test.ts',
        'test/notifications/database-faults.test.ts',
        'test/store/mysql-faults.test.ts',
        'test/store/durability.test.ts',
      ],
      environment: { PAYMUX_DATABASE_FAULTS: isWhole ? 'all' : 'some' },
      read: readSuite,
    },
    {
      name: 'A whole day',
      about:
        'Payments and refunds over eight channels with lost, doubled and late answers; the next morning’s job compares them with the vendors’ statements, people resolve what does not agree, and the money checker looks at all of it, on each engine.',
      command: [mocha, '--reporter', 'json', 'test/reconciliation/whole-day.test.ts'],
      environment: { PAYMUX_DAY: isWhole ? '10000' : '400' },
      read: readDay,
    },
    {
      name: 'Safeties taken away',
      about: 'Each safety removed in a copy; a violation is one that no test notices.',
      command: ['scripts/mutants.ts', ...(isWhole ? [] : ['--only', 'lease'])],
      read: readMutants,
    },
  ];
}

interface SuiteReport {
  readonly stats: { readonly passes: number; readonly pending: number; readonly failures: number };
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message?: string } }[];
}

function readSuite(output: string): Outcome {
  const start = output.indexOf('{\n  "stats"');
  if (start < 0) throw new Error(`no report: ${output.slice(-300)}`);
  const { stats, failures } = JSON.parse(output.slice(start)) as SuiteReport;
  const skipped = stats.pending === 0 ? '' : `, ${stats.pending} skipped`;
  return {
    tried: `${stats.passes + stats.failures} trials${skipped}`,
    violations: stats.failures,
    examples: failures.slice(0, 5).map(({ fullTitle, err }) => `${fullTitle}: ${(err.message ?? '').split('\n')[0]}`),
  };
}

function readDay(output: string): Outcome {
  const { tried, ...outcome } = readSuite(output);
  const [, payments = ''] = /comes to rest: (\d+) payments/.exec(output) ?? failRead(output);
  return { ...outcome, tried: `${payments} payments on each engine, ${tried}` };
}

function readMutants(output: string): Outcome {
  const [, tried = '', unnoticed = ''] = /^(\d+) safeties taken away, (\d+) of them unnoticed$/m.exec(output) ?? failRead(output);
  const examples = output.split('\n').filter((line) => line.startsWith('UNNOTICED'));
  return { tried: `${tried} safeties`, violations: Number(unnoticed), examples };
}

function readSimulation(output: string): Outcome {
  const [, seeds = '', failed = ''] = /^(\d+) seeds, (\d+) failed$/m.exec(output) ?? failRead(output);
  const sum = (what: RegExp) => output.split('\n').reduce((total, line) => total + Number(what.exec(line)?.[1] ?? 0), 0);
  const [calls, faults, deaths] = [sum(/^ {2}vendor \w+: (\d+)$/), sum(/^ {2}fault \w+: (\d+)$/), sum(/^ {2}death: (\d+)$/)];
  const examples = output.split('\n').filter((line) => /^seed \d+: .*, [1-9]\d* failures/.test(line));
  return {
    tried: `${seeds} lives, ${calls} calls to vendors, ${faults} of them with a fault, ${deaths} deaths of servers`,
    violations: Number(failed),
    examples: examples.slice(0, 5),
  };
}

function failRead(output: string): never {
  throw new Error(`it did not run to its end: ${output.slice(-500)}`);
}
