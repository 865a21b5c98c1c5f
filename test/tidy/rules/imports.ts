import { posix } from 'node:path';
import { complain, type Node, nodesOf, type SourceFile, type Violation } from '../source.ts';

/** One import or re-export of a file. */
interface Import {
  readonly file: SourceFile;
  readonly node: Node;
  /** The module as written, or the path from the root for one of ours. */
  readonly target: string;
  readonly typeOnly: boolean;
}

/** Which library only one place may import. */
const owners: Readonly<Record<string, RegExp>> = {
  sequelize: /^core\/store\//,
  mysql2: /^core\/store\//,
  umzug: /^core\/store\//,
  'node:sqlite': /^core\/store\//,
  'prom-client': /^core\/metrics\.ts$/,
  pino: /^core\/log\.ts$/,
  awilix: /^core\/container\.ts$/,
  koa: /^core\/http\//,
  '@koa/router': /^core\/http\//,
};

/** Domains of the kernel from the top down. A domain imports only what stands below it, or beside it. */
const ranks: Readonly<Record<string, number>> = {
  http: 5,
  payments: 4,
  refunds: 4,
  reconciliation: 4,
  jobs: 3,
  access: 3,
  channels: 3,
  notifications: 3,
  ledger: 2,
  store: 1,
};

const pluginBuiltins = /^node:(crypto|buffer|querystring|url|util|zlib)$/;

/** Every import of a file, dynamic ones included. */
function importsOf(file: SourceFile): readonly Import[] {
  return nodesOf(file.program).flatMap((node) => {
    const source = node['source'] as Node | null | undefined;
    if (!/^(Import|Export(Named|All)Declaration|ImportDeclaration|ImportExpression)/.test(node.type) || !source) return [];
    const written = source['value'];
    const kind = node['importKind'] ?? node['exportKind'];
    const target =
      typeof written !== 'string' ? '(computed)' : written.startsWith('.') ? posix.join(posix.dirname(file.path), written) : written;
    return [{ file, node, target, typeOnly: kind === 'type' }];
  });
}

function importsIn(files: readonly SourceFile[], place: RegExp): readonly Import[] {
  return files.filter(({ path }) => place.test(path)).flatMap(importsOf);
}

function refuse(found: readonly Import[], message: string): readonly Violation[] {
  return found.map(({ file, node, target }) => complain(file, node, `imports ${target}: ${message}`));
}

/** The folder under core/ that a file belongs to; undefined for the files beside them. */
function domainOf(path: string): string | undefined {
  const domain = /^core\/([^/]+)\//.exec(path)?.[1];
  return domain !== undefined && domain in ranks ? domain : undefined;
}

/** The contract stands alone: it is what a plugin sees of the kernel. */
export function contractStandsAlone(files: readonly SourceFile[]): readonly Violation[] {
  const wrong = importsIn(files, /^core\/contract\//).filter(({ target, typeOnly }) => !typeOnly || !target.startsWith('core/contract/'));
  return refuse(wrong, 'the contract imports nothing but its own types');
}

/** Channels and features are found on disk, so that the kernel names none. */
export function coreNamesNoPlugin(files: readonly SourceFile[]): readonly Violation[] {
  const wrong = importsIn(files, /^core\//).filter(({ target }) => /^(plugins|simulator|test|scripts)\//.test(target));
  return refuse(wrong, 'the kernel imports neither plugins nor the simulator, tests or scripts');
}

/** Imports inside the kernel point downwards. */
export function importsPointDown(files: readonly SourceFile[]): readonly Violation[] {
  const wrong = importsIn(files, /^core\//).filter(({ file, target }) => {
    const [from, to] = [domainOf(file.path), domainOf(target)];
    return from !== undefined && to !== undefined && (ranks[to] ?? 0) > (ranks[from] ?? 0);
  });
  return refuse(wrong, 'it stands above this file');
}

/** Files at the root of core/ are used by every domain, so they use none. Only what boots and wires sees everything: main.ts, container.ts and the thread. */
export function rootUsesNoDomain(files: readonly SourceFile[]): readonly Violation[] {
  const wrong = importsIn(files, /^core\/[^/]+\.ts$/).filter(
    ({ file, target, typeOnly }) =>
      !/^core\/(main|container|boot|reconcile-thread)\.ts$/.test(file.path) && !typeOnly && domainOf(target) !== undefined,
  );
  return refuse(wrong, 'a file beside the domains imports none of them');
}

/** No file needs itself, however many others are in between. Types are left out: they are gone at run time. */
export function importsHaveNoCycle(files: readonly SourceFile[]): readonly Violation[] {
  const needs = new Map(files.map((file) => [file.path, importsOf(file).filter(({ typeOnly }) => !typeOnly)]));
  const done = new Set<string>();
  const faults: Violation[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) faults.push(`${path}: imports itself through ${[...trail.slice(trail.indexOf(path) + 1), path].join(' → ')}`);
    if (trail.includes(path) || done.has(path)) return;
    for (const { target } of needs.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of needs.keys()) visit(path, []);
  return faults;
}

/** Some libraries have one home, so that they can be replaced there. */
export function librariesHaveOneHome(files: readonly SourceFile[]): readonly Violation[] {
  return Object.entries(owners).flatMap(([library, home]) => {
    const found = importsIn(files, /^core\//).filter(({ target }) => target === library || target.startsWith(`${library}/`));
    return refuse(
      found.filter(({ file }) => !home.test(file.path)),
      `only ${home.source} may`,
    );
  });
}

/** A plugin sees the types of the contract, its own folder and a few built-in modules that touch nothing outside. */
export function pluginsSeeTheContractOnly(files: readonly SourceFile[]): readonly Violation[] {
  const found = importsIn(files, /^plugins\/[^/]+\/[^/]+\/(?!test\/|simulator\/)/);
  const wrong = found.filter(({ file, target, typeOnly }) => {
    const own = file.path.split('/').slice(0, 3).join('/');
    const isJudge = target.startsWith(`${own}/simulator/`);
    if ((target.startsWith(`${own}/`) && !isJudge) || pluginBuiltins.test(target)) return false;
    if (target.startsWith('core/contract/')) return !typeOnly;
    return !ownsPackage(files, own, target);
  });
  return refuse(wrong, 'a plugin imports types of core/contract, its own files and packages, and harmless built-ins');
}

/** A plugin's own package is one that its own package.json names. */
function ownsPackage(files: readonly SourceFile[], folder: string, target: string): boolean {
  const text = files.find(({ path }) => path === `${folder}/package.json`)?.text;
  const dependencies: unknown = text === undefined ? {} : JSON.parse(text).dependencies;
  return Object.keys(dependencies ?? {}).some((name) => target === name || target.startsWith(`${name}/`));
}

/** The simulator is the judge of the plugins, so it shares no code with those it judges: neither here nor in a channel's own folder. */
export function simulatorSharesNoCode(files: readonly SourceFile[]): readonly Violation[] {
  const found = importsIn(files, /^(simulator\/(?!test\/)|plugins\/channels\/[^/]+\/simulator\/)/);
  const wrong = found.filter(({ file, target }) => {
    // The one place that finds vendors on disk cannot write their names.
    if (file.path === 'simulator/registry.ts' && target === '(computed)') return false;
    if (/^(simulator\/|node:|(uqr|sm-crypto-v2)$)/.test(target)) return false;
    const own = /^plugins\/channels\/[^/]+\//.exec(file.path)?.[0];
    return own === undefined || !(target.startsWith(`${own}simulator/`) || ownsPackage(files, own.slice(0, -1), target));
  });
  return refuse(wrong, 'the simulator imports itself and built-in modules only');
}
