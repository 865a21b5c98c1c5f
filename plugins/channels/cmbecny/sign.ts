import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/**
 * The text that SM2 signs, of requests, answers and callbacks alike: every member but `sign`, by
 * name in the order of its bytes. Empty values stay; the bank's own samples have them.
 */
export function writeSigned(members: Readonly<Record<string, string>>): string {
  return Object.entries(members)
    .filter(([name]) => name !== 'sign')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** The header `apisign`: proves to the bank's front door that the sender knows the app's secret. MD5 is the bank's choice. */
export function makeApiSign(parts: {
  readonly appId: string;
  readonly secret: string;
  readonly sign: string;
  readonly timestamp: string;
}): string {
  const text = `appid=${parts.appId}&secret=${parts.secret}&sign=${parts.sign}&timestamp=${parts.timestamp}`;
  return createHash('md5').update(text, 'utf8').digest('hex');
}

/** A signature r‖s as the bank writes it: ASN.1 DER. Its documents say "PKCS#1", and their samples begin with `MEUC`. */
export function toDer(signature: Uint8Array): Buffer {
  const numbers = [signature.subarray(0, 32), signature.subarray(32)].map((half) => {
    const first = half.findIndex((byte) => byte !== 0);
    const digits = Buffer.from(first < 0 ? [0] : half.subarray(first));
    const unsigned = (digits[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), digits]) : digits;
    return Buffer.concat([Buffer.from([0x02, unsigned.length]), unsigned]);
  });
  const body = Buffer.concat(numbers);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/**
 * The 64 bytes r‖s of a DER signature; null unless it is written in the one strict way. What was read is written again and compared:
 * so no length, sign or trailing byte has to be judged for itself.
 */
export function fromDer(der: Uint8Array): Buffer | null {
  const [r, s] = [readNumber(der, 2), readNumber(der, 4 + (der[3] ?? 0))];
  if (r === null || s === null) return null;
  const signature = Buffer.concat([r, s]);
  return toDer(signature).equals(der) ? signature : null;
}

/** The 32 bytes of the number that begins there; null where it has more. In front of a high bit stands a zero. */
function readNumber(der: Uint8Array, at: number): Buffer | null {
  const written = der.subarray(at + 2, at + 2 + (der[at + 1] ?? 0));
  const digits = written.length === 33 ? written.subarray(1) : written;
  return digits.length > 32 ? null : Buffer.concat([Buffer.alloc(32 - digits.length), digits]);
}

/** Before the point itself, every SM2 public key in this form (SPKI, uncompressed) is the same. */
const spkiHead = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d034200', 'hex');

/** The point of a public key as the bank hands it out, in hex; null when it is none of SM2. */
export function readPublicPoint(spki: Uint8Array): string | null {
  if (spki.length !== spkiHead.length + 65 || !spkiHead.equals(spki.subarray(0, spkiHead.length))) return null;
  const point = Buffer.from(spki.subarray(spkiHead.length)).toString('hex');
  return point.startsWith('04') ? point : null;
}
