import { hmac, spoiled } from '../../hmac.ts';

/** A notification item before it is signed: texts as in Adyen's JSON, the amount as a number. */
export interface UnsignedItem {
  readonly pspReference: string;
  readonly originalReference?: string;
  readonly merchantAccountCode: string;
  readonly merchantReference: string;
  readonly amount: { readonly value: number; readonly currency: string };
  readonly eventCode: string;
  readonly success: 'true' | 'false';
}

const protect = (value: string) => value.replace(/[\\:]/g, (special) => `\\${special}`);

/** The `hmacSignature` of an item. A spoiled one has the right shape and the wrong value. */
export async function signNotice(hexKey: string, item: UnsignedItem, spoil: boolean): Promise<string> {
  const values = [
    item.pspReference,
    item.originalReference ?? '',
    item.merchantAccountCode,
    item.merchantReference,
    `${item.amount.value}`,
    item.amount.currency,
    item.eventCode,
    item.success,
  ];
  return spoiled(await hmac('SHA-256', Buffer.from(hexKey, 'hex'), values.map(protect).join(':')), spoil).toString('base64');
}
