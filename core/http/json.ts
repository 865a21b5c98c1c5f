import { type FieldFault, faultOf } from '../errors.ts';
import { defaultShapeLimits, forbiddenNames, type Parsed, paramOf, type ShapeLimits, safeRange, type Unreadable } from './faults.ts';
import { isPlainInteger } from './shape.ts';
import { decodeUtf8 } from './text.ts';

/**
 * Reads JSON more strictly than `JSON.parse`, which keeps the last of two equal keys and rounds
 * `9007199254740993`: every such fault is listed with its place.
 */
export function parseJson(bytes: Uint8Array, limits: ShapeLimits = defaultShapeLimits): Parsed {
  const text = decodeUtf8(bytes);
  if (text === null) return unreadable('It is not UTF-8.', '不是 UTF-8。');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return malformed(error);
  }
  return scan(text, value, limits);
}

/** The engine's message quotes the body and is not passed on; of the place, where it names one, it gives the numbers alone. */
function malformed(error: unknown): Unreadable {
  const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(error instanceof Error ? error.message : '') ?? [];
  if (line === undefined) return unreadable('It is not well-formed.', '格式不正确。');
  return unreadable(`It is not well-formed at line ${line}, column ${column}.`, `第 ${line} 行第 ${column} 列格式不正确。`);
}

function unreadable(en: string, zh: string): Unreadable {
  return { ok: false, code: 'invalid_json', detail: { en: `The body cannot be read as JSON: ${en}`, zh: `请求体无法按 JSON 解析：${zh}` } };
}

/** An open object or array while its text is walked. */
interface Level {
  readonly keys: Set<string> | null;
  step: string | number;
  expectsKey: boolean;
}

const token = /[{}[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}[\],:"]+/g;

/** Walks the tokens of a text that is known to be well-formed. */
function scan(text: string, value: unknown, limits: ShapeLimits): Parsed {
  const faults: FieldFault[] = [];
  const levels: Level[] = [];
  const counts = { keys: 0, items: 0 };
  for (const [part] of text.matchAll(token)) {
    const level = levels.at(-1);
    if (level?.expectsKey && part.startsWith('"')) {
      counts.keys += 1;
      noteKey(level, part, levels, faults);
    } else {
      if (part === ',' && level?.keys === null) counts.items += 1;
      noteToken(part, levels, faults);
    }
    if (levels.length > limits.maxDepth)
      return unreadable(`It is nested deeper than ${limits.maxDepth}.`, `嵌套超过 ${limits.maxDepth} 层。`);
    if (Math.max(counts.keys, counts.items) > limits.maxKeys) {
      return unreadable(`It has more than ${limits.maxKeys} fields or list items.`, `字段或列表项超过 ${limits.maxKeys} 个。`);
    }
  }
  return { ok: true, value, faults };
}

function noteKey(level: Level, part: string, levels: readonly Level[], faults: FieldFault[]): void {
  const key = JSON.parse(part) as string;
  level.step = key;
  level.expectsKey = false;
  if (forbiddenNames.has(key)) faults.push(faultOf(placeOf(levels), 'unknown_field'));
  if (level.keys?.has(key)) faults.push(faultOf(placeOf(levels), 'duplicate_key'));
  level.keys?.add(key);
}

function noteToken(part: string, levels: Level[], faults: FieldFault[]): void {
  const level = levels.at(-1);
  if (part === '{') levels.push({ keys: new Set(), step: '', expectsKey: true });
  else if (part === '[') levels.push({ keys: null, step: 0, expectsKey: false });
  else if (part === '}' || part === ']') levels.pop();
  else if (part === ',' && level) moveOn(level);
  else if (/^[-0-9]/.test(part)) noteNumber(part, levels, faults);
}

function moveOn(level: Level): void {
  if (typeof level.step === 'number') level.step += 1;
  else level.expectsKey = true;
}

function noteNumber(part: string, levels: readonly Level[], faults: FieldFault[]): void {
  if (!isPlainInteger(part)) faults.push(faultOf(placeOf(levels), 'not_integer'));
  else if (!Number.isSafeInteger(Number(part))) faults.push(faultOf(placeOf(levels), 'out_of_range', { range: safeRange }));
}

function placeOf(levels: readonly Level[]): string {
  return paramOf(levels.map((open) => open.step));
}
