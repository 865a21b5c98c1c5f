import { posix } from 'node:path';
import type { SourceFile, Violation } from '../source.ts';

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function textOf(files: readonly SourceFile[], path: string): string {
  return files.find((file) => file.path === path)?.text ?? '';
}

function readPackage(files: readonly SourceFile[]): Package {
  const none = { scripts: {}, dependencies: {}, devDependencies: {} };
  return { ...none, ...JSON.parse(textOf(files, 'package.json') || '{}') };
}

function pagesOf(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.filter(({ path }) => path.endsWith('.md'));
}

/** Every command that a page tells a reader to type exists. */
export function namedCommandsExist(files: readonly SourceFile[]): readonly Violation[] {
  const { scripts } = readPackage(files);
  const paths = new Set(files.map(({ path }) => path));
  return pagesOf(files).flatMap(({ path, text }) => {
    const npm = [...text.matchAll(/\bnpm run ([a-z][a-z:-]*)/g)].filter(([, name = '']) => !(name in scripts)).map(([all]) => all);
    const files = [...text.matchAll(/(?<![\w/])\.\/(scripts\/[a-z-]+)/g)].filter(([, name = '']) => !paths.has(name)).map(([all]) => all);
    return [...npm, ...files].map((command) => `${path}: ${command} does not exist`);
  });
}

/** Every file that package.json starts exists. */
export function scriptsHaveFiles(files: readonly SourceFile[]): readonly Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  return Object.entries(readPackage(files).scripts).flatMap(([name, command]) => {
    const started = /^node (\S+\.ts)|^\.\/(scripts\/\S+)/.exec(command);
    const file = started?.[1] ?? started?.[2];
    return file === undefined || paths.has(file) ? [] : [`package.json: script ${name} starts ${file}, which does not exist`];
  });
}

/** Every link from one page to another leads somewhere. */
export function linksLeadSomewhere(files: readonly SourceFile[]): readonly Violation[] {
  const paths = new Set(files.flatMap(({ path }) => [path, ...parentsOf(path)]));
  return pagesOf(files).flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)/g)]
      .map(([, target = '']) => posix.join(posix.dirname(path), target).replace(/\/$/, ''))
      .filter((target) => !paths.has(target))
      .map((target) => `${path}: links to ${target}, which does not exist`),
  );
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Every package has its line that says what it is for, and every line its package. */
export function packagesAreExplained(files: readonly SourceFile[]): readonly Violation[] {
  const page = 'docs/decisions/0002-dependencies.md';
  const explained = new Set([...textOf(files, page).matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name));
  const { dependencies, devDependencies, optionalDependencies } = readPackage(files);
  // Node itself comes as a package for each platform, and has a decision of its own.
  const used = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    (name) => !name.startsWith('node-linux-'),
  );
  return [
    ...used.filter((name) => !explained.has(name)).map((name) => `${page}: says nothing of ${name}`),
    ...[...explained].filter((name) => !used.includes(name)).map((name) => `${page}: explains ${name}, which is not used`),
  ];
}

/** Versions are exact, so that two installs are the same. */
export function versionsAreExact(files: readonly SourceFile[]): readonly Violation[] {
  const { dependencies, devDependencies } = readPackage(files);
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  return loose.map(([name, version]) => `package.json: ${name} ${version} is not exact`);
}

/** Every decision is one page in the same three parts. */
export function decisionsHaveThreeParts(files: readonly SourceFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => /^docs\/decisions\/\d{4}-/.test(path))
    .flatMap(({ path, text }) =>
      ['Context', 'Decision', 'Consequences'].filter((part) => !text.includes(`\n## ${part}\n`)).map((part) => `${path}: has no ${part}`),
    );
}

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The lock file has an entry for every optional package. `npm ci` refuses it otherwise, on every platform. */
export function lockFileIsWhole(files: readonly SourceFile[]): readonly Violation[] {
  const { packages = {} }: { packages?: Readonly<Record<string, Locked>> } = JSON.parse(textOf(files, 'package-lock.json') || '{}');
  const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  return named.filter((name) => packages[`node_modules/${name}`] === undefined).map((name) => `package-lock.json: no entry for ${name}`);
}
