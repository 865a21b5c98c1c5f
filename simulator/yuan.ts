/** Fen to yuan with two decimals, by moving the point in the text. */
export function toYuan(fen: number): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Yuan text with at most two decimals to fen; null for everything else, also for a JSON number that is not exact text. */
export function fromYuan(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : value;
  const found = typeof text === 'string' ? /^(0|[1-9]\d{0,8})(?:\.(\d{1,2}))?$/.exec(text) : null;
  return found ? Number(`${found[1]}${(found[2] ?? '').padEnd(2, '0')}`) : null;
}
