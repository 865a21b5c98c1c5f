import type { KeyObject } from 'node:crypto';
import { createSecretKey, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** The keys of a key file, in its order: the first encrypts, all decrypt. */
export type Keys = ReadonlyMap<string, KeyObject>;

/** A key file that cannot be used. The message is for the operator and holds nothing of the file's content. */
export class KeyFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeyFileError';
  }
}

const keyBytes = 32;
const linePattern = /^([a-z0-9][a-z0-9-]{0,31}):([A-Za-z0-9+/]{43}=)$/;

/** Reads `id:base64` lines, each a key of 256 bits. Empty lines and lines that begin with `#` are skipped. */
export function readKeyFile(path: string): Keys {
  checkMode(path);
  const keys = new Map<string, KeyObject>();
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      addLine(keys, line.trim(), `${path} line ${index + 1}`);
    });
  if (keys.size === 0) throw new KeyFileError(`${path} holds no key`);
  return keys;
}

/** Makes the file with one fresh key unless it is there. Safe when two processes do so at once: one file wins, and no one reads half of it. */
export function createKeyFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = writeDraft(path, newLine());
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  syncFolder(path);
}

/** Puts a fresh key in front. The file is replaced as a whole, so a reader sees the old keys or all of them. */
export function addKey(path: string): void {
  readKeyFile(path);
  renameSync(writeDraft(path, newLine() + readFileSync(path, 'utf8')), path);
  syncFolder(path);
}

/** True when nothing is at that path. */
export function isMissing(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) === undefined;
}

function addLine(keys: Map<string, KeyObject>, line: string, place: string): void {
  if (line === '' || line.startsWith('#')) return;
  const [, id = '', text = ''] = linePattern.exec(line) ?? [];
  const bytes = Buffer.from(text, 'base64');
  // Node's decoder skips what it does not know and ignores stray bits: only an exact round trip is the key that was meant.
  if (bytes.length !== keyBytes || bytes.toString('base64') !== text) {
    throw new KeyFileError(`${place}: expected <id>:<base64 of exactly ${keyBytes} bytes>`);
  }
  if (keys.has(id)) throw new KeyFileError(`${place}: the key id was used before`);
  keys.set(id, createSecretKey(bytes));
}

function checkMode(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new KeyFileError(`${path} does not exist; it must hold the keys that encrypt secrets at rest`);
  if (!stat.isFile()) throw new KeyFileError(`${path} is not a file`);
  if ((stat.mode & 0o077) !== 0) throw new KeyFileError(`${path} can be read by others; run: chmod 600 ${path}`);
}

function newLine(): string {
  return `k${randomBytes(6).toString('hex')}:${randomBytes(keyBytes).toString('base64')}\n`;
}

function writeDraft(path: string, text: string): string {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(draft, 0o600);
  return draft;
}

/** A new name survives a power cut only once its folder is on disk, and without the key no secret can ever be read again. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
