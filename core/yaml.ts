import { CORE_SCHEMA, FAILSAFE_SCHEMA, loadAll, YAMLException } from 'js-yaml';

/** A document as plain data; or what is wrong with it, without a word of its text, which may hold a secret. */
export type ReadYaml =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'broken'; readonly line: number; readonly what: string };

/**
 * Reads one YAML document strictly: no key twice, no aliases, which grow without end, and no tags that make anything but plain
 * data. `typed` makes numbers and flags of scalars; with `text` each stays as it was written. An empty document is null.
 */
export function readYaml(text: string, scalars: 'text' | 'typed'): ReadYaml {
  try {
    const [value = null, ...others] = loadAll(text, { schema: scalars === 'text' ? FAILSAFE_SCHEMA : CORE_SCHEMA, maxAliases: 0 });
    return others.length === 0 ? { kind: 'read', value } : { kind: 'broken', line: 1, what: 'more than one document' };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { kind: 'broken', line: (error.mark?.line ?? 0) + 1, what: sayReason(error.reason) };
  }
}

/** The library's words up to where it quotes the text. */
const sayReason = (reason: string) => (reason.startsWith('aliases ') ? 'an alias' : reason.replace(/(: | ?["<!]).*$/s, ''));
