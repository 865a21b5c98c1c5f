/** Who begins transactions on the way of a payment, as `crash-server.ts` names them. */
const transactions = [
  'http/idempotency-store.insert',
  'http/idempotency-store.finish',
  'payments/open.writeOpenings',
  'payments/settle-together.settleTogether',
  'payments/close.beginClose',
  'checkout/choose-method.begin',
  'checkout/pay-by-link.payByLink',
  'ledger/fold.foldTail',
  'payments/attend.attendAttempt',
  'payments/attend.attendPayment',
  'payments/archive.movePage',
  'refunds/refund.refund',
  'refunds/execute.sendFirst',
  'refunds/execute.attendRefund',
  'refunds/settle.settleRefund',
  'notifications/claim.claimDue',
  'notifications/record.writeBatch',
  'jobs/lease.take',
  'jobs/lease.transaction',
  'jobs/lease.end',
];
const calls = ['pay', 'query', 'close', 'refund', 'query_refund', 'callback'];
const answers = [
  'POST payments',
  'POST payments/close',
  'POST payments/refunds',
  'GET payments',
  'POST callbacks/wechat',
  'POST callbacks/alipay',
  'POST checkout',
  'POST pay',
];

/**
 * Every point at which `crash-server.ts` is killed: around every commit and inside it, around the
 * first byte to a vendor and every acknowledgement, around the steps of the outbox, around the
 * schema and a configuration that is taken over. One that no load visits fails its test.
 */
export const crashPoints: readonly string[] = [
  'before opening the database',
  'after migrating',
  'before taking over accounts',
  'after taking over accounts',
  'serving',
  ...transactions.flatMap((name) => [`before ${name}`, `inside ${name}`, `after ${name}`]),
  ...calls.flatMap((name) => [`before calling ${name}`, `while calling ${name}`, `after calling ${name}`]),
  ...answers.flatMap((name) => [`before answering ${name}`, `after answering ${name}`]),
];
