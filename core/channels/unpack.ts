import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';

/** What may come out of a compressed file. A day of a large merchant has a tenth of it. */
const mostBytes = 2 ** 31;

export const gunzip = (content: AsyncIterable<Uint8Array>) => unpack(content, createGunzip());
export const inflate = (content: AsyncIterable<Uint8Array>) => unpack(content, createInflate());

/** Gives a stream what it can take, and its error to whoever reads it. */
async function feed(
  content: AsyncIterable<Uint8Array>,
  into: NodeJS.WritableStream & { destroy(error?: Error): unknown; readonly destroyed: boolean },
) {
  try {
    for await (const bytes of content) {
      if (into.destroyed) return;
      if (!into.write(bytes)) await untilTaken(into);
    }
    into.end();
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Both are unheard again: a file of a day makes a stream wait some ten thousand times. */
function untilTaken(into: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      into.off('drain', end).off('close', end);
      resolve();
    };
    into.on('drain', end).on('close', end);
  });
}

/** Tables of digits pack to a tenth or a twentieth; a file that unpacks to more is made to keep a processor busy. A small one may be of zeros. */
const [mostTimes, smallBytes] = [200, 2 ** 24];

async function* unpack(content: AsyncIterable<Uint8Array>, unzipping: Gunzip | Inflate): AsyncIterable<Uint8Array> {
  const packed = { bytes: 0 };
  const fed = feed(counted(content, packed), unzipping);
  const allow = limitBytes();
  let sum = 0;
  try {
    for await (const bytes of unzipping as AsyncIterable<Buffer>) {
      sum += bytes.length;
      if (sum > smallBytes && sum > packed.bytes * mostTimes) throw new Error(`the file unpacks to more than ${mostTimes} times its size`);
      yield allow(bytes);
    }
    await fed;
  } finally {
    unzipping.destroy();
  }
}

async function* counted(content: AsyncIterable<Uint8Array>, sum: { bytes: number }): AsyncIterable<Uint8Array> {
  for await (const bytes of content) {
    sum.bytes += bytes.length;
    yield bytes;
  }
}

/** Lets bytes through until they are too many. */
export function limitBytes() {
  let sum = 0;
  return (bytes: Uint8Array) => {
    sum += bytes.length;
    if (sum > mostBytes) throw new Error(`the file unpacks to more than ${mostBytes} bytes`);
    return bytes;
  };
}
