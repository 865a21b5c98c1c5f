import { answerOnce, type Outcome } from '../../once.ts';
import { findRoute, headerOf, type Route, readJson } from '../../requests.ts';
import type { Done, Twist, Vendor, Wire } from '../../types.ts';
import { makeCaller, makeTill } from './caller.ts';
import type { AdyenWorld } from './keys.ts';
import { type AdyenRequest, createLink, createSession, expireLink, readLink } from './links.ts';
import { problem, unauthorized } from './problems.ts';
import { createRefund, resumeRefunds } from './refunds.ts';

type Run = (world: AdyenWorld, request: AdyenRequest, twist: Twist) => Outcome;

const longestKey = 64;
const routes: readonly Route<Run>[] = [
  ['POST', /^\/v72\/paymentLinks$/, 'pay', createLink],
  ['GET', /^\/v72\/paymentLinks\/([^/]+)$/, 'query', readLink],
  ['PATCH', /^\/v72\/paymentLinks\/([^/]+)$/, 'close', expireLink],
  ['POST', /^\/v72\/sessions$/, 'pay', createSession],
  ['POST', /^\/v72\/payments\/([^/]+)\/refunds$/, 'refund', createRefund],
];

const merchantOf = (world: AdyenWorld, wire: Wire) => world.keys.merchants.find(({ apiKey }) => apiKey === headerOf(wire, 'x-api-key'));

/** Runs the endpoint of a request, or says again what its idempotency key has been answered. */
function carryOut(world: AdyenWorld, wire: Wire, twist: Twist): Done {
  const merchant = merchantOf(world, wire);
  if (merchant === undefined) return { answer: unauthorized() };
  const found = findRoute(routes, wire);
  if (found === null) return { answer: problem(404, '000', 'validation', 'Not found') };
  const content = wire.method === 'GET' ? null : readJson(wire);
  if (content === undefined) return { answer: problem(400, '702', 'validation', 'Unexpected input') };
  const key = wire.method === 'POST' ? headerOf(wire, 'idempotency-key') : null;
  if (key !== null && key.length > longestKey) return { answer: problem(422, '702', 'validation', 'Idempotency-Key is too long') };
  const request = { account: merchant.account, content, id: found.parts[0] ?? '' };
  const conflict = () => problem(422, '704', 'validation', 'request already processed or in progress');
  const asked = { account: merchant.account, key, content: Buffer.concat([Buffer.from(`${wire.path}\n`), wire.body]), twist };
  return answerOnce(world, asked, { conflict }, () => found.run(world, request, twist));
}

/** Adyen's Checkout API as a merchant's server sees it: JSON both ways, nothing signed but the callbacks. */
export function makeAdyen(world: AdyenWorld): Vendor {
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found ? { operation: found.operation, account: merchantOf(world, wire)?.account ?? null } : null;
    },
    execute: async (wire, twist) => carryOut(world, wire, twist),
    async fail(_wire, trouble, code) {
      if (trouble === 'http_500') return problem(500, '903', 'internal', 'Something went wrong on the simulated side.');
      if (trouble === 'rate_limited') return problem(429, '000', 'security', 'Too many requests');
      return problem(422, code ?? '905', 'configuration', 'Payment details are not supported');
    },
    resume: (order) => resumeRefunds(world, order),
    ...makeCaller(world),
    ...makeTill(world),
  };
}
