/** One safety, how to take it away, and the tests that have to notice, quickest first. */
export interface Safety {
  readonly name: string;
  readonly file: string;
  /** Exactly one place of the file. */
  readonly text: string;
  readonly without: string;
  readonly tests: readonly string[];
}

const predicates = 'test/store/predicates.test.ts';
const simulation = 'test/proofs/simulate.test.ts';
const behind = 'test/faults/safeties.test.ts';
const deciding = 'test/payments/decide.test.ts';
const payments = 'core/store/tables/payments.ts';

/** Whatever keeps money right by itself. Each is taken away alone. */
export const safeties: readonly Safety[] = [
  {
    name: 'a row changes only from the state that was read',
    file: 'core/store/tables/change.ts',
    text: 'AND state = ?$',
    without: "AND ? <> ''$",
    tests: [predicates],
  },
  {
    name: 'one row that was changed meanwhile undoes the group',
    file: 'core/store/tables/change.ts',
    text: '!== alike.length) return false;',
    without: '< 0) return false;',
    tests: [predicates],
  },
  {
    name: 'one transaction of a vendor pays one of those that are settled together',
    file: 'core/payments/settle-together.ts',
    text: 'claimed.has(claim) ||',
    without: '',
    tests: ['test/payments/settle-together.test.ts'],
  },
  {
    name: 'two settlings of one payment are never in one transaction',
    file: 'core/store/group.ts',
    text: 'if (!byKey.has(key)) byKey.set(key, one);',
    without: 'byKey.set(key + byKey.size, one);',
    tests: ['test/store/group.test.ts'],
  },
  {
    name: 'the database takes no step that is not in the tables of states',
    file: 'core/store/tables/moves.ts',
    text: 'state === to || moves[state].includes(to)',
    without: 'state !== null || moves[state].includes(to)',
    tests: [predicates],
  },
  {
    name: 'no more is set aside for refunds than was paid',
    file: payments,
    text: "state = 'success' AND amount_refunded + refund_reserved + ? <= amount_paid`",
    without: "state = 'success' AND ? > 0`",
    tests: [predicates, simulation],
  },
  {
    name: 'a refund is booked only out of what was set aside',
    file: payments,
    text: "WHERE id = ? AND state = 'success' AND refund_reserved >= ?`",
    without: "WHERE id = ? AND state = 'success' AND ? > 0`",
    tests: [predicates],
  },
  {
    name: 'whoever moves the time of a due row has it, and nobody else',
    file: 'core/store/tables/due.ts',
    text: 'checks = checks + 1, checked_at = ? WHERE id = ? AND due_at = ?',
    without: 'checks = checks + 1, checked_at = ? WHERE id = ? AND ? > 0',
    tests: [predicates],
  },
  {
    name: 'an attempt is committed before its call',
    file: 'core/payments/pay.ts',
    text: 'await kernel.open({ payment, attempt });',
    without: 'void kernel.open({ payment, attempt });',
    tests: ['test/faults/crash-points.test.ts', simulation],
  },
  {
    name: 'that a refund is being sent is committed before its call, by one server',
    file: 'core/refunds/execute.ts',
    text: "return mine ? send(asking, 'refund') : null;",
    without: "return send(asking, mine ? 'refund' : 'refund');",
    tests: [behind],
  },
  {
    name: 'an unknown outcome is no failure',
    file: 'core/payments/decide.ts',
    text: "if (on.attempt.state === 'sending') return { ...nothing, attempt: { state: 'unknown', due_at: on.now + firstQueryMs } };",
    without: "return unpaidEnd({ kind: 'failed', code: 'declined', advice: 'retry', vendor: null }, on);",
    tests: [deciding, simulation],
  },
  {
    name: 'another attempt follows only on one that has ended unpaid',
    file: 'core/payments/settle-together.ts',
    text: 'failsOver && isUnpaidEnd(changes.attempt?.state) ?',
    without: 'failsOver ?',
    tests: [behind],
  },
  {
    name: 'only what proves that nothing was executed fails over',
    file: 'core/payments/try-candidates.ts',
    text: "return outcome.kind === 'declined' && candidate.account.manifest.failoverCodes.includes(outcome.code);",
    without: "return outcome.kind === 'declined';",
    tests: [behind],
  },
  {
    name: 'what happened is told in the same transaction',
    file: 'core/payments/write-settled.ts',
    text: 'if (events.length > 0) await kernel.announce(tx, events);',
    without: 'void [kernel.announce, events];',
    tests: [simulation],
  },
  {
    name: 'the amount of an answer is compared',
    file: 'core/payments/evidence.ts',
    text: "kind: amount === expected.amount ? 'paid' : 'paidOther'",
    without: "kind: 'paid'",
    tests: ['test/payments/evidence.test.ts', 'test/faults/late-money.test.ts', simulation],
  },
  {
    name: 'the currency of an answer is compared',
    file: 'core/payments/evidence.ts',
    text: "if (currency !== expected.currency) return { kind: 'mismatch', what: 'currency' };",
    without: '',
    tests: ['test/payments/evidence.test.ts', 'test/faults/late-money.test.ts'],
  },
  {
    name: 'the number of an answer is compared',
    file: 'core/payments/evidence.ts',
    text: "if (echo.number !== undefined && echo.number !== expected.number) return 'number';",
    without: '',
    tests: ['test/payments/evidence.test.ts', simulation],
  },
  {
    name: 'only a signed callback settles',
    file: 'core/payments/receive.ts',
    text: "if (trust === 'signed' && evidence !== null) {",
    without: 'if (evidence !== null) {',
    tests: ['test/faults/unasked.test.ts', 'test/faults/late-money.test.ts', simulation],
  },
  {
    name: 'one transaction of a vendor pays one attempt',
    file: 'core/payments/settle-together.ts',
    text: 'return isTaken ?',
    without: 'return isTaken && false ?',
    tests: ['test/faults/attempts.test.ts', 'test/faults/late-money.test.ts', simulation],
  },
  {
    name: 'a closed attempt was asked about after it was closed',
    file: 'core/payments/close.ts',
    text: "if (closed?.kind === 'closed' && (unpaid || cannotAsk)) return",
    without: "if (closed?.kind === 'closed') return",
    tests: [behind],
  },
  {
    name: 'late money goes back',
    file: 'core/payments/decide.ts',
    text: "const refund = on.latePolicy === 'hold' ? null : ({ kind: 'late', amount: evidence.amount } as const);",
    without: 'const refund = null;',
    tests: [deciding, simulation],
  },
  {
    name: 'a second success goes back',
    file: 'core/payments/decide.ts',
    text: "refund: { kind: 'duplicate', amount: evidence.amount }, event",
    without: 'refund: null, event',
    tests: [deciding, simulation],
  },
  {
    name: 'not found counts when it is said twice, far enough apart',
    file: 'core/payments/decide.ts',
    text: 'if (now - attempt.not_found_at < on.notFoundIsFinalAfterMs || !on.unpayable) return nothing;',
    without: '',
    tests: [deciding, simulation],
  },
  {
    name: 'a refused repeat counts when it is said twice, far enough apart',
    file: 'core/payments/decide.ts',
    text: 'if (attempt.not_found_at === null) return { ...nothing, attempt: { not_found_at: now } };\n  return now',
    without: 'return now',
    tests: [behind],
  },
  {
    name: 'the first answer is doubted once another server has asked',
    file: 'core/payments/settle-together.ts',
    text: "if (cause === 'kernel' && attempt.checks > 0) return doubt(evidence);",
    without: '',
    tests: ['test/faults/two-servers.test.ts', 'test/faults/attempts.test.ts', simulation],
  },
  {
    name: 'an attempt is sent again only where that opens no second one',
    file: 'core/payments/check.ts',
    text: 'if (!idempotency.create || (now >=',
    without: 'if ((now >=',
    tests: ['test/faults/traits.test.ts', simulation],
  },
  {
    name: 'a refund is sent again only where that is no second one',
    file: 'core/refunds/execute.ts',
    text: 'const repeatIsSafe = isYoung && idempotency.refund !== false;',
    without: 'const repeatIsSafe = isYoung;',
    tests: [behind],
  },
  {
    name: 'the money of a refund is set free only by its definite end',
    file: 'core/refunds/decide.ts',
    text: "if (evidence.how === 'repeat' && refund.not_found_at === null) return { not_found_at: now };",
    without: '',
    tests: ['test/refunds/decide.test.ts', simulation],
  },
  {
    name: 'nothing is captured while the payment is being closed',
    file: 'core/payments/capture.ts',
    text: 'if (!isOpen || isOver ||',
    without: 'if (isOver ||',
    tests: [behind],
  },
  {
    name: 'a try that failed is written only while its lease holds',
    file: 'core/notifications/record.ts',
    text: 'status = ?, error = ? WHERE id = ? AND due_at = ?',
    without: 'status = ?, error = ? WHERE id = ? AND ? > 0',
    tests: [behind],
  },
  {
    name: 'an idempotency key is answered for only by who holds its lease',
    file: 'core/http/idempotency-store.ts',
    text: "body = ?\n    WHERE id = ? AND state = 'in_progress' AND lease_until = ?`",
    without: "body = ?\n    WHERE id = ? AND state = 'in_progress' AND ? > 0`",
    tests: ['test/http/idempotency-store.test.ts'],
  },
  {
    name: 'a callback whose question was lost is not forgotten',
    file: 'core/payments/decide.ts',
    text: 'return hasEnded && on.isTold &&',
    without: 'return hasEnded && !on.isTold &&',
    tests: ['test/faults/simulated.test.ts'],
  },
  {
    name: 'a server that was paused writes nothing under a lease that another has taken',
    file: 'core/jobs/lease.ts',
    text: '+ ?) WHERE id = ? AND fence = ?`',
    without: '+ ?) WHERE id = ? AND ? > 0`',
    tests: ['test/jobs/lease.test.ts'],
  },
  {
    name: 'a lease is taken only once the one before it has ended',
    file: 'core/jobs/lease.ts',
    text: 'WHERE id = ? AND expires_at <=',
    without: 'WHERE id = ? AND 0 <=',
    tests: ['test/jobs/lease.test.ts'],
  },
  {
    name: 'an entry of the ledger is counted once, whichever server counts it',
    file: 'core/store/tables/ledger.ts',
    text: 'entryIds)) === entryIds.length;',
    without: 'entryIds)) >= 0;',
    tests: ['test/ledger/fold.test.ts'],
  },
  {
    name: 'no entry of the ledger makes money out of nothing',
    file: 'core/ledger/entry.ts',
    text: 'return uneven === undefined ? null',
    without: 'return uneven !== null ? null',
    tests: ['test/ledger/post.test.ts'],
  },
  {
    name: 'what is in the ledger is not posted again when the books of before it are',
    file: 'core/ledger/catch-up.ts',
    text: 'entries.filter(({ id }) => !posted.has(id)),',
    without: 'entries,',
    tests: ['test/ledger/catch-up.test.ts'],
  },
  {
    name: 'a payment that was written to since it was read is not archived',
    file: 'core/payments/archive.ts',
    text: '=== payment.version + 1)',
    without: '!== undefined)',
    tests: ['test/payments/archive.test.ts'],
  },
  {
    name: 'what still has to be told is not archived',
    file: 'core/store/tables/archives.ts',
    text: "state <> 'pending' AND ",
    without: '',
    tests: ['test/payments/archive.test.ts'],
  },
];
