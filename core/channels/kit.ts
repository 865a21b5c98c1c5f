import { timingSafeEqual } from 'node:crypto';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import type { Kit } from '../contract/kit.ts';
import { fromMajor, fromMinor, toMajor } from '../money.ts';

const xmlParser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});
const xmlBuilder = new XMLBuilder({ suppressEmptyNode: false });
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** The pure tools of one channel, with its own decimals of currencies. */
export function makeKit(exponents: Readonly<Record<string, number>> = {}): Kit {
  return {
    money: {
      toMajor: (money) => toMajor(money, exponents),
      fromMajor: (text, currency) => fromMajor(text, currency, exponents),
      fromMinor: (value, currency) => fromMinor(value, currency),
    },
    xml: { parse: parseXml, build: (root, fields) => xmlBuilder.build({ [root]: fields }) },
    sameText,
    base64: strictBase64,
    json: parseObject,
  };
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Node's decoder skips what it does not know; here whatever does not encode back to itself is refused. */
function strictBase64(text: unknown): Buffer | null {
  if (typeof text !== 'string' || text.length === 0) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function parseObject(bytes: Uint8Array | string): Record<string, unknown> | null {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
  try {
    const value: unknown = JSON.parse(text, (key, inner) => (forbiddenKeys.has(key) ? undefined : inner));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function parseXml(text: string): Record<string, unknown> | null {
  // Refused before parsing: no vendor of ours sends one, and every XML attack needs one.
  if (/<!DOCTYPE/i.test(text)) return null;
  try {
    const value: unknown = xmlParser.parse(text, true);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
