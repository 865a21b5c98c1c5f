/**
 * What is wrong with the form of a channel's answer; null when the kernel can work with it. A channel may be plain JavaScript,
 * which no compiler has seen: what could not be stored or shown later is its bug, and found here, where its name is known.
 */
export function shapeFault(outcome: unknown): string | null {
  if (!isObject(outcome) || typeof outcome.kind !== 'string') return 'the channel did not answer with an outcome';
  const { kind, action, report, echo } = outcome;
  if (kind === 'action') return actionFault(action);
  if (kind === 'declined' && !isObject(echo)) return 'the channel declined without saying what (echo)';
  if (kind !== 'ok' || report === undefined) return null;
  if (!isObject(report)) return 'the channel answered with a report that is none';
  return report.state === 'not_found' || isObject(report.echo) ? null : 'the channel reported without saying on what (echo)';
}

/** It stands in every answer and notification about the payment. No vendor's is near. */
const maxActionBytes = 60_000;
/** The largest QR code holds 2,953 bytes; phones read none of those. */
const maxQrBytes = 2000;
/** What a browser would run, or read, instead of going there. Wallets have schemes of their own, which are as good as https. */
const unsafeSchemes: ReadonlySet<string> = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'view-source:']);

function actionFault(action: unknown): string | null {
  const text = writeText(action);
  if (!isObject(action) || text === null) return 'the channel answered with an action that cannot be written as JSON';
  if (Buffer.byteLength(text) > maxActionBytes) return `the channel answered with an action of more than ${maxActionBytes} bytes`;
  const { type, qrContent, url, params, fields } = action;
  switch (type) {
    case 'qr':
      return isText(qrContent) && Buffer.byteLength(qrContent) <= maxQrBytes
        ? null
        : `the channel answered with no QR code of up to ${maxQrBytes} bytes`;
    case 'redirect':
      return urlFault(url);
    case 'form':
      return urlFault(url) ?? (isTexts(fields) ? null : 'the channel answered with a form whose fields are not texts');
    case 'instructions':
      return isTexts(params) ? null : 'the channel answered with instructions that are not texts';
    case 'sdk':
      return isObject(params) ? null : 'the channel answered with no parameters for a client library';
    default:
      return 'the channel answered with an action that is none of the contract’s';
  }
}

/** The address itself stays untold: it may hold a token of the shopper's. */
function urlFault(url: unknown): string | null {
  const parsed = isText(url) ? URL.parse(url) : null;
  return parsed !== null && !unsafeSchemes.has(parsed.protocol)
    ? null
    : 'the channel answered with an address that no browser may be sent to';
}

/** Null for what JSON has no form for: a cycle, a BigInt, a `toJSON` that throws, nothing at all. */
function writeText(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isTexts = (value: unknown): boolean => isObject(value) && Object.values(value).every((one) => typeof one === 'string');

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
