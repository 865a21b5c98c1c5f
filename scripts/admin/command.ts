import { parseArgs } from 'node:util';
import type { AccountDeps } from '../../core/access/admin/accounts.ts';
import type { Config } from '../../core/config.ts';
import type { Retention } from '../../core/notifications/retain.ts';

/** One option of a command. */
export interface Option {
  readonly doc: string;
  readonly kind: 'text' | 'integer' | 'flag' | 'list';
  readonly required?: true;
}

/** What was given, after checking: texts, integers, flags and lists under the names of the options. */
export interface Given {
  text(name: string): string | undefined;
  integer(name: string): number | undefined;
  flag(name: string): boolean;
  list(name: string): readonly string[];
}

/** What a command needs besides its options. */
export interface Context extends AccountDeps {
  /** The text of a file, or of standard input for `-`. */
  readonly readText: (path: string) => string;
  /** The bytes of a file. */
  readonly readBytes: (path: string) => Buffer;
  /** Where channels reach this server. */
  readonly publicUrl: string;
  readonly keyFile: string;
  readonly retention: Retention;
  readonly config: Config;
}

/** The result of a command: facts to print, or everything that is wrong. */
export type Printed = { readonly kind: 'done'; readonly facts: unknown } | { readonly kind: 'faults'; readonly faults: readonly string[] };

export interface Command {
  /** Such as `account create`. */
  readonly name: string;
  readonly doc: string;
  readonly options: Readonly<Record<string, Option>>;
  /** A rule that no single option can state. */
  readonly check?: (given: Given) => readonly string[];
  run(context: Context, given: Given): Promise<Printed>;
}

/** Reads a command's arguments; all faults at once. A value is never repeated in a fault: it may be a secret. */
export function readOptions(command: Command, args: readonly string[]): { readonly given: Given; readonly faults: readonly string[] } {
  const options = Object.fromEntries(Object.entries(command.options).map(([name, { kind }]) => [name, toParseOption(kind)]));
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const faults = tokens.flatMap((token) => {
    if (token.kind === 'positional') return [`argument ${token.index + 1} belongs to no option`];
    return token.kind === 'option' ? optionFaults(command, token) : [];
  });
  const missing = Object.entries(command.options)
    .filter(([name, { required }]) => required && values[name] === undefined)
    .map(([name]) => `--${name} is required`);
  const given = toGiven(values);
  return { given, faults: [...faults, ...missing, ...integerFaults(command, values), ...(command.check?.(given) ?? [])] };
}

interface OptionToken {
  readonly name: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function toParseOption(kind: Option['kind']): { type: 'string' | 'boolean'; multiple?: boolean } {
  if (kind === 'list') return { type: 'string', multiple: true };
  return { type: kind === 'flag' ? 'boolean' : 'string' };
}

function optionFaults(command: Command, token: OptionToken): string[] {
  const option = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined;
  if (option === undefined) return [`--${token.name} is not an option of ${command.name}`];
  if (option.kind === 'flag') return token.value === undefined ? [] : [`--${token.name} takes no value`];
  const isForgotten = token.value === undefined || (token.inlineValue !== true && /^--[a-z]/.test(token.value));
  return isForgotten || token.value === '' ? [`--${token.name} needs a value`] : [];
}

function integerFaults(command: Command, values: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(command.options).filter(
    (name) => command.options[name]?.kind === 'integer' && typeof values[name] === 'string',
  );
  return names.filter((name) => readInteger(String(values[name])) === undefined).map((name) => `--${name} must be an integer`);
}

/** The integer that a text is, digit for digit; undefined when it is anything else. */
export function readInteger(text: string): number | undefined {
  const value = Number(text);
  return /^-?(0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

function toGiven(values: Readonly<Record<string, unknown>>): Given {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  return {
    text,
    integer: (name) => readInteger(text(name) ?? ''),
    flag: (name) => values[name] === true,
    list: (name) => (Array.isArray(values[name]) ? values[name].filter((value) => typeof value === 'string') : []),
  };
}
