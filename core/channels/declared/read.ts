import type { z } from 'zod';
import type { ChannelPlugin } from '../../contract/channel.ts';
import { readYaml } from '../../yaml.ts';
import { manifestFaults } from '../manifest.ts';
import { definitionFaults } from './check.ts';
import { toPlugin } from './plugin.ts';
import { definitionSchema } from './schema.ts';

/** Something that is wrong in a definition, and where: `pay.0.url: …`. */
export type DefinitionFault = string;

export type Read =
  | { readonly kind: 'read'; readonly plugin: ChannelPlugin }
  | { readonly kind: 'faults'; readonly faults: readonly DefinitionFault[] };

/** Forty times the largest that there is: what reads it builds the whole. */
const mostCharacters = 262_144;

/**
 * Reads a definition, YAML or JSON (which is YAML too). Every scalar stays the text that was written,
 * because YAML would make 0 of a status `0000` and false of a `no`.
 */
export function readDefinition(folder: string | null, text: string): Read {
  if (text.length > mostCharacters) return { kind: 'faults', faults: [`the file: has more than ${mostCharacters} characters`] };
  const plain = readYaml(text, 'text');
  if (plain.kind === 'broken') return { kind: 'faults', faults: [`line ${plain.line}: is no valid YAML (${plain.what})`] };
  const read = definitionSchema.safeParse(plain.value, { jitless: true });
  if (!read.success) return { kind: 'faults', faults: read.error.issues.flatMap((issue) => toFaults(issue)) };
  const faults = definitionFaults(read.data);
  if (faults.length > 0) return { kind: 'faults', faults };
  const plugin = toPlugin(read.data);
  const contradictions = manifestFaults(folder, plugin);
  return contradictions.length > 0 ? { kind: 'faults', faults: contradictions } : { kind: 'read', plugin };
}

type Issue = z.core.$ZodIssue;

/** Where the pieces of a choice all fail, the faults of the one that came nearest are the ones to mend. */
function toFaults(issue: Issue, above: readonly PropertyKey[] = []): readonly DefinitionFault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = [...issue.errors].sort((a, b) => distance(a) - distance(b))[0] ?? [];
    return nearest.flatMap((inner) => toFaults(inner, path));
  }
  return [`${path.map(String).join('.') || 'the file'}: ${sayIssue(issue)}`];
}

const distance = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : issue.path.length === 0 ? 100 : 1), 0);

function sayIssue(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `knows no ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'invalid_type' && issue.input === undefined) return `is missing, or no ${issue.expected}`;
  return issue.message;
}
