import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import type { Kit, Sm2Kit } from '../contract/kit.ts';
import { fromMajor, fromMinor, toMajor } from '../money.ts';
import { isSameText } from '../same-text.ts';
import { filesKit } from './files.ts';
import { partsKit } from './parts.ts';

// `htmlEntities` are those by number too, without which a value is not the one that was signed. None can be defined: no DOCTYPE is read.
const xmlParser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  htmlEntities: true,
  ignorePiTags: true,
});
const xmlBuilder = new XMLBuilder();
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** The tools of one channel, with its own decimals of currencies. `sm2` is the process's: its thread is shared. */
export function makeKit(sm2: Sm2Kit, exponents: Readonly<Record<string, number>> = {}): Kit {
  return {
    money: {
      toMajor: (money) => toMajor(money, exponents),
      fromMajor: (text, currency) => fromMajor(text, currency, exponents),
      fromMinor: (value, currency) => fromMinor(value, currency),
    },
    xml: { parse: parseXml, build: (root, fields) => xmlBuilder.build({ [root]: fields }) },
    sameText: isSameText,
    base64: strictBase64,
    json: parseObject,
    jsonNumber,
    sm2,
    files: filesKit,
    parts: partsKit,
  };
}

/** Node's decoder skips what it does not know; here whatever does not encode back to itself is refused. */
function strictBase64(text: unknown): Buffer | null {
  if (typeof text !== 'string' || text.length === 0) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** `context.source` is the text of a number as it was written; TypeScript's types do not know it yet. */
type Revive = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseJson = JSON.parse as (text: string, revive: Revive) => unknown;
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

function jsonNumber(decimal: string): unknown {
  if (!/^(0|[1-9]\d*)(\.\d+)?$/.test(decimal)) throw new Error('is not a decimal number');
  return rawJSON(decimal);
}

function parseObject(bytes: Uint8Array | string, { numbersAsText = false } = {}): Record<string, unknown> | null {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
  try {
    const value = parseJson(text, (key, inner, { source }) => {
      if (forbiddenKeys.has(key)) return undefined;
      return numbersAsText && typeof inner === 'number' ? source : inner;
    });
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function parseXml(text: string): Record<string, unknown> | null {
  // Refused before parsing: no vendor of ours sends one, and every XML attack needs one.
  if (/<!DOCTYPE/i.test(text)) return null;
  try {
    return xmlParser.parse(text, true) as Record<string, unknown>;
  } catch {
    return null;
  }
}
