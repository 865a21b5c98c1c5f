import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome } from '../../../core/contract/outcome.ts';
import type { SampleAccount } from './index.ts';
import { sign } from './sign.ts';

/** What is sent, signed. The number is the vendor's name for the attempt: a repeat carries the same. */
function writeOrder({ merchant, secret }: SampleAccount, { number, money, callbackUrl }: PayRequest) {
  const body = JSON.stringify({ merchant, number, amount: money.amount, currency: money.currency, callback: callbackUrl });
  return { body, headers: { 'content-type': 'application/json', 'x-signature': sign(secret, body) } };
}

/** Asks the vendor for an order. */
export async function pay(account: SampleAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const sent = await call.http({ method: 'POST', url: `${account.baseUrl}/orders`, ...writeOrder(account, request) });
  if (sent.kind !== 'answered') return sent;
  if (sent.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  throw new Error('step 2, pay.ts: read the answer to an order, verify it, and answer the action that the shopper takes');
}

/** Asks the vendor what became of an attempt. What is not known for certain is `unknown`. */
export async function query(account: SampleAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const path = `/orders/${attempt.number}`;
  const headers = { 'x-signature': sign(account.secret, path) };
  const sent = await call.http({ method: 'GET', url: `${account.baseUrl}${path}`, headers });
  if (sent.kind !== 'answered') return sent;
  if (sent.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  throw new Error('step 3, pay.ts: read the state of an order, with amount, currency and numbers out of the answer');
}
