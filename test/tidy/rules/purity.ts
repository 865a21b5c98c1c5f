import { complain, isProduct, type Node, nodesOf, type SourceFile, type Violation } from '../source.ts';

/** What a plugin must be given, and may not take: the network, the clock, chance, the environment, timers. */
const forbiddenNames = new Set([
  'fetch',
  'process',
  'WebSocket',
  'XMLHttpRequest',
  'EventSource',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'eval',
  'Function',
]);
const forbiddenMembers = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'crypto.getRandomValues',
  'crypto.randomUUID',
  'crypto.randomBytes',
]);
const forbiddenImports = new Set(['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'randomFill', 'webcrypto']);

const floatWords = new Set(['parseFloat', 'toFixed', 'toPrecision', 'toExponential']);

/** Plugins get time, chance and network as arguments, so that a vendor's samples can be replayed. */
export function pluginsAskForNothing(files: readonly SourceFile[]): readonly Violation[] {
  const own = files.filter(({ path }) => /^plugins\/[^/]+\/[^/]+\/(?!test\/|simulator\/)/.test(path));
  return own.flatMap((file) => nodesOf(file.program).flatMap((node) => reachOut(node).map((what) => complain(file, node, `uses ${what}`))));
}

function reachOut(node: Node): readonly string[] {
  const name = `${node['name']}`;
  if (node.type === 'ImportExpression') return ['import()'];
  if (node.type === 'NewExpression' && calls(node, 'Date') && (node['arguments'] as Node[]).length === 0) return ['new Date()'];
  if (node.type === 'ImportSpecifier' && forbiddenImports.has(`${(node['imported'] as Node)['name']}`))
    return [`${(node['imported'] as Node)['name']}`];
  if (node.type === 'MemberExpression') return [memberName(node)].filter((member) => forbiddenMembers.has(member));
  if (node.type === 'CallExpression' || node.type === 'NewExpression') return [...forbiddenNames].filter((global) => calls(node, global));
  return node.type === 'Identifier' && name === 'process' ? [name] : [];
}

function calls(node: Node, name: string): boolean {
  const callee = node['callee'] as Node;
  return callee.type === 'Identifier' && callee['name'] === name;
}

function memberName(node: Node): string {
  const [object, property] = [node['object'] as Node, node['property'] as Node];
  return `${object['name']}.${property['name']}`;
}

/** State has an owner that is made, passed on and ended; a module has none of that. */
export function modulesHoldNoState(files: readonly SourceFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => isProduct(path))
    .flatMap((file) => {
      const top = ((file.program?.['body'] ?? []) as Node[]).map((node) => (node['declaration'] as Node | null | undefined) ?? node);
      return top.filter((node) => node.type === 'VariableDeclaration').flatMap((node) => findState(file, node));
    });
}

function findState(file: SourceFile, node: Node): readonly Violation[] {
  if (node['kind'] !== 'const') return [complain(file, node, `a module-level ${node['kind']}`)];
  return (node['declarations'] as Node[])
    .filter(startsEmpty)
    .map((one) => complain(file, one, 'a module-level collection that starts empty'));
}

/** What is empty at the start and constant in name can only be meant to be filled later. */
function startsEmpty(declarator: Node): boolean {
  const value = declarator['init'] as Node | null;
  if (value?.type === 'ArrayExpression') return (value['elements'] as Node[]).length === 0;
  if (value?.type === 'ObjectExpression') return (value['properties'] as Node[]).length === 0;
  if (value?.type !== 'NewExpression') return false;
  const isCollection = ['Map', 'Set', 'WeakMap', 'WeakSet'].some((name) => calls(value, name));
  return isCollection && (value['arguments'] as Node[]).length === 0;
}

/** `X509Certificate.toLegacyObject` ends the process with a segmentation fault on certificates that strangers can make. */
export function noCertificateKillsTheProcess(files: readonly SourceFile[]): readonly Violation[] {
  const others = files.filter(({ path }) => !path.startsWith('test/tidy/'));
  return others.flatMap((file) => {
    const found = nodesOf(file.program).filter((node) => node['name'] === 'toLegacyObject' || node['value'] === 'toLegacyObject');
    const places = new Map(found.map((node) => [node.start, node]));
    return [...places.values()].map((node) => complain(file, node, 'uses toLegacyObject, which can crash the process'));
  });
}

/** Money is whole minor units. No place needs a fraction of it, or a function that makes one. */
export function nothingIsFloated(files: readonly SourceFile[]): readonly Violation[] {
  const product = files.filter(({ path }) => /^(core|plugins|simulator)\//.test(path) && isProduct(path));
  return product.flatMap((file) => {
    const found = nodesOf(file.program).filter((node) => node.type === 'Identifier' && floatWords.has(`${node['name']}`));
    return found.map((node) => complain(file, node, `uses ${node['name']}`));
  });
}

/** What is in the ledger stays as it was written: a mistake is put right by another entry. */
export function postingsAreNeverChanged(files: readonly SourceFile[]): readonly Violation[] {
  const product = files.filter(({ path }) => /^(core|plugins|scripts)\//.test(path) && isProduct(path));
  return product.flatMap((file) =>
    [...file.text.matchAll(/\b(UPDATE|DELETE FROM|REPLACE INTO|TRUNCATE( TABLE)?)\s+ledger_postings\b/gi)].map((match) =>
      complain(file, { start: match.index }, 'changes or deletes postings of the ledger'),
    ),
  );
}

/** Money is no place for `* 100`: how many decimals a currency has is in a table. */
export function moneyIsNotScaledByHand(files: readonly SourceFile[]): readonly Violation[] {
  const product = files.filter(
    ({ path }) => /^(plugins|simulator|core\/(money|payments|refunds|ledger|contract|channels))/.test(path) && isProduct(path),
  );
  return product.flatMap((file) => {
    const scaled = nodesOf(file.program).filter(
      (node) => node.type === 'BinaryExpression' && /^[*/]$/.test(`${node['operator']}`) && hasHundred(node),
    );
    return scaled.map((node) => complain(file, node, 'multiplies or divides by 100'));
  });
}

function hasHundred(node: Node): boolean {
  return [node['left'], node['right']].some((side) => (side as Node)['value'] === 100);
}
