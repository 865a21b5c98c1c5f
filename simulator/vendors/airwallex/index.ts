import { jsonAnswer } from '../../answers.ts';
import { spoiled } from '../../hmac.ts';
import { endRefund } from '../../orders.ts';
import { bearerOf, findRoute, headerOf } from '../../requests.ts';
import type { Answer, Order, Vendor, VendorModule, Wire } from '../../types.ts';
import {
  type AirwallexWorld,
  describeIntent,
  describeRefund,
  isRecord,
  type Merchant,
  problem,
  secretOf,
  signCallback,
  time,
} from './common.ts';
import { makeRoutes } from './routes.ts';

const lifeMs = 30 * 60_000;
const isLogin = (wire: Wire) => wire.method === 'POST' && wire.path === '/api/v1/authentication/login';

function logIn(world: AirwallexWorld, wire: Wire): Answer {
  const [id, key] = [headerOf(wire, 'x-client-id'), headerOf(wire, 'x-api-key')];
  const merchant = world.keys.find(({ clientId, apiKey }) => clientId === id && apiKey === key);
  if (merchant === undefined) return problem(401, 'credentials_invalid');
  return jsonAnswer(201, { token: merchant.token, expires_at: time(world.now() + lifeMs) });
}

/** The order whose number and secret the shopper's browser was given. */
function openBySecret(world: AirwallexWorld, target: string): Order | null {
  try {
    const params: unknown = JSON.parse(target);
    if (!isRecord(params) || typeof params['intent_id'] !== 'string') return null;
    const order = world.store.findByVendorNo(world.channel, params['intent_id']);
    const isRight = order !== undefined && params['client_secret'] === secretOf(order) && params['currency'] === order.currency;
    return isRight ? order : null;
  } catch {
    return null;
  }
}

function makeCompose(world: AirwallexWorld): Vendor['compose'] {
  return async (order, callback, twist) => {
    const merchant = world.keys.find(({ accountId }) => accountId === order.account);
    const told = twist.forged ? { ...order, state: 'paid' as const, paidAt: world.now() } : order;
    const refund = order.refunds.find(({ number }) => number === callback.refund);
    const object = refund === undefined ? describeIntent(told, twist) : describeRefund(order, refund, twist);
    const accountId = twist.wrongAccount ? 'acct_of_a_stranger' : order.account;
    const facts = { id: `evt_${callback.id}`, name: callback.event, account_id: accountId };
    const body = JSON.stringify({ ...facts, data: { object }, created_at: time(world.now()), version: '2024-08-07' });
    const timestamp = String(world.now());
    const key = twist.forged || merchant === undefined ? 'secret-of-a-stranger' : merchant.webhookSecret;
    const signature = spoiled(await signCallback(key, timestamp, body), twist.badSignature).toString('hex');
    return { headers: { 'content-type': 'application/json', 'x-timestamp': timestamp, 'x-signature': signature }, body };
  };
}

function openAirwallex(world: AirwallexWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (token: string | null) => world.keys.find((merchant) => merchant.token === token);
  return {
    identify(wire) {
      if (isLogin(wire)) return { operation: null, account: null };
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(bearerOf(wire))?.accountId ?? null };
    },
    async execute(wire, twist) {
      if (isLogin(wire)) return { answer: logIn(world, wire) };
      const merchant = merchantOf(bearerOf(wire));
      const found = findRoute(routes, wire);
      if (merchant === undefined) return { answer: problem(401, 'unauthorized') };
      return found === null ? { answer: problem(404, 'not_found') } : found.run({ wire, parts: found.parts, merchant, twist });
    },
    async fail(wire, trouble, code) {
      if (trouble === 'http_500') return problem(500, 'internal_error');
      if (trouble === 'rate_limited') return problem(429, 'too_many_requests');
      return problem(400, code ?? (wire.path.includes('/refunds/') ? 'insufficient_balance' : 'validation_error'));
    },
    events(_, happening) {
      if (happening === 'paid') return ['payment_intent.succeeded'];
      if (happening === 'closed') return ['payment_intent.cancelled'];
      return happening === 'refunded' ? ['refund.settled'] : [];
    },
    callbackUrl: (order) => world.registeredUrl(order.account),
    compose: makeCompose(world),
    accepts: (status) => status >= 200 && status < 300,
    returnTo: async (order) => order.returnUrl,
    cancelTo: () => null,
    open: async (target) => openBySecret(world, target),
    resume(order) {
      for (const refund of order.refunds) void endRefund(world, order, refund);
    },
  };
}

export default {
  channel: 'airwallex',
  title: 'Airwallex',
  refusesOldCallbacks: true,
  registersCallbacks: true,
  // Answers carry no signature and do not name the account.
  shows: { bad_signature: [], wrong_amount: ['query', 'refund'], wrong_account: [] },
  async loadKeys(vault) {
    return ['1', '2'].map((index) => ({
      accountId: `acct_simulated_${index}`,
      clientId: vault.secret(`client-${index}`, 22),
      apiKey: vault.secret(`key-${index}`, 96),
      webhookSecret: `whsec_${vault.secret(`webhook-${index}`, 32)}`,
      token: vault.secret(`token-${index}`, 80),
    }));
  },
  accounts: (keys) =>
    keys.map(({ accountId, clientId, apiKey, webhookSecret }) => ({
      id: accountId,
      configure: (baseUrl) => ({
        base_url: baseUrl,
        client_id: clientId,
        api_key: apiKey,
        account_id: accountId,
        webhook_secret: webhookSecret,
      }),
    })),
  open: openAirwallex,
} satisfies VendorModule<readonly Merchant[]>;
