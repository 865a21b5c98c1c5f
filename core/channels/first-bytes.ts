/** What files begin with. Of workbooks, the new ones are ZIP files; the old ones, and new ones with a password, compound files. */
const beginnings = {
  zip: Buffer.from('504b0304', 'hex'),
  gzip: Buffer.from('1f8b', 'hex'),
  compound: Buffer.from('d0cf11e0a1b11ae1', 'hex'),
} as const;

export type Form = keyof typeof beginnings | 'text';

export interface Looked {
  readonly form: Form;
  /** All of the content, from its first byte. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Says by the first bytes what comes: people name files as they like. */
export async function lookAt(content: AsyncIterable<Uint8Array>): Promise<Looked> {
  const iterator = content[Symbol.asyncIterator]();
  let first: Buffer = Buffer.alloc(0);
  while (first.length < beginnings.compound.length) {
    const piece = await iterator.next();
    if (piece.done === true) break;
    first = Buffer.concat([first, piece.value]);
  }
  const form = (['zip', 'gzip', 'compound'] as const).find((one) => first.subarray(0, beginnings[one].length).equals(beginnings[one]));
  return { form: form ?? 'text', pieces: piecesFrom(first, iterator) };
}

async function* piecesFrom(first: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let piece = await iterator.next(); piece.done !== true; piece = await iterator.next()) yield piece.value;
  } finally {
    await iterator.return?.();
  }
}
