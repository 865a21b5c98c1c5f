/**
 * Sets the vendors' own SDKs against the simulators, and against the plugins where an SDK signs:
 * `npm run referee [-- stripe square …]`, or all without a name. `--install` only puts the SDKs in place. See docs/decisions/0027-referees.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve('test/referee');

interface Packages {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

/** npm writes down what it has installed as its last act: without that, an installation was cut off. */
function isInstalled(): boolean {
  const record = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const { packages } = JSON.parse(readFileSync(record, 'utf8')) as Packages;
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  return Object.entries(dependencies).every(([name, version]) => packages[`node_modules/${name}`]?.version === version);
}

function install(): void {
  if (isInstalled()) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: 'inherit' });
}

function judge(wanted: readonly string[]): number {
  const all = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  const unknown = wanted.filter((name) => !all.includes(`${name}.test.ts`));
  if (unknown.length > 0) {
    console.error(`No referee for ${unknown.join(', ')}. There are ${all.map((name) => name.replace('.test.ts', '')).join(', ')}.`);
    return 2;
  }
  const files = wanted.length === 0 ? all : wanted.map((name) => `${name}.test.ts`);
  const command = ['node_modules/mocha/bin/mocha.js', '--exit', ...files.map((name) => join('test/referee', name))];
  return spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1;
}

const named = process.argv.slice(2);
install();
process.exitCode = named.includes('--install') ? 0 : judge(named);
