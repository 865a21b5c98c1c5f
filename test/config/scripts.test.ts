import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { GroupResult } from '../../scripts/lib/reporter.ts';

describe('the verdict of a test run', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'paymux-verdict-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function put(group: string, passed: number, failed: number, skipped: number): void {
    const result: GroupResult = {
      group,
      passed,
      failed,
      skipped,
      tests: failed > 0 ? [{ title: `${group} broke`, state: 'failed', durationMs: 1 }] : [],
    };
    writeFileSync(join(folder, `${group}.json`), JSON.stringify(result));
  }

  function tally(): { readonly code: number | null; readonly lines: readonly string[] } {
    const { status, stdout } = spawnSync(process.execPath, ['scripts/lib/tally.ts', folder], { encoding: 'utf8' });
    return { code: status, lines: stdout.trimEnd().split('\n') };
  }

  it('is one line with the sums', () => {
    put('a', 3, 0, 1);
    put('b', 4, 0, 2);
    expect(tally()).to.deep.equal({ code: 0, lines: ['7 passed, 0 failed, 3 skipped'] });
  });

  it('names what failed, above that line', () => {
    put('a', 3, 0, 0);
    put('b', 4, 1, 0);
    expect(tally()).to.deep.equal({ code: 1, lines: ['failed in b:', '  b broke', '7 passed, 1 failed, 0 skipped'] });
  });

  it('is a failure when nothing ran', () => {
    expect(tally()).to.deep.equal({ code: 1, lines: ['0 passed, 0 failed, 0 skipped'] });
    put('a', 0, 0, 5);
    expect(tally()).to.deep.equal({ code: 1, lines: ['0 passed, 0 failed, 5 skipped'] });
  });

  it('counts a broken hook as a failure, and what it kept from running not at all', () => {
    const file = join(folder, 'sample.cjs');
    const output = join(folder, 'sample.json');
    writeFileSync(
      file,
      "it('a', () => {}); it.skip('b'); describe('h', () => { before(() => { throw new Error('x'); }); it('c', () => {}); });",
    );
    const options = ['--reporter', 'scripts/lib/reporter.ts', '--reporter-option', `output=${output},group=sample`];
    const { status } = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', ...options, file], { encoding: 'utf8' });
    expect(status).to.equal(1);
    const result: GroupResult = JSON.parse(readFileSync(output, 'utf8'));
    expect(result).to.include({ group: 'sample', passed: 1, failed: 1, skipped: 1 });
    expect(result.tests.find(({ state }) => state === 'failed')?.error).to.include('Error: x');
  });
});
