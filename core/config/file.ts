import { parseDocument } from 'yaml';
import type { ConfigFault } from './fault.ts';

type Parsed = { readonly kind: 'parsed'; readonly value: unknown } | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

/** Reads a YAML document strictly: no duplicate keys, no aliases, no tags that make anything but plain data. */
export function parseFile(name: string, text: string): Parsed {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) return { kind: 'faults', faults: problems.map((problem) => fileFault(name, text, problem)) };
  try {
    return { kind: 'parsed', value: document.toJS({ maxAliasCount: 0 }) ?? {} };
  } catch {
    return { kind: 'faults', faults: [{ ...noAliases, path: name }] };
  }
}

const noAliases = { expected: 'YAML without aliases', got: 'an alias', example: 'port: 8080', doc: 'Write the value out in each place.' };

/** The line is told and not its text, which may hold a secret. */
function fileFault(name: string, text: string, problem: { readonly code: string; readonly pos: readonly [number, number] }): ConfigFault {
  const line = text.slice(0, problem.pos[0]).split('\n').length;
  return {
    path: `${name}, line ${line}`,
    expected: 'valid YAML',
    got: problem.code.toLowerCase().replaceAll('_', ' '),
    example: 'port: 8080',
    doc: 'Two spaces of indentation, each key once.',
  };
}
