import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';

/** The members of a notification item that Adyen signs, in its order. Nothing else in an item is proven by the signature. */
export interface SignedFields {
  readonly pspReference: string;
  readonly originalReference: string;
  readonly merchantAccountCode: string;
  readonly merchantReference: string;
  /** The digits as they stand in the JSON text. */
  readonly value: string;
  readonly currency: string;
  readonly eventCode: string;
  readonly success: string;
}

/** A key of the Customer Area: hex digits of 32 bytes. */
export function readHmacKey(hex: string): Buffer | null {
  return /^[0-9A-Fa-f]{64}$/.test(hex) ? Buffer.from(hex, 'hex') : null;
}

/** HMAC-SHA256 in base64 over the eight values, joined by colons. */
export function signItem(fields: SignedFields, key: Buffer): string {
  return createHmac('sha256', key).update(textToSign(fields), 'utf8').digest('base64');
}

/** Backslashes and colons inside a value are escaped: else a value could be moved from one field into the next. */
function textToSign(fields: SignedFields): string {
  const { pspReference, originalReference, merchantAccountCode, merchantReference, value, currency, eventCode, success } = fields;
  return [pspReference, originalReference, merchantAccountCode, merchantReference, value, currency, eventCode, success]
    .map((one) => one.replaceAll('\\', '\\\\').replaceAll(':', '\\:'))
    .join(':');
}

/** Whether any of the keys made this signature; several while a key is being changed. */
export function isGenuine(
  fields: SignedFields,
  signature: string,
  keys: readonly Buffer[],
  sameText: (a: string, b: string) => boolean,
): boolean {
  // Every key is tried, so that the time does not tell which one fits.
  return keys.map((key) => sameText(signItem(fields, key), signature)).includes(true);
}
