import { type Data, fieldsAt } from './data.ts';
import { type Opened, signerOf } from './opened.ts';
import type { Facts, Verification } from './schema.ts';
import { bytesToSign, isAmbiguous, secretOf } from './sign.ts';

/** What came over the wire, before and after it was taken apart. */
export interface Received {
  readonly data: Data;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether every signature that is declared is there and good. Parts that the vendor leaves out need none: nothing is read of them. */
export async function isGenuine(opened: Opened, received: Received, verification: Verification, facts: Facts): Promise<boolean> {
  if (verification === 'tls') return true;
  const names = Object.values(facts).flatMap((path) => (path === undefined ? [] : [path.split('.').at(-1) ?? '']));
  for (const { by, under } of verification) {
    const fields = fieldsAt(received.data, under);
    if (fields === null && under !== '') continue;
    if (!(await isSigned(opened, received, by, fields ?? {}, names))) return false;
  }
  return true;
}

async function isSigned(
  opened: Opened,
  { body, headers }: Received,
  by: string,
  fields: Readonly<Record<string, string>>,
  names: readonly string[],
): Promise<boolean> {
  const signer = signerOf(opened, by);
  const { rule } = signer;
  const signature = rule.header === undefined ? fields[rule.field ?? ''] : headers[rule.header];
  if (signature === undefined || isAmbiguous(rule, fields, names)) return false;
  return signer.verify(bytesToSign(signer, fields, body, secretOf(rule, opened.config)), signature);
}
