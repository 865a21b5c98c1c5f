import { answerOnce, type Outcome } from '../../once.ts';
import { endRefund } from '../../orders.ts';
import { basicOf, findRoute, headerOf, type Route, readJson } from '../../requests.ts';
import type { Answer, Done, Twist, Vendor, Wire } from '../../types.ts';
import { makeCaller, makeTill } from './caller.ts';
import type { XenditMerchant, XenditWorld } from './keys.ts';
import { createPaymentRequest, createRefund, listPaymentRequests, problem, readPaymentRequest, readRefund } from './payments.ts';
import { listTransactions } from './transactions.ts';

interface Found {
  readonly wire: Wire;
  readonly parts: readonly string[];
  readonly merchant: XenditMerchant;
  readonly twist: Twist;
}
type Run = (world: XenditWorld, found: Found) => Done;
type Create = (world: XenditWorld, merchant: XenditMerchant, body: unknown, twist: Twist) => Outcome;

/** Carries a request out once for its key. The key is one for the whole account, whatever the address. */
const once =
  (create: Create): Run =>
  (world, { wire, merchant, twist }) => {
    const key = headerOf(wire, 'idempotency-key');
    if (key !== null && key.length > 255) return { answer: problem(400, 'API_VALIDATION_ERROR', 'idempotency-key is too long') };
    const body = readJson(wire);
    if (body === undefined) return { answer: problem(400, 'INVALID_JSON_FORMAT', 'The body is not JSON.') };
    const asked = { account: merchant.businessId, key, content: Buffer.concat([Buffer.from(wire.path), wire.body]), twist };
    const conflict = () => problem(409, 'IDEMPOTENCY_ERROR', 'The key was used with another body.');
    return answerOnce(world, asked, { conflict }, () => create(world, merchant, body, twist));
  };

const routes: readonly Route<Run>[] = [
  ['POST', /^\/payment_requests$/, 'pay', once(createPaymentRequest)],
  ['GET', /^\/payment_requests$/, 'query', (world, { wire, merchant, twist }) => listPaymentRequests(world, merchant, wire.query, twist)],
  [
    'GET',
    /^\/payment_requests\/([^/]+)$/,
    'query',
    (world, { parts, merchant, twist }) => readPaymentRequest(world, merchant, parts[0] ?? '', twist),
  ],
  ['GET', /^\/transactions$/, 'statement', (world, { wire, merchant }) => listTransactions(world, merchant, wire.query)],
  ['POST', /^\/refunds$/, 'refund', once(createRefund)],
  ['GET', /^\/refunds\/([^/]+)$/, 'query', (world, { parts, merchant, twist }) => readRefund(world, merchant, parts[0] ?? '', twist)],
];

/** The key is the user, and the password is empty. */
function merchantOf(world: XenditWorld, wire: Wire): XenditMerchant | undefined {
  const given = basicOf(wire);
  return given?.password === '' ? world.keys.find(({ secretKey }) => secretKey === given.user) : undefined;
}

/** Trouble and declines in Xendit's words. */
function toFailure(wire: Wire, trouble: 'http_500' | 'rate_limited' | 'decline', code: string | null): Answer {
  if (trouble === 'http_500') return problem(500, 'SERVER_ERROR', 'Something went wrong on the simulated side.');
  if (trouble === 'rate_limited') return problem(429, 'RATE_LIMIT_EXCEEDED', 'Too many requests.');
  const usual = findRoute(routes, wire)?.operation === 'refund' ? 'REFUND_NOT_SUPPORTED' : 'INSUFFICIENT_BALANCE';
  return problem(400, code ?? usual, 'The request was declined.');
}

/** Xendit's API as a merchant's server sees it: JSON in and out, and a secret key with every request. */
export function makeXendit(world: XenditWorld): Vendor {
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(world, wire)?.businessId ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(world, wire);
      if (merchant === undefined) return { answer: problem(401, 'INVALID_API_KEY', 'API key is not authorized.') };
      const found = findRoute(routes, wire);
      if (found === null) return { answer: problem(404, 'NOT_FOUND', 'There is no such address.') };
      return found.run(world, { wire, parts: found.parts, merchant, twist });
    },
    fail: async (wire, trouble, code) => toFailure(wire, trouble, code),
    resume(order) {
      for (const refund of order.refunds) void endRefund(world, order, refund);
    },
    ...makeCaller(world),
    ...makeTill(world),
  };
}
