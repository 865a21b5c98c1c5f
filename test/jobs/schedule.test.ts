import { expect } from 'chai';
import sinon from 'sinon';
import { runAll, runSchedule, type Task } from '../../core/jobs/schedule.ts';
import { createLog } from '../../core/log.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';

describe('House-keeping', () => {
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    let lines: string[];
    let counted: string[];

    beforeEach(async () => {
      stored = await open();
      lines = [];
      counted = [];
    });
    afterEach(() => sinon.restore());

    const deps = () => ({
      database: stored.database,
      log: createLog({ level: 'error', destination: { write: (line: string) => void lines.push(line) } }),
      metrics: { job: (labels: { task: string; result: string }) => void counted.push(`${labels.task} ${labels.result}`) },
    });

    it('runs all tasks one after another, and lets none that fails stop the next', async () => {
      const order: string[] = [];
      const tasks: readonly Task[] = [
        { name: 'first', run: async () => order.push('first') },
        { name: 'bad', run: () => Promise.reject(new Error('disk full')) },
        {
          name: 'worse',
          run: () => {
            throw new Error('at once');
          },
        },
        { name: 'last', run: async () => order.push('last') },
      ];
      await runAll(deps(), tasks);
      expect(order).to.deep.equal(['first', 'last']);
      expect(counted).to.deep.equal(['first done', 'bad failed', 'worse failed', 'last done']);
      expect(lines.join('')).to.contain('disk full').and.contain('at once');
    });

    it('is done once an hour, however many servers have the hour; what failed may be tried by any of them', async () => {
      const runs = { good: 0, bad: 0 };
      const tasks: readonly Task[] = [
        { name: 'good', run: async () => (runs.good += 1) },
        {
          name: 'bad',
          run: async () => {
            runs.bad += 1;
            throw new Error('not today');
          },
        },
      ];
      await Promise.all([runAll(deps(), tasks), runAll(deps(), tasks), runAll(deps(), tasks)]);
      await runAll(deps(), tasks);
      expect(runs.good).to.equal(1);
      expect(runs.bad).to.be.greaterThan(1);
    });

    it('of every minute runs every minute, and leaves the others to their hour', async () => {
      const clock = sinon.useFakeTimers({ now: Date.parse('2026-05-01T12:00:30Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
      // Each run fails, and so leaves its lease to the next.
      const fail = () => Promise.reject(new Error('not this time'));
      const running = runSchedule(deps(), [
        { name: 'often', every: 'minute', run: fail },
        { name: 'rarely', run: fail },
      ]);
      for (let minute = 1; minute <= 3; minute += 1) {
        await clock.tickAsync(60_000);
        while (counted.length < minute) await new Promise((done) => setImmediate(done));
      }
      expect(counted).to.deep.equal(['often failed', 'often failed', 'often failed']);
      await running.stop();
    });

    it('goes on after a machine slept for days, and writes no line for each minute that it missed', async () => {
      const said = (['log', 'info', 'warn', 'error'] as const).map((level) => sinon.stub(console, level));
      const clock = sinon.useFakeTimers({ now: Date.parse('2026-05-01T12:00:30Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
      const fail = () => Promise.reject(new Error('not this time'));
      const running = runSchedule(deps(), [{ name: 'often', every: 'minute', run: fail }]);
      clock.setSystemTime(Date.parse('2026-05-04T12:00:30Z'));
      for (let minute = 1; minute <= 2; minute += 1) await clock.tickAsync(60_000);
      while (counted.length === 0) await new Promise((done) => setImmediate(done));
      await running.stop();
      expect(said.flatMap((one) => one.args)).to.deep.equal([]);
    });

    it('runs hourly, and not any more once it is stopped', async () => {
      const clock = sinon.useFakeTimers({ now: Date.parse('2026-05-01T12:00:00Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
      let runs = 0;
      // Each run fails, and so leaves its lease to the next.
      const task: Task = {
        name: 'count',
        run: () => {
          runs += 1;
          return Promise.reject(new Error('not this hour'));
        },
      };
      const running = runSchedule(deps(), [task]);
      for (let hour = 1; hour <= 3; hour += 1) {
        await clock.tickAsync(3_600_000);
        while (counted.length < hour) await new Promise((done) => setImmediate(done));
      }
      expect(runs).to.equal(3);
      await running.stop();
      await clock.tickAsync(3 * 3_600_000);
      expect(runs).to.equal(3);
    });
  });
});
