import { timingSafeEqual } from 'node:crypto';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { filesKit } from '../../core/channels/files.ts';
import { partsKit } from '../../core/channels/parts.ts';
import { createSm2 } from '../../core/channels/sm2.ts';
import type { Call, Download, Http, Kit, MoneyKit, PluginLog, WireAnswer, WireRequest, XmlKit } from '../../core/contract/kit.ts';
import type { Money } from '../../core/contract/money.ts';
import type { NotSent, Unknown } from '../../core/contract/outcome.ts';

// SM2 is a library behind a few lines: there is nothing to write apart from the kernel. Its thread starts when a test first signs.
const { kit: sm2 } = createSm2();

/**
 * A kit for channel tests, written apart from the kernel's own so that the two can disagree.
 * Decimals are ISO 4217's for the currencies that tests use; `exponents` holds a manifest's departures.
 */
export function makeKit(exponents: Readonly<Record<string, number>> = {}): Kit {
  return { money: makeMoneyKit(exponents), xml: xmlKit, sameText, base64, json, jsonNumber, sm2, files: filesKit, parts: partsKit };
}

const withoutDecimals = new Set('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' '));
const withThreeDecimals = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']);

function makeMoneyKit(exponents: Readonly<Record<string, number>>): MoneyKit {
  const isoDecimals = (currency: string): number => (withoutDecimals.has(currency) ? 0 : withThreeDecimals.has(currency) ? 3 : 2);
  const decimalsOf = (currency: string): number => exponents[currency] ?? isoDecimals(currency);
  return {
    toMajor: ({ amount, currency }) => {
      const [iso, vendor] = [isoDecimals(currency), decimalsOf(currency)];
      const digits = String(amount).padStart(iso + 1, '0');
      const fraction = digits.slice(digits.length - iso);
      if (Number(fraction.slice(vendor) || 0) !== 0) throw new RangeError('cannot be written');
      const shown = fraction.padEnd(vendor, '0').slice(0, vendor);
      return digits.slice(0, digits.length - iso) + (vendor === 0 ? '' : `.${shown}`);
    },
    fromMajor: (text, currency) => {
      if (typeof text !== 'string' || !isCurrency(currency)) return null;
      const parts = /^(0|[1-9]\d{0,15})(?:\.(\d{1,4}))?$/.exec(text);
      if (parts === null) return null;
      const [iso, fraction] = [isoDecimals(currency), parts[2] ?? ''];
      if (fraction.length > decimalsOf(currency) || Number(fraction.slice(iso) || 0) !== 0) return null;
      return toMoney(`${parts[1]}${fraction.slice(0, iso).padEnd(iso, '0')}`, currency);
    },
    fromMinor: (value, currency) => {
      if (!isCurrency(currency)) return null;
      if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? { amount: value, currency } : null;
      if (typeof value !== 'string' || !/^(0|[1-9]\d{0,15})$/.test(value)) return null;
      return toMoney(value, currency);
    },
  };
}

function isCurrency(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Z]{3}$/.test(value);
}

function toMoney(digits: string, currency: string): Money | null {
  const amount = Number(digits);
  return Number.isSafeInteger(amount) ? { amount, currency } : null;
}

const xmlKit: XmlKit = {
  parse: (text) => {
    if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) return null;
    const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, ignoreDeclaration: true });
    try {
      return parser.parse(text) as Record<string, unknown>;
    } catch {
      // Names such as `constructor` are refused by the parser itself.
      return null;
    }
  },
  build: (root, fields) => {
    const children = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
    return `<${root}>${children.join('')}</${root}>`;
  },
};

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function base64(text: unknown): Buffer | null {
  if (typeof text !== 'string') return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function json(bytes: Uint8Array | string, { numbersAsText = false } = {}): Record<string, unknown> | null {
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const revive = (key: string, inner: unknown, context?: { readonly source?: string }) => {
      if (key === '__proto__') return undefined;
      return numbersAsText && typeof inner === 'number' ? context?.source : inner;
    };
    const value: unknown = JSON.parse(text, revive);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function jsonNumber(decimal: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(decimal);
}

/** What {@link makeCall} may be given; whatever is left out is fixed, so that requests can be compared byte for byte. */
export interface CallOptions {
  readonly http?: Http;
  readonly now?: () => Date;
  readonly nonce?: () => string;
  readonly log?: PluginLog;
}

/** A call on a fixed clock (2026-01-02T03:04:05Z) with a fixed nonce. Without `http`, nothing may be sent. */
export function makeCall(options: CallOptions = {}): Call {
  return {
    http: options.http ?? refuseToSend,
    download: streamed(options.http ?? refuseToSend),
    now: options.now ?? (() => new Date('2026-01-02T03:04:05Z')),
    nonce: options.nonce ?? (() => '0123456789abcdef0123456789abcdef'),
    log: options.log ?? (() => undefined),
  };
}

/** What `http` answers, in pieces. */
function streamed(http: Http): Download {
  return async (request) => {
    const answer = await http(request);
    if (answer.kind !== 'answered') return answer;
    const { body, ...head } = answer;
    return { ...head, content: inPieces(body) };
  };
}

async function* inPieces(body: Buffer): AsyncIterable<Uint8Array> {
  for (let from = 0; from < body.length; from += 100) yield body.subarray(from, from + 100);
}

const refuseToSend: Http = (request) => {
  throw new Error(`this test expected no request, yet got ${request.method} ${request.url}`);
};

/** A complete answer, as `http` resolves to. */
export function answered(status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return { kind: 'answered', status, headers, body: Buffer.from(body) };
}

/** One scripted step: a fixed result, or one made from the request. */
export type HttpStep = WireAnswer | NotSent | Unknown | ((request: WireRequest) => WireAnswer | NotSent | Unknown);

/** An `http` that plays `steps` in order, keeps every request, and throws when asked once more. */
export function scriptHttp(...steps: HttpStep[]): { readonly http: Http; readonly requests: WireRequest[] } {
  const requests: WireRequest[] = [];
  const http: Http = async (request) => {
    const step = steps[requests.length];
    requests.push(request);
    if (step === undefined) throw new Error(`no step left for ${request.method} ${request.url}`);
    return typeof step === 'function' ? step(request) : step;
  };
  return { http, requests };
}

/** An `http` that really sends, to loopback only: for tests against the simulator. */
export const sendToLoopback: Http = async (request) => {
  if (new URL(request.url).hostname !== '127.0.0.1') throw new Error('tests talk to 127.0.0.1 only');
  const init: RequestInit = { method: request.method, redirect: 'manual', signal: AbortSignal.timeout(10_000) };
  if (request.headers !== undefined) init.headers = { ...request.headers };
  if (request.body !== undefined) init.body = typeof request.body === 'string' ? request.body : new Uint8Array(request.body);
  try {
    const answer = await fetch(request.url, init);
    const body = Buffer.from(await answer.arrayBuffer());
    return { kind: 'answered', status: answer.status, headers: Object.fromEntries(answer.headers), body };
  } catch (error) {
    const code = error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? error.cause.code : '';
    return code === 'ECONNREFUSED' ? { kind: 'notSent', reason: 'refused' } : { kind: 'unknown', reason: 'reset' };
  }
};
