import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

/** A process that contains strays as the server does, and runs this text. What outlives it ends it with 0. */
function run(text: string) {
  const program = `
    import { containStrays, runBlamed } from './core/channels/strays.ts';
    containStrays((error) => { console.log('own ' + error.message); process.exit(3); });
    const boom = (what) => { throw new Error(what); };
    const blamed = (name, work) => runBlamed((error) => console.log(name + ' ' + error.message), work);
    setTimeout(() => process.exit(0), 100);
    ${text}`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return { status, said: stdout.trim().split('\n').toSorted() };
}

describe('What a channel leaves behind', () => {
  it('is known to be its own, and the process goes on', () => {
    const { status, said } = run(`
      blamed('a', () => { setTimeout(() => boom('timer'), 1); Promise.reject(new Error('promise')); });
      blamed('b', async () => { await null; setImmediate(() => boom('immediate')); process.nextTick(() => boom('tick')); });
      setTimeout(() => blamed('c', () => setTimeout(() => Promise.reject(new Error('later')), 1)), 5);`);
    expect(said).to.deep.equal(['a promise', 'a timer', 'b immediate', 'b tick', 'c later']);
    expect(status).to.equal(0);
  });

  it('does not hide what is the kernel’s own: that ends the process', () => {
    for (const own of ["setTimeout(() => boom('mistake'), 1)", "Promise.reject(new Error('mistake'))"]) {
      expect(run(`blamed('a', () => 1); ${own};`)).to.deep.equal({ status: 3, said: ['own mistake'] });
    }
  });

  it('lets a call’s own answer and exception through', () => {
    const { said } = run(
      "console.log(blamed('a', () => 'answer')); try { blamed('a', () => boom('thrown')); } catch (error) { console.log('caught ' + error.message); }",
    );
    expect(said).to.deep.equal(['answer', 'caught thrown']);
  });
});
