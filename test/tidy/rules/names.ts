import { complain, type Node, nodesOf, type SourceFile, type Violation } from '../source.ts';

/** Names that say nothing of what a thing does. */
const emptyWord = /(^|[a-z0-9])(Service|Manager|Helper|Util)s?(?=$|[A-Z0-9])/;
const emptyFile = /(^|[/-])(service|manager|helper|util)s?(?=[-./]|$)/;

const declaring = /^(ClassDeclaration|FunctionDeclaration|TSInterfaceDeclaration|TSTypeAliasDeclaration|VariableDeclarator)$/;

/** Classes, types, functions and variables are called for what they do. */
export function namesSaySomething(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap((file) => {
    const declared = nodesOf(file.program).filter((node) => declaring.test(node.type));
    return declared.flatMap((node) => {
      const name = `${(node['id'] as Node | null)?.['name'] ?? ''}`;
      return emptyWord.test(name) ? [complain(file, node, `the name ${name} says nothing`)] : [];
    });
  });
}

/** Files likewise, in kebab-case. */
export function filesAreNamedPlainly(files: readonly SourceFile[]): readonly Violation[] {
  const code = files.filter(({ path }) => path.endsWith('.ts'));
  return code.flatMap(({ path }) => {
    if (emptyFile.test(path)) return [`${path}: the file's name says nothing`];
    return /^[a-z0-9./-]+$/.test(path) ? [] : [`${path}: not in kebab-case`];
  });
}

/** Places where the word belongs: the header names and the title of a published standard, and a key of OpenAPI 3.1. */
const standardUses = /webhook-(id|timestamp|signature)|Standard Webhooks/g;

/** The kernel says Callback (channel to us) and Notification (us to merchant): the other word means both. */
export function coreSaysCallbackOrNotification(files: readonly SourceFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => path.startsWith('core/') && path.endsWith('.ts'))
    .flatMap((file) => {
      const allowed = /^core\/http\/(openapi|docs)/.test(file.path) ? [standardUses, /\bwebhooks\b/g] : [standardUses];
      const rest = allowed.reduce((text, use) => text.replace(use, blank), file.text);
      return [...rest.matchAll(/webhook/gi)].map((match) =>
        complain(file, { start: match.index }, 'says webhook: is it a Callback or a Notification?'),
      );
    });
}

/** Spaces of the same length, so that positions stay. */
function blank(text: string): string {
  return ' '.repeat(text.length);
}
