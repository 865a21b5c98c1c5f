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

/** What signs and verifies at each channel, and its tests beside those of its calls and callbacks. */
const signing: Readonly<Record<string, { readonly modules?: readonly string[]; readonly tests?: readonly string[] }>> = {
  adyen: { tests: ['sign'] },
  airwallex: {},
  alipay: { tests: ['sign'] },
  checkoutcom: { tests: ['sign'] },
  cmbecny: { modules: ['sign', 'gateway'], tests: ['sign'] },
  douyin: { tests: ['sign'] },
  gocardless: { tests: ['sign'] },
  jdpay: { modules: ['sign', 'cipher', 'message'], tests: ['cipher', 'message', 'vectors'] },
  lakala: { tests: ['sign'] },
  mercadopago: { tests: ['sign'] },
  mollie: {},
  paypal: { modules: ['sign', 'certificate'], tests: ['certificate'] },
  paystack: { tests: ['sign'] },
  razorpay: { tests: ['sign'] },
  square: {},
  stripe: { tests: ['sign'] },
  unionpay: { tests: ['sign'] },
  wechat: { modules: ['sign', 'v2'], tests: ['sign', 'barcode'] },
  yeepay: { modules: ['sign', 'envelope'], tests: ['sign', 'envelope'] },
};

function signaturesOf(channel: string): Group {
  const { modules = ['sign'], tests = [] } = signing[channel] ?? {};
  const folder = `plugins/channels/${channel}`;
  const all = [...tests, ...(channel === 'yeepay' ? ['pay'] : ['callback', 'pay'])];
  return {
    name: `signatures of ${channel}`,
    modules: modules.map((name) => `${folder}/${name}.ts`),
    tests: all.map((name) => `${folder}/test/${name}.test.ts`),
  };
}

export const groups: readonly Group[] = [
  { name: 'money', modules: ['core/money.ts'], tests: ['test/money/money.test.ts'] },
  {
    name: 'states',
    modules: ['core/payments/states.ts', 'core/refunds/states.ts', 'core/store/tables/moves.ts'],
    tests: ['store/moves', 'payments/decide', 'payments/decide-writes', 'refunds/decide', 'store/predicates', 'store/machines'].map(
      (name) => `test/${name}.test.ts`,
    ),
  },
  {
    name: 'deciding',
    modules: ['core/payments/decide.ts', 'core/refunds/decide.ts'],
    tests: [
      'test/payments/decide.test.ts',
      'test/payments/decide-writes.test.ts',
      'test/refunds/decide.test.ts',
      ...scripted,
      'test/refunds/faults.test.ts',
    ],
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
    name: 'signatures of our own API',
    modules: ['core/access/signature.ts', 'core/access/structured-fields.ts', 'core/notifications/sign.ts'],
    tests: ['access/structured-fields', 'access/signature', 'notifications/sign', 'access/authenticate'].map(
      (name) => `test/${name}.test.ts`,
    ),
  },
  {
    name: 'who asks',
    modules: ['authenticate', 'nonces'].map((name) => `core/access/${name}.ts`),
    tests: ['test/access/authenticate.test.ts'],
  },
  {
    name: 'signatures of declared channels',
    modules: ['sign', 'verify', 'opened'].map((name) => `core/channels/declared/${name}.ts`),
    tests: ['sign', 'keys', 'verify', 'callback', 'calls', 'vendors'].map((name) => `test/channels/declared-${name}.test.ts`),
  },
  { name: 'signatures of SM2', modules: ['core/channels/sm2.ts', 'core/channels/sm2-thread.ts'], tests: ['test/channels/sm2.test.ts'] },
  {
    name: 'tools of signatures',
    modules: ['core/channels/kit.ts', 'core/same-text.ts'],
    tests: ['test/channels/tools.test.ts'],
  },
  {
    name: 'seals',
    modules: ['core/access/vault.ts', 'core/reconciliation/seal.ts'],
    tests: ['test/access/vault.test.ts', 'test/reconciliation/seal.test.ts'],
  },
  ...Object.keys(signing).map(signaturesOf),
];
