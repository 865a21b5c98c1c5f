import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { Echo, NotSent, Unknown } from '../../../core/contract/outcome.ts';
import { type Fault, readFault } from './errors.ts';
import { keyOf } from './sign.ts';

/** An opened profile. */
export interface MollieAccount {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly profileId: string;
  readonly webhookSecret: string | null;
  /** Opens what belongs to the organization and not to a profile: its settlements. */
  readonly organizationToken: string | null;
  readonly livemode: boolean;
  readonly kit: Kit;
}

/** One request. With `number`, a repeat of it is taken for the same. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly number?: string;
}

/** An object of Mollie, or an error in its words. Whatever proves neither is an outcome already. */
export type Answer = { readonly kind: 'data'; readonly data: Data } | { readonly kind: 'fault'; readonly fault: Fault } | NotSent | Unknown;

export type Data = Readonly<Record<string, unknown>>;

export async function ask(account: MollieAccount, call: Call, question: Question): Promise<Answer> {
  const answer = await call.http(buildRequest(account, question));
  return answer.kind === 'answered' ? readAnswer(account, answer) : answer;
}

function buildRequest(account: MollieAccount, { method, path, body, number }: Question) {
  const headers: Record<string, string> = {
    accept: 'application/hal+json',
    authorization: `Bearer ${account.apiKey}`,
    'user-agent': 'paymux',
  };
  if (number !== undefined) headers['idempotency-key'] = keyOf(number);
  const url = `${account.baseUrl}${path}`;
  if (body === undefined) return { method, url, headers };
  headers['content-type'] = 'application/json';
  return { method, url, headers, body: JSON.stringify(body) };
}

function readAnswer({ kit }: MollieAccount, answer: WireAnswer): Answer {
  // That a request over the limit is not executed is documented nowhere.
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const data = kit.json(answer.body);
  if (data === null) return { kind: 'unknown', reason: 'unreadable' };
  if (answer.status === 200 || answer.status === 201) return { kind: 'data', data };
  // An error without Mollie's own shape may come from anything in between, and after the request was passed on.
  const fault = readFault(data, answer.status);
  return fault === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'fault', fault };
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** An amount is an object of two texts. */
export function readMoney({ kit }: MollieAccount, amount: unknown): Money | null {
  return isRecord(amount) ? kit.money.fromMajor(amount.value, amount.currency) : null;
}

export function writeMoney({ kit }: MollieAccount, money: Money): Readonly<Record<string, string>> {
  return { currency: money.currency, value: kit.money.toMajor(money) };
}

/** Our number is in the metadata, which only the holder of the API key can write. */
export function readEcho(data: Data, name: string): Echo {
  const { metadata, profileId: merchantNo, mode } = data;
  const number = isRecord(metadata) ? metadata[name] : undefined;
  return {
    ...(isText(number) ? { number } : {}),
    ...(isText(merchantNo) ? { merchantNo } : {}),
    ...(mode === 'live' || mode === 'test' ? { livemode: mode === 'live' } : {}),
  };
}
