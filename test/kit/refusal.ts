import { expect } from 'chai';
import { type ErrorCode, errors } from '../../core/errors.ts';
import type { Reader } from '../../core/store/database.ts';
import type { Answer } from './paymux.ts';
import { takeStock } from './rows.ts';

/** What a refusal has to say. `faults` are all its faults, as `param: code`, in any order. */
export interface ExpectedRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly param?: string;
  readonly faults?: readonly string[];
}

type Send = (headers: Readonly<Record<string, string>>) => Promise<Answer>;

/** Sends a bad request in both languages, and holds every promise about refusals against the answers and the database. */
export async function expectRefused(database: Reader, send: Send, expected: ExpectedRefusal): Promise<void> {
  const before = await takeStock(database);
  const english = await send({ 'accept-language': 'en', 'x-request-id': 'asked-in-english' });
  const chinese = await send({ 'accept-language': 'zh-CN' });
  expect(english.headers.get('x-request-id')).to.equal('asked-in-english');
  for (const answer of [english, chinese]) expectProblem(answer, expected);
  const chineseLetters = /[一-鿿]/;
  expect(english.text).to.not.match(chineseLetters);
  expect(chinese.body.detail).to.match(chineseLetters);
  for (const fault of chinese.body.errors ?? []) expect(fault.detail).to.match(chineseLetters);
  expect(await takeStock(database), 'rows before and after').to.deep.equal(before);
}

/** Holds one answer against RFC 9457 and the table of codes. */
export function expectProblem(answer: Answer, expected: ExpectedRefusal): void {
  const { body } = answer;
  expect([answer.status, body.code], answer.text.slice(0, 300)).to.deep.equal([expected.status, expected.code]);
  expect(answer.status).to.be.lessThan(expected.status >= 500 ? 600 : 500);
  expect(answer.headers.get('content-type')).to.equal('application/problem+json');
  expect(answer.headers.get('x-request-id')).to.equal(body.request_id);
  expect(body.type).to.match(new RegExp(`#${expected.code}$`));
  expect(body).to.include({ status: expected.status, advice: errors[expected.code].advice });
  expect(body.title).to.be.a('string').and.not.equal('');
  if (expected.param !== undefined) expect(body.param, answer.text).to.equal(expected.param);
  const faults = (body.errors ?? []).map((fault: { param: string; code: string }) => `${fault.param}: ${fault.code}`);
  if (expected.faults !== undefined) expect(faults, answer.text).to.have.members([...expected.faults]);
  expect(answer.text).to.not.match(/sk_(test|live)_|SELECT |INSERT |\bat .+:\d+:\d+|node_modules|\.ts\b/);
}
