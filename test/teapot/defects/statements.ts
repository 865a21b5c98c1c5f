import type { StatementLine } from '../../../core/contract/statement.ts';
import { type Defect, doing } from '../spoil.ts';

/** Reads the lines of a statement, and gives others. */
const giving = (change: (lines: AsyncIterable<StatementLine>) => AsyncIterable<StatementLine>) =>
  doing((own) => ({ readStatement: (document) => change(own.readStatement?.(document) as AsyncIterable<StatementLine>) }));

const each = (change: (line: StatementLine, at: number) => StatementLine | null) =>
  giving(async function* (lines) {
    let at = 0;
    for await (const line of lines) {
      const changed = change(line, at);
      at += 1;
      if (changed !== null) yield changed;
    }
  });

async function gather(content: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return chunks;
}

async function* inOne(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

export const statementDefects: readonly Defect[] = [
  { name: 'a statement loses its first line', seenBy: /a line for every payment/, spoil: each((line, at) => (at === 0 ? null : line)) },
  {
    name: 'a statement has a line twice',
    seenBy: /a line for every payment/,
    spoil: giving(async function* (lines) {
      for await (const line of lines) yield* line.kind === 'payment' ? [line, line] : [line];
    }),
  },
  { name: 'a statement loses refunds', seenBy: /a line for every refund/, spoil: each((line) => (line.kind === 'refund' ? null : line)) },
  {
    name: 'a refund comes in',
    seenBy: /a line for every refund/,
    spoil: each((line) => ({ ...line, gross: { ...line.gross, amount: Math.abs(line.gross.amount) } })),
  },
  {
    name: 'a statement has the numbers of another day',
    seenBy: /a time of that day/,
    spoil: each((line) => ({ ...line, occurredAt: new Date(line.occurredAt.getTime() + 8 * 3600_000) })),
  },
  {
    name: 'half a statement is one',
    seenBy: /is none when it breaks off/,
    spoil: giving(async function* (lines) {
      try {
        yield* lines;
      } catch {
        return;
      }
    }),
  },
  {
    name: 'what is no statement is read as one without lines',
    seenBy: /of another form is refused/,
    spoil: doing((own) => ({
      async *readStatement(document) {
        const content = Buffer.concat(await gather(document.content));
        if (!content.toString().startsWith('merchant,')) return;
        yield* own.readStatement?.({ ...document, content: inOne(content) }) ?? [];
      },
    })),
  },
  {
    name: 'a statement of another merchant is read as its own',
    seenBy: /another account's/,
    spoil: doing((_, { config, openFor }) => ({
      async *readStatement(document) {
        const text = Buffer.concat(await gather(document.content)).toString();
        const merchant = /^merchant,(\d+)/.exec(text)?.[1] ?? config.merchant;
        const content = inOne(Buffer.from(text));
        yield* openFor({ ...config, merchant }).readStatement?.({ ...document, content }) ?? [];
      },
    })),
  },
  {
    name: 'a day that could not be asked for was empty',
    seenBy: /answered by (http_500|drop|hang)/,
    spoil: doing((own) => ({
      async fetchStatement(day, call) {
        const outcome = await own.fetchStatement?.(day, call);
        return outcome?.kind === 'ready' ? outcome : { kind: 'empty' };
      },
    })),
  },
];
