import { draftOrder } from '../../orders.ts';
import { type Route, readJson } from '../../requests.ts';
import type { Answer } from '../../types.ts';
import { good, type Handler, isAmount, type Json, newId, problem, textOf } from './common.ts';
import type { PaystackWorld } from './index.ts';
import { describeTransaction } from './objects.ts';
import { makeRefundRoutes } from './refunds.ts';
import { listTransactions } from './transactions.ts';

const currencies: readonly unknown[] = ['NGN', 'GHS', 'KES', 'USD', 'ZAR'];
const yearMs = 365 * 24 * 3600_000;

/** The first fault of a request for a page; null when there is none. */
function faultOf(json: Json): Answer | null {
  const known = ['email', 'amount', 'currency', 'reference', 'callback_url', 'metadata', 'channels'];
  const stray = Object.keys(json).find((name) => !known.includes(name));
  if (stray !== undefined) return problem(400, 'invalid_params', `Unknown field ${stray}`);
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(textOf(json['email'])))
    return problem(400, 'invalid_email_address', 'Invalid Email Address Passed');
  if (!isAmount(json['amount'])) return problem(400, 'invalid_amount', 'Invalid Amount Sent');
  if (!currencies.includes(json['currency'])) return problem(400, 'unsupported_currency', 'Currency not supported by merchant');
  const reference = json['reference'];
  const isReference = typeof reference === 'string' && /^[A-Za-z0-9.=-]{1,100}$/.test(reference);
  return isReference ? null : problem(400, 'invalid_reference', 'Reference contains invalid characters');
}

export function makeRoutes(world: PaystackWorld): readonly Route<Handler>[] {
  const initialize: Handler = ({ wire, merchant }) => {
    const json = readJson(wire);
    if (typeof json !== 'object' || json === null) return { answer: problem(400, 'invalid_params', 'Send JSON') };
    const fault = faultOf(json as Json);
    if (fault !== null) return { answer: fault };
    const { reference, amount, currency, callback_url: returnUrl, metadata } = json as Json;
    if (world.store.findOrder(world.channel, merchant.publicKey, String(reference)) !== undefined) {
      return { answer: problem(400, 'duplicate_reference', 'Duplicate Transaction Reference') };
    }
    const order = draftOrder(world, {
      account: merchant.publicKey,
      number: String(reference),
      product: 'checkout',
      vendorNo: newId(),
      amount: amount as number,
      currency: String(currency),
      subject: textOf((metadata as Json | undefined)?.['subject']),
      // The page has no end.
      expiresAt: world.now() + yearMs,
      returnUrl: typeof returnUrl === 'string' ? returnUrl : null,
    });
    world.store.save(order);
    const data = { authorization_url: world.payPage(order), access_code: order.token, reference: order.number };
    return { answer: good('Authorization URL created', data), order };
  };

  const verify: Handler = ({ parts, merchant, twist }) => {
    const order = world.store.findOrder(world.channel, merchant.publicKey, parts[0] ?? '');
    const isHidden = order !== undefined && world.now() - order.createdAt < twist.notFoundUntilMs;
    if (order === undefined || isHidden) return { answer: problem(400, 'transaction_not_found', 'Transaction reference not found.') };
    return { answer: good('Verification successful', describeTransaction(order, twist)), order };
  };

  return [
    ['POST', /^\/transaction\/initialize$/, 'pay', initialize],
    ['GET', /^\/transaction\/verify\/([^/]+)$/, 'query', verify],
    ['GET', /^\/transaction$/, 'statement', listTransactions(world)],
    ...makeRefundRoutes(world),
  ];
}
