import { expect } from 'chai';
import sinon from 'sinon';
import { runAll, runSchedule } from '../../core/jobs/schedule.ts';
import { createLog } from '../../core/log.ts';

function open() {
  const lines: string[] = [];
  const counted: string[] = [];
  const log = createLog({ level: 'error', destination: { write: (line: string) => void lines.push(line) } });
  const metrics = { job: (labels: { task: string; result: string }) => void counted.push(`${labels.task} ${labels.result}`) };
  return { lines, counted, deps: { log, metrics } };
}

describe('House-keeping', () => {
  afterEach(() => sinon.restore());

  it('runs all tasks one after another, and lets none that fails stop the next', async () => {
    const { deps, lines, counted } = open();
    const order: string[] = [];
    await runAll(deps, [
      { name: 'first', run: async () => order.push('first') },
      { name: 'bad', run: () => Promise.reject(new Error('disk full')) },
      {
        name: 'worse',
        run: () => {
          throw new Error('at once');
        },
      },
      { name: 'last', run: async () => order.push('last') },
    ]);
    expect(order).to.deep.equal(['first', 'last']);
    expect(counted).to.deep.equal(['first done', 'bad failed', 'worse failed', 'last done']);
    expect(lines.join('')).to.contain('disk full').and.contain('at once');
  });

  it('runs hourly, and not any more once it is stopped', async () => {
    const clock = sinon.useFakeTimers({ now: Date.parse('2026-05-01T12:00:00Z') });
    const { deps } = open();
    let runs = 0;
    const running = runSchedule(deps, [
      {
        name: 'count',
        run: async () => {
          runs += 1;
        },
      },
    ]);
    await clock.tickAsync(3 * 3_600_000);
    expect(runs).to.equal(3);
    await running.stop();
    await clock.tickAsync(3 * 3_600_000);
    expect(runs).to.equal(3);
  });
});
