import { answerOnce, type Outcome } from '../../once.ts';
import { endRefund } from '../../orders.ts';
import { bearerOf, findRoute, headerOf, type Route, readJson } from '../../requests.ts';
import type { Answer, Done, Twist, Vendor, Wire } from '../../types.ts';
import type { MollieProfile, MollieWorld } from './keys.ts';
import { cancelPayment, createPayment, createRefund, problem, readPayment, readRefund } from './payments.ts';
import { listSettled, listSettlements } from './settlements.ts';

type Parts = readonly string[];
type Run = (world: MollieWorld, profile: MollieProfile, parts: Parts, twist: Twist, wire: Wire) => Done;
type Create = (world: MollieWorld, profile: MollieProfile, body: unknown, parts: Parts) => Outcome;

/** The vendor advises a UUID of version 4; its own library for Node sends the base 64 of 18 random bytes. */
const randomText = /^[0-9A-Za-z+/=_-]{16,64}$/;

const once =
  (create: Create): Run =>
  (world, profile, parts, twist, wire) => {
    const key = headerOf(wire, 'idempotency-key');
    if (key !== null && !randomText.test(key)) return { answer: problem(400, 'The Idempotency-Key header is not a random text') };
    const body = readJson(wire);
    if (body === undefined) return { answer: problem(400, 'The body is not JSON') };
    const asked = { account: profile.profileId, key, content: Buffer.concat([Buffer.from(wire.path), wire.body]), twist };
    const conflict = () => problem(400, 'The idempotency key was used for another request');
    return answerOnce(world, asked, { conflict }, () => create(world, profile, body, parts));
  };

const routes: readonly Route<Run>[] = [
  ['POST', /^\/v2\/payments$/, 'pay', once(createPayment)],
  ['GET', /^\/v2\/payments\/([^/]+)$/, 'query', readPayment],
  ['DELETE', /^\/v2\/payments\/([^/]+)$/, 'close', cancelPayment],
  ['POST', /^\/v2\/payments\/([^/]+)\/refunds$/, 'refund', once(createRefund)],
  ['GET', /^\/v2\/payments\/([^/]+)\/refunds\/([^/]+)$/, 'query', readRefund],
  ['GET', /^\/v2\/settlements$/, 'statement', listSettlements],
  ['GET', /^\/v2\/settlements\/(stl_\d+)\/(payments|refunds|chargebacks|captures)$/, 'statement', listSettled],
];

/** Settlements are the organization's, everything else is a profile's. */
const profileOf = (world: MollieWorld, wire: Wire) => {
  const name = wire.path.startsWith('/v2/settlements') ? 'organizationToken' : 'apiKey';
  return world.keys.find((profile) => profile[name] === bearerOf(wire));
};

function toFailure(trouble: 'http_500' | 'rate_limited' | 'decline', code: string | null): Answer {
  if (trouble === 'http_500') return problem(500, 'Something went wrong on the simulated side.');
  if (trouble === 'rate_limited') return problem(429, 'Too many requests.');
  return problem(422, 'The request was declined.', code ?? 'amount');
}

/** Mollie's API as a merchant's server sees it, and its classic callbacks, which nothing proves. */
export function makeMollie(world: MollieWorld): Vendor {
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: profileOf(world, wire)?.profileId ?? null };
    },
    async execute(wire, twist) {
      const profile = profileOf(world, wire);
      if (profile === undefined) return { answer: problem(401, 'Missing authentication, or failed to authenticate') };
      const found = findRoute(routes, wire);
      if (found === null) return { answer: problem(404, 'There is no such address.') };
      return found.run(world, profile, found.parts, twist, wire);
    },
    fail: async (_wire, trouble, code) => toFailure(trouble, code),
    // Of a payment and of its refunds alike, only the payment's number is told.
    events: (_order, happening) => (happening === 'approved' ? [] : [happening]),
    callbackUrl: (order) => order.notifyUrl,
    async compose(order, _callback, twist) {
      const id = twist.wrongAccount ? 'tr_Sstranger' : order.vendorNo;
      return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ id }).toString() };
    },
    accepts: (status) => status === 200,
    returnTo: async (order) => order.returnUrl,
    cancelTo: (order) => order.facts.cancelUrl ?? order.returnUrl,
    open: async () => null,
    resume(order) {
      for (const refund of order.refunds) void endRefund(world, order, refund);
    },
  };
}
