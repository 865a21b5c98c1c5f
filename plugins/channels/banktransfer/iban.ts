/** ISO 7064 MOD 97-10 over text whose letters count from A = 10, as IBANs and creditor references use it. */
export function remainderOf(text: string): bigint {
  const digits = [...text].map((character) => Number.parseInt(character, 36)).join('');
  return BigInt(digits) % 97n;
}

/** Whether the check digits of an IBAN are right (ISO 13616). Lengths of countries are not checked. */
export function isIban(text: string): boolean {
  return /^[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}$/.test(text) && remainderOf(text.slice(4) + text.slice(0, 4)) === 1n;
}
