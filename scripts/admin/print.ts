import type { Command } from './command.ts';

/** All commands, one a line. */
export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const lines = commands.map(({ name, doc }) => `  ${name.padEnd(width)}${doc}`);
  return [
    'Usage: npm run admin -- <command> [options] [--json]',
    '',
    ...lines,
    '',
    'Options of a command: npm run admin -- <command> --help',
    'Exit codes: 0 done, 1 refused, 2 wrong usage, 78 wrong configuration.',
  ].join('\n');
}

/** The options of one command. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options);
  const width = Math.max(0, ...options.map(([name]) => name.length)) + 4;
  const lines = options.map(([name, { doc, required }]) => `  ${`--${name}`.padEnd(width)}${doc}${required ? ' Required.' : ''}`);
  return [`Usage: npm run admin -- ${command.name}${options.length > 0 ? ' [options]' : ''} [--json]`, '', command.doc, '', ...lines]
    .join('\n')
    .trimEnd();
}

/** Facts for people: `name  value` lines, and records with an empty line between them. */
export function printFacts(facts: unknown): string {
  if (Array.isArray(facts)) return facts.length === 0 ? 'none' : facts.map(printFacts).join('\n\n');
  if (typeof facts !== 'object' || facts === null) return String(facts);
  return Object.entries(facts)
    .flatMap(([name, value]) => printField(name, value))
    .join('\n');
}

function printField(name: string, value: unknown): string[] {
  if (value instanceof Date) return [`${name}: ${value.toISOString()}`];
  if (typeof value !== 'object' || value === null) return [`${name}: ${value ?? '-'}`];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return [`${name}: ${value.join(', ') || '-'}`];
  const inner = printFacts(value).split('\n');
  return [`${name}:`, ...inner.map((line) => (line === '' ? '' : `  ${line}`))];
}
