import { childrenOf, complain, isProduct, lineOf, type Node, nodesOf, type SourceFile, type Violation } from '../source.ts';

const maxFileLines = 400;
const maxMedianLines = 120;
const maxFunctionLines = 70;
const maxNesting = 3;
const maxDepth = 4;

const functionTypes = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;
const controlTypes =
  /^(IfStatement|ForStatement|ForInStatement|ForOfStatement|WhileStatement|DoWhileStatement|SwitchStatement|TryStatement)$/;
const sized = /\.(ts|sh|js|css|html)$|^scripts\/(start|test)$/;

function linesOf(file: SourceFile): number {
  return file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
}

/** A file that fits into a head. */
export function filesAreShort(files: readonly SourceFile[]): readonly Violation[] {
  const long = files.filter((file) => sized.test(file.path) && linesOf(file) > maxFileLines);
  return long.map((file) => `${file.path}: ${linesOf(file)} lines, at most ${maxFileLines}`);
}

/** Most files are short. */
export function mostFilesAreShorter(files: readonly SourceFile[]): readonly Violation[] {
  const sizes = files.filter(({ path }) => isProduct(path)).map(linesOf);
  const median = sizes.sort((a, b) => a - b)[sizes.length >> 1] ?? 0;
  return median > maxMedianLines ? [`the median file has ${median} lines, at most ${maxMedianLines}`] : [];
}

/** A function that fits on a screen. The blocks of a test file are headings, not functions. */
export function functionsAreShort(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap((file) => {
    const headings = new Set(
      nodesOf(file.program)
        .filter(isHeading)
        .flatMap((call) => call['arguments'] as Node[]),
    );
    const functions = nodesOf(file.program).filter((node) => functionTypes.test(node.type) && !headings.has(node));
    return functions.flatMap((node) => {
      const lines = lineOf(file, node.end) - lineOf(file, node.start) + 1;
      return lines > maxFunctionLines ? [complain(file, node, `a function of ${lines} lines, at most ${maxFunctionLines}`)] : [];
    });
  });
}

function isHeading(node: Node): boolean {
  const callee = node['callee'] as Node | undefined;
  return node.type === 'CallExpression' && /^(describe|context|forEachDatabase|[a-z]\w*Suite)$/.test(`${callee?.['name']}`);
}

/** Control flow that can be followed. Each function begins again; `else if` is no deeper than its `if`. */
export function controlFlowIsFlat(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap((file) => (file.program === null ? [] : findDeep(file, file.program, 0)));
}

function findDeep(file: SourceFile, node: Node, depth: number): readonly Violation[] {
  const inside = functionTypes.test(node.type) ? 0 : depth;
  const own = controlTypes.test(node.type) ? inside + 1 : inside;
  const here = own > maxNesting && own > inside ? [complain(file, node, `control flow ${own} deep, at most ${maxNesting}`)] : [];
  const below = childrenOf(node).flatMap((child) => {
    const chained = node.type === 'IfStatement' && child === node['alternate'] && child.type === 'IfStatement';
    return findDeep(file, child, chained ? own - 1 : own);
  });
  return [...here, ...below];
}

/** A tree that can be browsed. Recorded test data may lie one folder deeper, in `fixtures`. */
export function foldersAreShallow(files: readonly SourceFile[]): readonly Violation[] {
  const deep = files.filter(({ path }) => path.split('/').length - 1 > maxDepth);
  return deep.map(({ path }) => `${path}: ${path.split('/').length - 1} folders deep, at most ${maxDepth}`);
}
