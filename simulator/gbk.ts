/** Bytes in GBK, which no part of Node writes: the table is read off its decoder. */
export function toGbk(text: string): Buffer {
  const table = gbkTable();
  const bytes = [...text].flatMap((letter) => (letter < '\u0080' ? [letter.charCodeAt(0)] : (table.get(letter) ?? [0x3f])));
  return Buffer.from(bytes);
}

function gbkTable(): ReadonlyMap<string, readonly [number, number]> {
  const decoder = new TextDecoder('gbk');
  const table = new Map<string, readonly [number, number]>();
  for (let high = 0x81; high <= 0xfe; high += 1) {
    for (let low = 0x40; low <= 0xfe; low += 1) {
      const letter = decoder.decode(Uint8Array.of(high, low));
      if (low !== 0x7f && letter.length === 1 && letter !== '\uFFFD') table.set(letter, [high, low]);
    }
  }
  return table;
}
