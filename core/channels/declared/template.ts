import { createHash } from 'node:crypto';
import { type TimeFormat, timeFormats, writeTime } from './times.ts';

/** What a template may name, filled in for one call. A time stays a Date until a format writes it. */
export type Values = Readonly<Record<string, string | Date>>;

interface Step {
  readonly name: string;
  readonly argument: string;
}

/** One piece of a template: text as it stands, or a value with what is done to it. */
export type Piece = string | { readonly value: string; readonly steps: readonly Step[] };

export interface Template {
  readonly pieces: readonly Piece[];
}

const pattern = /\{([a-zA-Z]+(?:\.\w+)*)((?:\|[a-zA-Z0-9]+(?::[^|{}]*)?)*)\}/g;

/** The functions of templates: a closed set, each of one text. There are no expressions. */
const functions: Readonly<
  Record<string, { readonly takes: 'nothing' | 'count' | 'text'; readonly run: (text: string, argument: string) => string }>
> = {
  upper: { takes: 'nothing', run: (text) => text.toUpperCase() },
  lower: { takes: 'nothing', run: (text) => text.toLowerCase() },
  cut: { takes: 'count', run: (text, count) => [...text].slice(0, Number(count)).join('') },
  md5: { takes: 'nothing', run: (text) => createHash('md5').update(text).digest('hex') },
  base64: { takes: 'nothing', run: (text) => Buffer.from(text).toString('base64') },
  urlencode: { takes: 'nothing', run: (text) => encodeURIComponent(text) },
  or: { takes: 'text', run: (text, other) => (text === '' ? other : text) },
};

export const functionNames = [...Object.keys(functions), 'time'];

/** Takes a template apart; a text says what is wrong with it. */
export function parseTemplate(text: string): Template | string {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(pattern)) {
    pieces.push(text.slice(at, found.index), { value: found[1] ?? '', steps: parseSteps(found[2] ?? '') });
    at = found.index + found[0].length;
  }
  pieces.push(text.slice(at));
  const kept = pieces.filter((piece) => piece !== '');
  const stray = kept.find((piece) => typeof piece === 'string' && /[{}]/.test(piece));
  return stray === undefined ? { pieces: kept } : 'has a brace that begins or ends no {value}';
}

const parseSteps = (text: string): readonly Step[] =>
  text
    .split('|')
    .slice(1)
    .map((step) => ({ name: step.split(':')[0] ?? '', argument: step.slice((step.split(':')[0] ?? '').length + 1) }));

/** Why a template's steps cannot be carried out. `isTime` tells which values are times. */
export function stepFaults(template: Template, isTime: (value: string) => boolean): readonly string[] {
  return template.pieces.flatMap((piece) => {
    if (typeof piece === 'string') return [];
    const [first, ...rest] = piece.steps;
    if (isTime(piece.value))
      return first?.name === 'time'
        ? [...timeFault(first), ...rest.flatMap(stepFault)]
        : [`{${piece.value}} is a time: write it with |time:${timeFormats[0]}`];
    return piece.steps.flatMap(stepFault);
  });
}

const timeFault = ({ argument }: Step) =>
  (timeFormats as readonly string[]).includes(argument)
    ? []
    : [`no time format ${JSON.stringify(argument)}; allowed: ${timeFormats.join(', ')}`];

function stepFault({ name, argument }: Step): readonly string[] {
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (known === undefined) return [`there is no function ${name} for it; allowed: ${functionNames.join(', ')}`];
  if (known.takes === 'count' && !/^[1-9]\d{0,3}$/.test(argument)) return [`${name} takes a number, such as ${name}:64`];
  return known.takes === 'nothing' && argument !== '' ? [`${name} takes nothing after it`] : [];
}

/** The text of a checked template. `encode` is applied to each value, not to the text around. */
export function fill(template: Template, values: Values, zone: string, encode: (text: string) => string = (text) => text): string {
  return template.pieces.map((piece) => (typeof piece === 'string' ? piece : encode(fillPiece(piece, values, zone)))).join('');
}

function fillPiece(piece: Exclude<Piece, string>, values: Values, zone: string): string {
  const value = values[piece.value] ?? '';
  const [first, ...rest] = piece.steps;
  if (value instanceof Date) return run(rest, writeTime(value, first?.argument as TimeFormat, zone));
  return run(piece.steps, value);
}

const run = (steps: readonly Step[], text: string) =>
  steps.reduce((left, { name, argument }) => functions[name]?.run(left, argument) ?? left, text);
