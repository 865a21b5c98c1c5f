import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { type Environment, type ReadText, readEnvironment } from './config/environment.ts';
import { type ConfigFault, describeFault, printFaults } from './config/fault.ts';
import { parseFile } from './config/file.ts';
import { showValue } from './config/mask.ts';
import { type Config, completeConfig, configSchema, type Written } from './config/schema.ts';
import { isSection, listSettings, type Setting } from './config/setting.ts';

export type { Config, ConfigFault, Environment };
export { printFaults };

/** The exit code of a process that was configured wrongly (EX_CONFIG of sysexits.h). */
export const configExitCode = 78;

/** The file that is read when PAYMUX_CONFIG names none. It need not exist. */
const usualFile = 'config/paymux.yaml';

/** A configuration that can be used, or everything that is wrong with it. */
export type ConfigResult =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

type Tree = Record<string, unknown>;

/** Reads the file, then the environment over it. Defaults fill the rest; nothing is guessed and nothing is converted. */
export function loadConfig(environment: Environment, readText: ReadText = readTextFile): ConfigResult {
  const file = readFile(environment, readText);
  if (file.kind === 'faults') return file;
  const settings = listSettings(configSchema);
  const { given, faults: unread } = readEnvironment(settings, environment, readText);
  const tree = given.reduce((before, { setting, value }) => put(before, setting.path, value), openEmpty(file.tree, configSchema));
  const parsed = configSchema.safeParse(tree);
  const known = settings.map((setting) => ({
    ...setting,
    variable: given.find((one) => one.setting === setting)?.name ?? setting.variable,
  }));
  const faults = onePerPath([
    ...unread,
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => explainIssue(known, tree, issue))),
  ]);
  if (faults.length > 0 || !parsed.success) return { kind: 'faults', faults };
  const together = contradictions(known, parsed.data);
  return together.length > 0 ? { kind: 'faults', faults: together } : { kind: 'config', config: completeConfig(parsed.data) };
}

/** What each setting may be, and all of them together may not. */
function contradictions(settings: readonly Setting[], written: Written): readonly ConfigFault[] {
  const isEmbedded = written.database.url === null;
  const refuse = (path: string, expected: string) => {
    const setting = settings.find((one) => one.path.join('.') === path) as Setting;
    return describeFault(setting, { expected, got: showValue(setting, find(written, setting.path)) });
  };
  const alone = 'while the embedded database is used, which belongs to one process: set database.url for more';
  return [
    ...(isEmbedded && written.processes > 1 ? [refuse('processes', `1 ${alone}`)] : []),
    ...(isEmbedded && new Set(written.roles).size < 2 ? [refuse('roles', `api and worker ${alone}`)] : []),
    ...(written.roles.length === 0 && !isEmbedded ? [refuse('roles', 'at least one role')] : []),
    ...(clash(written)
      ? [refuse('metrics.port', 'a port that neither the server nor the simulator listens on, as each process adds one')]
      : []),
    ...(written.processes > 1 && written.metrics.token !== null && written.metrics.port === null
      ? [refuse('metrics.port', 'a port for the metrics: behind a shared one each answer would be of another process')]
      : []),
  ];
}

/** Whether a port would be listened on twice, or is none. The simulator runs beside the embedded database unless told otherwise. */
function clash({ port, processes, metrics, simulator, database }: Written): boolean {
  const first = metrics.port ?? 0;
  const isOwn = (other: number) => other > 0 && first > 0 && other >= first && other < first + processes;
  const isSimulated = simulator.enabled ?? database.url === null;
  return isOwn(port) || (isSimulated && isOwn(simulator.port)) || first + processes - 1 > 65_535;
}

/** Every setting with its value, one a line, with secrets hidden. */
export function printConfig(config: Config): string {
  return listSettings(configSchema)
    .map((setting) => `${setting.path.join('.')} = ${showValue(setting, find(config, setting.path))}`)
    .join('\n');
}

function readTextFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function readFile(environment: Environment, readText: ReadText) {
  const named = environment['PAYMUX_CONFIG'];
  const name = named ?? usualFile;
  const text = readText(name);
  if (text === null && named !== undefined) return { kind: 'faults' as const, faults: [missingFile(name)] };
  const parsed = parseFile(name, text ?? '');
  if (parsed.kind === 'faults') return { ...parsed, faults: onePerPath(parsed.faults) };
  if (isTree(parsed.value)) return { kind: 'tree' as const, tree: parsed.value };
  return { kind: 'faults' as const, faults: [{ ...missingFile(name), expected: 'settings by name', got: 'something else' }] };
}

/** A number can be too large and no whole one, and one tab breaks a line of YAML in four ways: each place is told once. */
const onePerPath = (faults: readonly ConfigFault[]) =>
  faults.filter((one, index) => faults.findIndex(({ path }) => path === one.path) === index);

function missingFile(name: string): ConfigFault {
  const doc = 'The configuration file.';
  return { path: 'PAYMUX_CONFIG', expected: 'a file that can be read', got: JSON.stringify(name), example: usualFile, doc };
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A section of which every line is commented out reads as null, and is meant as a section without settings. */
function openEmpty(tree: Tree, schema: z.ZodObject): Tree {
  const sections = Object.keys(tree).filter((key) => tree[key] === null && isSection(schema.shape[key]));
  return { ...tree, ...Object.fromEntries(sections.map((key) => [key, {}])) };
}

/** The tree with one value put at a path. A section that the file gave as something else is left for the schema to refuse. */
function put(tree: Tree, path: readonly string[], value: unknown): Tree {
  const [key = '', ...rest] = path;
  if (rest.length === 0) return { ...tree, [key]: value };
  const section = tree[key] ?? {};
  return isTree(section) ? { ...tree, [key]: put(section, rest, value) } : tree;
}

function find(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    tree,
  );
}

function explainIssue(settings: readonly Setting[], tree: Tree, issue: z.core.$ZodIssue): readonly ConfigFault[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(settings, [...issue.path, key].join('.')));
  const setting = settings.find(({ path }) => path.every((part, index) => issue.path[index] === part));
  if (setting !== undefined) return [describeFault(setting, { got: showValue(setting, find(tree, setting.path)) })];
  const section = issue.path.join('.');
  return [
    {
      path: section,
      expected: 'a section with settings',
      got: 'something else',
      example: `${section}:`,
      doc: 'A section of the configuration.',
    },
  ];
}

function unknownKey(settings: readonly Setting[], path: string): ConfigFault {
  const section = path.includes('.') ? path.slice(0, path.lastIndexOf('.') + 1) : '';
  const names = settings.map((setting) => setting.path.join('.')).filter((name) => name.startsWith(section));
  return {
    path,
    expected: 'the name of a setting',
    got: 'an unknown name',
    example: names.slice(0, 8).join(', '),
    doc: 'Unknown names are refused, so that typing errors are found.',
  };
}
