/** Modules whose every expression has to matter to some test, and the tests that say so: the first that fails ends the run, so quick ones come first. */
export interface Group {
  readonly name: string;
  readonly modules: readonly string[];
  readonly tests: readonly string[];
}

/** The kernel with a scripted vendor on a real database. */
const scripted = ['attempts', 'late-money', 'not-sent', 'simulated', 'unasked', 'safeties', 'approved'].map(
  (name) => `test/faults/${name}.test.ts`,
);

export const groups: readonly Group[] = [
  { name: 'money', modules: ['core/money.ts'], tests: ['test/money/money.test.ts'] },
  {
    name: 'states',
    modules: ['core/payments/states.ts', 'core/refunds/states.ts', 'core/store/tables/moves.ts'],
    tests: ['test/payments/decide.test.ts', 'test/refunds/decide.test.ts', 'test/store/predicates.test.ts'],
  },
  {
    name: 'deciding',
    modules: ['core/payments/decide.ts', 'core/refunds/decide.ts'],
    tests: ['test/payments/decide.test.ts', 'test/refunds/decide.test.ts', ...scripted, 'test/refunds/faults.test.ts'],
  },
  {
    name: 'settle',
    modules: ['core/payments/settle.ts', 'core/payments/settle-together.ts', 'core/payments/write-settled.ts', 'core/refunds/settle.ts'],
    tests: [
      'test/refunds/settle.test.ts',
      'test/payments/settle.test.ts',
      'test/payments/settle-together.test.ts',
      ...scripted,
      'test/refunds/faults.test.ts',
    ],
  },
  {
    name: 'ledger',
    modules: ['entry', 'entries', 'post', 'balance', 'fold', 'catch-up'].map((name) => `core/ledger/${name}.ts`),
    tests: ['post', 'fold', 'payments', 'catch-up'].map((name) => `test/ledger/${name}.test.ts`),
  },
  {
    name: 'signatures',
    modules: ['core/access/signature.ts', 'core/notifications/sign.ts'],
    tests: ['test/access/authenticate.test.ts', 'test/notifications/sign.test.ts'],
  },
];
