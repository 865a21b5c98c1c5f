import { readYaml } from '../yaml.ts';
import type { ConfigFault } from './fault.ts';

type Parsed = { readonly kind: 'parsed'; readonly value: unknown } | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

/** Reads the text of a configuration file. */
export function parseFile(name: string, text: string): Parsed {
  const read = readYaml(text, 'typed');
  if (read.kind === 'read') return { kind: 'parsed', value: read.value ?? {} };
  const doc = 'Two spaces of indentation, each key once, values written out instead of aliases.';
  const fault = { path: `${name}, line ${read.line}`, expected: 'valid YAML', got: read.what, example: 'port: 8080', doc };
  return { kind: 'faults', faults: [fault] };
}
