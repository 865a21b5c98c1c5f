import type { ConfigFault } from './fault.ts';
import { describeFault } from './fault.ts';
import type { Setting } from './setting.ts';

/** Names that begin with PAYMUX_ and are not settings: where the file is, and what only the test suite reads. */
const reserved = /^PAYMUX_(CONFIG|VECTORS|TEST_[A-Z0-9_]+)$/;

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a whole file as text, or answers null when it cannot be read. */
export type ReadText = (path: string) => string | null;

/** What one variable says. */
interface Given {
  readonly name: string;
  readonly setting: Setting;
  readonly value: unknown;
}

/** Every setting that the environment gives. Names that nobody knows are faults: they are typing errors. */
export function readEnvironment(settings: readonly Setting[], environment: Environment, readText: ReadText) {
  const given: Given[] = [];
  const faults: ConfigFault[] = [];
  const known = new Set<string>();
  for (const setting of settings) {
    const names = namesOf(setting);
    for (const name of names) known.add(name);
    const set = names.filter((name) => environment[name] !== undefined);
    if (set.length > 1 && setting.secret !== undefined) {
      faults.push(describeFault(setting, { expected: `only one of ${set.join(' and ')}`, got: 'both' }));
      continue;
    }
    const name = set[0];
    if (name === undefined) continue;
    const text = readVariable(name, setting, environment, readText);
    if (typeof text === 'string') given.push({ name, setting, value: convertText(setting, text) });
    else faults.push(text);
  }
  return { given, faults: [...faults, ...findUnknown(environment, known)] };
}

/** The variables of a setting, the one that wins first. Only secrets can come from a file of their own. */
function namesOf(setting: Setting): readonly string[] {
  if (setting.secret !== undefined) return [setting.variable, `${setting.variable}_FILE`];
  return setting.path.join('.') === 'port' ? [setting.variable, 'PORT'] : [setting.variable];
}

function readVariable(name: string, setting: Setting, environment: Environment, readText: ReadText): string | ConfigFault {
  const value = environment[name] ?? '';
  // An empty variable is most often a substitution that went wrong. Taking it for “absent” would
  // start a server on SQLite whose database URL did not arrive.
  if (value === '') return describeFault(setting, { variable: name, got: 'an empty variable' });
  if (name === setting.variable || !name.endsWith('_FILE')) return value;
  const text = readText(value);
  if (text === null) return describeFault(setting, { variable: name, expected: 'a file that can be read', got: JSON.stringify(value) });
  return text.replace(/\r?\n$/, '');
}

/** Text becomes a value of the kind that the file would hold; what does not fit stays text, and the schema refuses it. */
function convertText(setting: Setting, text: string): unknown {
  if (setting.kind === 'integer' && /^(0|[1-9]\d{0,15})$/.test(text)) return Number(text);
  if (setting.kind === 'flag' && (text === 'true' || text === 'false')) return text === 'true';
  if (setting.kind === 'list') return text.split(',').map((item) => item.trim());
  return text;
}

function findUnknown(environment: Environment, known: ReadonlySet<string>): readonly ConfigFault[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('PAYMUX_') && !known.has(name) && !reserved.test(name))
    .sort()
    .map((name) => ({
      path: name,
      expected: 'the name of a setting',
      got: 'an unknown variable',
      example: closest(name, known) ?? 'PAYMUX_DATA_DIR',
      doc: 'Every PAYMUX_ variable must be known, so that a typing error does not go unnoticed.',
    }));
}

/** The known name that shares the longest beginning. */
function closest(name: string, known: ReadonlySet<string>): string | undefined {
  const shared = (other: string) => [...other].findIndex((letter, index) => letter !== name[index]) >>> 0;
  return [...known].sort((a, b) => shared(b) - shared(a))[0];
}
