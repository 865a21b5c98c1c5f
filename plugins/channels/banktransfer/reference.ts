import { remainderOf } from './iban.ts';

const ownCharacters = 12;

/**
 * What the shopper writes into the transfer: a creditor reference of ISO 11649, which European banks
 * check as it is typed and the others carry as text. The last twelve characters of the attempt's
 * number are 60 random bits: no two transfers that are awaited at a time share them.
 */
export function referenceOf(attemptNumber: string): string {
  const own = attemptNumber.slice(-ownCharacters);
  const check = 98n - remainderOf(`${own}RF00`);
  return `RF${String(check).padStart(2, '0')}${own}`;
}
