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
export function signItem(fields: SignedFields, key: Buffer, form: 'plain' | 'escaped' = 'plain'): string {
  const values = form === 'plain' ? valuesOf(fields) : valuesOf(fields).map(escaped);
  return createHmac('sha256', key).update(values.join(':'), 'utf8').digest('base64');
}

function valuesOf(fields: SignedFields): readonly string[] {
  const { pspReference, originalReference, merchantAccountCode, merchantReference, value, currency, eventCode, success } = fields;
  return [pspReference, originalReference, merchantAccountCode, merchantReference, value, currency, eventCode, success];
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll(':', '\\:');

/**
 * Whether no value could be moved into the field beside it under the same signature. Every item about an order of ours is so; one
 * that is not (a report whose name holds colons) may be genuine, and nothing is read out of it.
 */
export function isUnambiguous(fields: SignedFields): boolean {
  return valuesOf(fields).every((value) => !/[:\\]/.test(value));
}

/**
 * Whether any of the keys made this signature; several while a key is being changed. Adyen's documents want colons and backslashes
 * inside a value escaped, and its own libraries have stopped escaping because real signatures did not fit (adyen-php-api-library
 * #165, adyen-python-api-library #118 and #193): both forms are taken. They are the same wherever there is none.
 */
export function isGenuine(
  fields: SignedFields,
  signature: string,
  keys: readonly Buffer[],
  sameText: (a: string, b: string) => boolean,
): boolean {
  // Every key is tried, so that the time does not tell which one fits.
  const forms = ['plain', 'escaped'] as const;
  return keys.flatMap((key) => forms.map((form) => sameText(signItem(fields, key, form), signature))).includes(true);
}
