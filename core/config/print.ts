import { configSchema } from './schema.ts';
import { listSettings, type Setting } from './setting.ts';

/** The commented file of all settings with their defaults, as `config/default.yaml` holds it. */
export function printDefaults(): string {
  const defaults: unknown = configSchema.parse({});
  const settings = listSettings(configSchema);
  const lines = settings.flatMap((setting, index) => [...openSections(setting, settings[index - 1]), ...printSetting(setting, defaults)]);
  return [...preface, '', ...lines, ''].join('\n');
}

const preface = [
  '# Every setting of paymux with its default. Copy what you change to config/paymux.yaml, or to a file',
  '# that PAYMUX_CONFIG names. The environment variable in brackets overrides the file. Secrets can also',
  '# come from a file: the same variable with _FILE at its end. Lines that are commented out have no default.',
];

/** The headings between the setting before and this one. */
function openSections(setting: Setting, before: Setting | undefined): readonly string[] {
  const sections = setting.path.slice(0, -1);
  const shared = sections.findIndex((section, depth) => before?.path[depth] !== section || before.path.length - 1 <= depth);
  if (shared === -1) return [];
  const headings = sections.slice(shared).map((section, index) => `${'  '.repeat(shared + index)}${section}:`);
  return shared === 0 ? ['', ...headings] : headings;
}

function printSetting(setting: Setting, defaults: unknown): readonly string[] {
  const indent = '  '.repeat(setting.path.length - 1);
  const value = setting.path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], defaults);
  const shown = Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]` : `${value}`;
  const key = setting.path.at(-1);
  return [
    `${indent}# ${setting.doc} (${setting.variable})`,
    value === null ? `${indent}# ${key}: ${setting.example}` : `${indent}${key}: ${shown}`,
  ];
}
