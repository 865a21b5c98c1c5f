import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

/** A process that contains strays as the server does, and runs this text. What outlives it ends it with 0. */
function run(text: string) {
  const program = `
    import { containExits, containStrays, runBlamed, sealPrototypes } from './core/channels/strays.ts';
    containStrays((error) => { console.log('own ' + error.message); process.exit(3); });
    containExits();
    sealPrototypes();
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

  it('cannot end the process, whichever way it asks, and the kernel still can', () => {
    const ways = ['process.exit(5)', 'process.reallyExit(5)', 'process.abort()', "process.kill(process.pid, 'SIGKILL')"];
    for (const way of ways) {
      const { status, said } = run(`blamed('a', () => setTimeout(() => { ${way}; }, 1));`);
      const name = way.slice(0, way.indexOf('('));
      expect({ status, said }).to.deep.equal({ status: 0, said: [`a a channel may not call ${name}`] });
    }
    expect(run("blamed('a', () => 1); process.exit(5);").status).to.equal(5);
  });

  it('adds nothing to what every program relies on', () => {
    const { said } = run(`
      for (const change of [() => { Object.prototype.x = 1; }, () => { Array.prototype.y = 1; }, () => { Buffer.prototype.z = 1; }]) {
        try { blamed('a', change); } catch (error) { console.log(error.name); }
      }
      for (const name in {}) console.log(name);`);
    expect(said).to.deep.equal(['TypeError', 'TypeError', 'TypeError']);
  });

  it('lets a call’s own answer and exception through', () => {
    const { said } = run(
      "console.log(blamed('a', () => 'answer')); try { blamed('a', () => boom('thrown')); } catch (error) { console.log('caught ' + error.message); }",
    );
    expect(said).to.deep.equal(['answer', 'caught thrown']);
  });
});
