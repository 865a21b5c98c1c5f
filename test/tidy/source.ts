import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A node of the syntax tree, as far as the rules look into it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The syntax tree; null for what is not TypeScript. */
  readonly program: Node | null;
}

/** Something that a rule does not allow: where, and what. */
export type Violation = string;

/** A rule looks at all files at once, because some compare files with each other. */
export type Rule = (files: readonly SourceFile[]) => readonly Violation[];

const skipped = new Set(['node_modules', '.git', 'data', 'test-results', 'coverage', 'fixtures']);
const textual = /(\.(ts|js|mjs|json|md|yaml|yml|sh|sql|html|css|xml|txt)|(^|\/)(Dockerfile|LICENSE|\.\w+|start|test|run))$/;

/** A file with its syntax tree. A file that cannot be parsed is a fault of its own. */
export function openSource(path: string, text: string): SourceFile {
  if (!path.endsWith('.ts')) return { path, text, program: null };
  const parsed = parseSync(path, text, { lang: 'ts', sourceType: 'module' });
  const fault = parsed.errors[0];
  if (fault !== undefined) throw new Error(`${path}: ${fault.message}`);
  return { path, text, program: parsed.program as unknown as Node };
}

/** All text files and pictures under a folder, dependencies and data left out. */
export function readSources(root: string, folder = ''): readonly SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : readSources(root, path);
    if (!entry.isFile() || skipped.has(entry.name)) return [];
    // Of a picture the rules look at the name alone: pages link to it.
    if (path.endsWith('.png')) return [{ path, text: '', program: null }];
    return textual.test(path) ? [openSource(path, readFileSync(join(root, path), 'utf8'))] : [];
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The nodes directly below one. */
export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));
}

/** Every node below one, itself included. */
export function nodesOf(node: Node | null): readonly Node[] {
  const found: Node[] = [];
  const waiting = node === null ? [] : [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next);
    waiting.push(...childrenOf(next));
  }
  return found;
}

/** The line of a position, counted from 1. */
export function lineOf(file: SourceFile, position: number): number {
  return file.text.slice(0, position).split('\n').length;
}

/** Says where a node is and what is wrong with it. */
export function complain(file: SourceFile, node: { readonly start: number }, message: string): Violation {
  return `${file.path}:${lineOf(file, node.start)}: ${message}`;
}

/** Code that is ours to run: neither tests nor what only tests use. */
export function isProduct(path: string): boolean {
  return /^(core|plugins|simulator|scripts)\//.test(path) && path.endsWith('.ts') && !/(^|\/)test\//.test(path);
}
