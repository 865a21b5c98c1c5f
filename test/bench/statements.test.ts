import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sumUp } from '../../scripts/bench/latency.ts';
import { makeTemplate, readGroups } from '../../scripts/bench/statements.ts';

const paymentId = 'pay_01JZ8Q0V5M3T9A7K2B4C6D8E0F';
const appId = 'app_01JZ8Q0V5M000000000000000A';

describe('the raw loop of the benchmark', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paymux-bench-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const record = (lines: readonly [number, string, ...(string | number | null)[]][]) => {
    const file = join(folder, 'statements');
    writeFileSync(file, lines.map(([connection, sql, ...params]) => `${JSON.stringify({ connection, sql, params })}\n`).join(''));
    return readGroups(file, [paymentId]);
  };

  it('replays the transactions that name the payment, and nothing else that the server did meanwhile', () => {
    const groups = record([
      [1, 'START TRANSACTION'],
      [2, 'SELECT value FROM versions', 'config'],
      [1, 'INSERT INTO payments (id) VALUES (?)', paymentId],
      [2, 'START TRANSACTION'],
      [2, 'UPDATE deliveries SET due_at = ?', 5],
      [1, 'UPDATE payments SET state = ? WHERE state = ?', 'pending', 'processing'],
      [2, 'COMMIT'],
      [1, 'COMMIT'],
      [1, 'SELECT * FROM payments WHERE id = ?', paymentId],
    ]);
    expect(groups.map(({ isWriting, statements }) => [isWriting, statements.map(({ sql }) => sql)])).to.deep.equal([
      [true, ['INSERT INTO payments (id) VALUES (?)', 'UPDATE payments SET state = ? WHERE state = ?']],
      [false, ['SELECT * FROM payments WHERE id = ?']],
    ]);
  });

  it('takes the savepoints that share a COMMIT on SQLite for transactions of their own', () => {
    const groups = record([
      [0, 'BEGIN IMMEDIATE'],
      [0, 'SAVEPOINT job'],
      [0, 'INSERT INTO payments (id) VALUES (?)', paymentId],
      [0, 'RELEASE job'],
      [0, 'SAVEPOINT job'],
      [0, 'UPDATE payments SET version = version + 1 WHERE id = ?', paymentId],
      [0, 'RELEASE job'],
      [0, 'COMMIT'],
    ]);
    expect(groups.map(({ statements }) => statements.length)).to.deep.equal([1, 1]);
  });

  it('makes new ids everywhere the old one stood, moves times along, and leaves the rest', () => {
    const at = 1_790_000_000_000;
    const groups = record([
      [1, 'START TRANSACTION'],
      [1, 'INSERT', paymentId, appId, 1999, at, null, `{"id":"${paymentId}","app":"${appId}"}`],
      [1, 'COMMIT'],
    ]);
    let now = at;
    const next = makeTemplate(groups, [appId], () => now);
    now += 250;
    const number = '0'.repeat(26);
    const [group] = next({ number: () => number, digest: () => 'f'.repeat(64) });
    const changed = [`pay_${number}`, appId, 1999, at + 250, null, `{"id":"pay_${number}","app":"${appId}"}`];
    expect(group?.statements[0]?.params).to.deep.equal(changed);
  });
});

describe('the figures of the benchmark', () => {
  it('are the rate, the middle, the slowest hundredth and the CPU of each operation', () => {
    const durations = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(sumUp(durations, 4000, { server: 100 })).to.deep.equal({
      operations: 200,
      perSecond: 50,
      p50Ms: 101,
      p99Ms: 199,
      worstMs: 200,
      cpuUs: { server: 500 },
    });
  });
});
