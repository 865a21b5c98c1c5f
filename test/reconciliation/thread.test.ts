import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';

/** Priorities of a thread before and after it let others go first, and after it did so again. */
async function askThread(): Promise<readonly number[]> {
  const module = new URL('../../core/reconciliation/thread.ts', import.meta.url).href;
  const code = `
    const { getPriority } = require('node:os');
    import(${JSON.stringify(module)}).then(({ letOthersFirst }) => {
      const told = [getPriority(0)];
      for (let turn = 0; turn < 2; turn += 1) told.push((letOthersFirst(), getPriority(0)));
      require('node:worker_threads').parentPort.postMessage(told);
    });`;
  const worker = new Worker(code, { eval: true });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
}

describe('The thread of reconciliation', () => {
  it('lets requests go first, and leaves the rest of the server as it is', async function () {
    const own = getPriority(0);
    if (process.platform !== 'linux' || own >= 10) this.skip();
    expect(await askThread()).to.deep.equal([own, 10, 10]);
    expect(getPriority(0)).to.equal(own);
  });
});
