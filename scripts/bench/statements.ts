import { readFileSync } from 'node:fs';

/** A statement as the driver got it. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly (string | number | null)[];
}

/** Statements that are committed together; a read outside of a transaction is alone and not `isWriting`. */
export interface Group {
  readonly isWriting: boolean;
  readonly statements: readonly Statement[];
}

interface Line extends Statement {
  readonly connection: number;
}

const begins = ['START TRANSACTION', 'SAVEPOINT job'];
const ends = ['COMMIT', 'RELEASE job'];
/** What SQLite's shared COMMIT adds around the groups. */
const shared = ['BEGIN IMMEDIATE'];

/** The groups of a record that name one of the ids, in order: what one request sent, without the server's other work. */
export function readGroups(file: string, ids: readonly string[]): readonly Group[] {
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const open = new Map<number, Statement[]>();
  const groups: Group[] = [];
  for (const { connection, sql, params } of lines) {
    const started = open.get(connection);
    if (begins.includes(sql)) open.set(connection, []);
    else if (ends.includes(sql) && started !== undefined) {
      groups.push({ isWriting: true, statements: started });
      open.delete(connection);
    } else if (started !== undefined) started.push({ sql, params });
    else if (!shared.includes(sql)) groups.push({ isWriting: false, statements: [{ sql, params }] });
  }
  return groups.filter((group) => group.statements.some(({ params }) => params.some((value) => mentions(value, ids))));
}

function mentions(value: unknown, ids: readonly string[]): boolean {
  return typeof value === 'string' && ids.some((id) => value.includes(id));
}

/** What differs from one create to the next: our ids and numbers, and digests of keys. */
const varying = /[0-9A-HJKMNP-TV-Z]{26}|\b[0-9a-f]{64}\b/g;

/** Makes the statements of the next create: other ids, the same shape. `fixed` ids stay. */
export type Next = (make: { number(): string; digest(): string }) => readonly Group[];

type Piece = (drawn: readonly string[], passedMs: number) => string | number | null;

/** Turns recorded groups into a template, once, so that a replay only joins texts. Times move with the clock. */
export function makeTemplate(groups: readonly Group[], fixed: readonly string[], now: () => number): Next {
  const tokens: string[] = [];
  const recordedAt = now();
  const pieceOf = (value: string | number | null): Piece => {
    if (typeof value === 'number') return isTime(value) ? (_drawn, passedMs) => value + passedMs : () => value;
    if (value === null) return () => null;
    return textPiece(value, tokens, fixed);
  };
  const compiled = groups.map((group) => ({
    isWriting: group.isWriting,
    statements: group.statements.map(({ sql, params }) => ({ sql, pieces: params.map(pieceOf) })),
  }));
  return (make) => {
    const drawn = tokens.map((token) => (token.length === 26 ? make.number() : make.digest()));
    const passedMs = now() - recordedAt;
    return compiled.map(({ isWriting, statements }) => ({
      isWriting,
      statements: statements.map(({ sql, pieces }) => ({ sql, params: pieces.map((piece) => piece(drawn, passedMs)) })),
    }));
  };
}

function textPiece(value: string, tokens: string[], fixed: readonly string[]): Piece {
  const literals: string[] = [];
  const places: number[] = [];
  let from = 0;
  for (const match of value.matchAll(varying)) {
    if (fixed.some((id) => id.endsWith(match[0]))) continue;
    literals.push(value.slice(from, match.index));
    from = match.index + match[0].length;
    if (!tokens.includes(match[0])) tokens.push(match[0]);
    places.push(tokens.indexOf(match[0]));
  }
  const rest = value.slice(from);
  if (places.length === 0) return () => value;
  return (drawn) => literals.map((literal, index) => literal + (drawn[places[index] ?? 0] ?? '')).join('') + rest;
}

/** Milliseconds of this decade and the next. */
function isTime(value: number): boolean {
  return value > 1_600_000_000_000 && value < 2_300_000_000_000;
}
