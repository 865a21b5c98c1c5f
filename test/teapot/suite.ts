import { resolve } from 'node:path';
import Mocha from 'mocha';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import { describeChannel } from '../contract/suite.ts';
import { sampleOf } from '../kit/shopper.ts';
import vendor from './channel/simulator/index.ts';

const vendorFolder = resolve(import.meta.dirname, 'channel/simulator');

/** What came of the suite: the titles of its cases, and why those that failed did. */
export interface Verdict {
  readonly passed: readonly string[];
  readonly failed: ReadonlyMap<string, string>;
}

/** Runs the contract suite over a channel in this process, whole or only the cases whose title holds `about`. */
export async function judge(plugin: ChannelPlugin, about?: RegExp): Promise<Verdict> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 10_000, ...(about && { grep: about }) });
  declare(mocha, () =>
    describeChannel(
      plugin,
      plugin.manifest.methods.map((method) => sampleOf(plugin.manifest, method)),
      { ...vendor, vendorFolder },
    ),
  );
  const passed: string[] = [];
  const failed = new Map<string, string>();
  const runner = new Mocha.Runner(mocha.suite, {});
  if (about) runner.grep(about, false);
  runner.on('pass', (test) => void passed.push(test.fullTitle()));
  runner.on('fail', (test, error: Error) => void failed.set(test.fullTitle(), error.message));
  await new Promise<void>((done) => void runner.run(() => done()));
  runner.dispose();
  return { passed, failed };
}

/** The words `describe` and `it` are global: they are lent to the inner suite while it is declared. */
function declare(mocha: Mocha, work: () => void): void {
  const words = [
    'describe',
    'context',
    'specify',
    'it',
    'before',
    'after',
    'beforeEach',
    'afterEach',
    'xdescribe',
    'xcontext',
    'xit',
    'xspecify',
    'run',
  ];
  const lent = Object.fromEntries(words.map((word) => [word, Reflect.get(globalThis, word)]));
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  try {
    work();
  } finally {
    Object.assign(globalThis, lent);
  }
}
