import type { Call } from '../../../core/contract/kit.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { writeRequest } from './gateway.ts';
import type { Teapot } from './index.ts';

/** `kind,number,order,amount,currency,time` for each movement, after the merchant's line and before the count. */
export async function fetchStatement(teapot: Teapot, day: string, call: Call): Promise<StatementOutcome> {
  const answer = await call.download(writeRequest(teapot, 'GET', `/statement/${day}`));
  if (answer.kind !== 'answered') return answer;
  if (answer.status === 204) return { kind: 'empty' };
  if (answer.status !== 200) return { kind: 'unknown', reason: answer.status >= 500 ? 'server_error' : 'unmapped' };
  const { content } = answer;
  return { kind: 'ready', documents: one({ name: `teapot-${day}.csv`, content }) };
}

async function* one(document: StatementDocument): AsyncIterable<StatementDocument> {
  yield document;
}

export async function* readStatement(teapot: Teapot, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let rows = 0;
  let isWhole = false;
  for await (const { cells, raw, line } of teapot.kit.files.csv(content, { charset: 'utf-8' })) {
    if (isWhole) throw new Error(`line ${line} comes after the end`);
    if (line === 1) checkMerchant(teapot, cells);
    else if (cells[0] === 'end') isWhole = Number(cells[1]) === rows;
    else {
      rows += 1;
      yield readLine(teapot, cells, raw, line);
    }
  }
  if (!isWhole) throw new Error(`the statement breaks off after ${rows} rows`);
}

function checkMerchant({ config }: Teapot, [word, merchant]: readonly string[]): void {
  if (word !== 'merchant' || merchant !== config.merchant) throw new Error('line 1 is not that of a statement of this merchant');
}

function readLine({ kit }: Teapot, cells: readonly string[], raw: string, line: number): StatementLine {
  const [kind, number = '', channelNo = '', amount, currency, time = ''] = cells;
  const money = kit.money.fromMajor(amount, currency);
  const occurredAt = new Date(time);
  const isKnown = kind === 'payment' || kind === 'refund';
  if (!isKnown || money === null || Number.isNaN(occurredAt.getTime())) throw new Error(`line ${line} cannot be read`);
  const gross = kind === 'refund' ? { ...money, amount: -money.amount } : money;
  return { kind, number, channelNo, gross, fee: null, net: null, occurredAt, raw };
}
