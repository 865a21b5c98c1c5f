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

async function* unpack(content: AsyncIterable<Uint8Array>, unzipping: Gunzip | Inflate): AsyncIterable<Uint8Array> {
  const fed = feed(content, unzipping);
  const allow = limitBytes();
  try {
    for await (const bytes of unzipping as AsyncIterable<Buffer>) yield allow(bytes);
    await fed;
  } finally {
    unzipping.destroy();
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
