import { complain, type SourceFile, type Violation } from '../source.ts';

/** Written in pieces, because this file is held to its own rules. */
const promises = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK'].join('|')})\\b`, 'g');
const machinePaths = new RegExp(`(?<![\\w<.])/(${['wo' + 'rk', 'ro' + 'ot', 'ho' + 'me', 'Us' + 'ers'].join('|')})/[\\w.-]`, 'g');
const registryHosts = /\b(registry|npm|mirrors?)\.[a-z0-9-]+\.(org|com|cn|io|net)\b/gi;

function findAll(files: readonly SourceFile[], pattern: RegExp, message: string): readonly Violation[] {
  return files.flatMap((file) =>
    [...file.text.matchAll(pattern)].map((match) => complain(file, { start: match.index }, `${message}: ${match[0]}`)),
  );
}

/** What is not done is not in the repository. */
export function nothingIsPromised(files: readonly SourceFile[]): readonly Violation[] {
  return findAll(files, promises, 'a promise instead of code');
}

/** The repository works wherever it is cloned. */
export function noMachineIsNamed(files: readonly SourceFile[]): readonly Violation[] {
  return findAll(files, machinePaths, 'a path of one machine');
}

/** Packages come from wherever the machine is told to get them. */
export function noRegistryIsNamed(files: readonly SourceFile[]): readonly Violation[] {
  const resolved = files
    .filter(({ path }) => path === 'package-lock.json')
    .flatMap((file) => findAll([file], /"resolved": /g, 'an address in the lock file'));
  return [...findAll(files, registryHosts, 'a package registry'), ...resolved];
}
