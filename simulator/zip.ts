import { crc32, deflateRawSync } from 'node:zlib';

/** A file of a ZIP. The name is bytes: vendors write it in GBK without saying so. */
export interface ZipFile {
  readonly name: Buffer;
  readonly content: Buffer;
}

/** A ZIP as old programs write it: local headers, the central directory, its end. No times, no flags. */
export function writeZip(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const packed = deflateRawSync(content);
    const facts = describe(packed, { name, content });
    const local = Buffer.concat([bytesOf([4, 0x04034b50]), facts, name]);
    directory.push(Buffer.concat([bytesOf([4, 0x02014b50], [2, 20]), facts, bytesOf([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), name]));
    parts.push(local, packed);
    offset += local.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const count = files.length;
  const end = bytesOf([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, central.length], [4, offset], [2, 0]);
  return Buffer.concat([...parts, central, end]);
}

/** What the local header and the directory say alike: version, flags, method, time, checksum, sizes, lengths of name and extra. */
function describe(packed: Buffer, { name, content }: ZipFile): Buffer {
  const sizes = [[4, packed.length] as const, [4, content.length] as const, [2, name.length] as const, [2, 0] as const];
  return bytesOf([2, 20], [2, 0], [2, 8], [4, 0], [4, crc32(content)], ...sizes);
}

/** Numbers of two or four bytes, the lowest first. */
function bytesOf(...numbers: readonly (readonly [2 | 4, number])[]): Buffer {
  return Buffer.concat(
    numbers.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntLE(value, 0, size);
      return bytes;
    }),
  );
}
