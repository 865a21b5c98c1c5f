import { X509Certificate } from 'node:crypto';
import type { AccountConfig } from './config-schema.ts';

/** When a certificate in an account's configuration ends. */
export interface CertificateExpiry {
  /** The field that holds it. */
  readonly field: string;
  readonly expiresAt: Date;
}

const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The first to end of the certificates in each field. What cannot be read is the channel's affair, which has opened it. */
export function certificatesOf(config: AccountConfig): readonly CertificateExpiry[] {
  return Object.entries(config).flatMap(([field, value]) => {
    const ends = typeof value === 'string' ? (value.match(pem) ?? []).flatMap(readEnd) : [];
    return ends.length === 0 ? [] : [{ field, expiresAt: new Date(Math.min(...ends)) }];
  });
}

/** Inside JSON, as WeChat Pay's platform certificates are given, a line end is written `\\n`. */
function readEnd(text: string): readonly number[] {
  try {
    return [new X509Certificate(text.replaceAll('\\n', '\n')).validToDate.getTime()];
  } catch {
    return [];
  }
}
