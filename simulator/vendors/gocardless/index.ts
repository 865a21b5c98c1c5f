import { hmac, spoiled } from '../../hmac.ts';
import { endRefund } from '../../orders.ts';
import { bearerOf, findRoute, headerOf } from '../../requests.ts';
import type { Callback, Happening, Order, Vendor, VendorModule } from '../../types.ts';
import type { World } from '../../world.ts';
import { type Json, missing, newId, problem, refusedState } from './common.ts';
import { makeRoutes } from './routes.ts';

export interface Merchant {
  readonly token: string;
  /** Names the account. */
  readonly creditorId: string;
  readonly webhookSecret: string;
}
export type GoCardlessWorld = World<readonly Merchant[]>;

const told: Partial<Record<Happening, readonly string[]>> = {
  paid: ['payments.confirmed'],
  closed: ['billing_requests.cancelled'],
  refunded: ['refunds.paid'],
};

/** One call tells of several events, and of some that are of no interest. Events say no amounts. */
function composeEvents(order: Order, { event, refund: about }: Callback, now: number): readonly Json[] {
  const requestLinks = { billing_request: order.facts['requestId'] };
  const make = (resource: string, action: string, links: Json, metadata: Json) => ({
    id: newId('EV'),
    created_at: new Date(now).toISOString(),
    resource_type: resource,
    action,
    links,
    details: { origin: 'gocardless', cause: action, description: action },
    metadata: {},
    resource_metadata: metadata,
  });
  const note = { attempt_number: order.number };
  if (event === 'billing_requests.cancelled') return [make('billing_requests', 'cancelled', requestLinks, note)];
  const refund = order.refunds.find(({ number, vendorNo }) => about === number || about === vendorNo);
  if (refund !== undefined) return [make('refunds', 'paid', { refund: refund.vendorNo }, { refund_number: refund.number })];
  return [
    make('customers', 'created', { customer: 'CU0001SIMULATED' }, {}),
    make('billing_requests', 'fulfilled', { ...requestLinks, payment_request_payment: order.vendorNo }, note),
    make('payments', 'confirmed', { payment: order.vendorNo }, {}),
  ];
}

function openGoCardless(world: GoCardlessWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (given: string | null) => world.keys.find(({ token }) => token === given);
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(bearerOf(wire))?.creditorId ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(bearerOf(wire));
      const found = findRoute(routes, wire);
      if (merchant === undefined) return { answer: problem(401, 'invalid_api_usage', 'access_token_not_found') };
      if (headerOf(wire, 'gocardless-version') !== '2015-07-06') {
        return { answer: problem(400, 'invalid_api_usage', 'version_not_found') };
      }
      return found === null ? { answer: missing() } : found.run({ wire, parts: found.parts, merchant, twist });
    },
    async fail(_, trouble, code) {
      if (trouble === 'http_500') return problem(500, 'gocardless', 'internal_server_error');
      if (trouble === 'rate_limited') return problem(429, 'invalid_api_usage', 'rate_limit_exceeded');
      return refusedState(code ?? 'forbidden_request');
    },
    events: (_, happening) => told[happening] ?? [],
    callbackUrl: (order) => world.registeredUrl(order.account),
    async compose(order, callback, twist) {
      const merchant = world.keys.find(({ creditorId }) => creditorId === order.account);
      const body = JSON.stringify({ events: composeEvents(order, callback, world.now()), meta: { webhook_id: newId('WB') } });
      const secret = twist.forged || merchant === undefined ? 'the-secret-of-a-stranger' : merchant.webhookSecret;
      const signature = spoiled(await hmac('SHA-256', secret, body), twist.badSignature).toString('hex');
      return { headers: { 'content-type': 'application/json', 'webhook-signature': signature }, body };
    },
    accepts: (status) => status >= 200 && status < 300,
    returnTo: async (order) => order.facts['redirect'] ?? null,
    cancelTo: (order) => order.facts['exit'] ?? null,
    open: async () => null,
    resume: (order) => {
      for (const refund of order.refunds) void endRefund(world, order, refund);
    },
  };
}

export default {
  channel: 'gocardless',
  title: 'GoCardless',
  // Metadata may say the same again.
  orderKey: 'vendorNo',
  registersCallbacks: true,
  // Answers carry no signature; payments name their creditor.
  shows: { bad_signature: [], wrong_amount: ['pay', 'query', 'refund'], wrong_account: ['query'] },
  async loadKeys(vault) {
    return ['1', '2'].map((index) => ({
      token: `sandbox_${vault.secret(`token-${index}`, 40)}`,
      creditorId: `CR${vault.secret(`creditor-${index}`, 12).toUpperCase()}`,
      webhookSecret: vault.secret(`webhook-${index}`, 36),
    }));
  },
  accounts: (keys) =>
    keys.map(({ token, creditorId, webhookSecret }) => ({
      id: creditorId,
      configure: (baseUrl) => ({ base_url: baseUrl, access_token: token, webhook_secret: webhookSecret, creditor_id: creditorId }),
    })),
  open: openGoCardless,
} satisfies VendorModule<readonly Merchant[]>;
