import { jsonAnswer } from '../../answers.ts';
import { endRefund } from '../../orders.ts';
import { basicOf, bearerOf, findRoute, type Route, readForm } from '../../requests.ts';
import type { Answer, Vendor, VendorModule, Wire } from '../../types.ts';
import { makeComposer } from './callbacks.ts';
import { type Handler, problem } from './common.ts';
import { describeAccounts, loadKeys, type PaypalKeys } from './keys.ts';
import { makeOrderRoutes, type PaypalWorld } from './orders.ts';
import { makeRefundRoutes } from './refunds.ts';
import { listTransactions } from './transactions.ts';

const lifeSec = 32_400;

function makeRoutes(world: PaypalWorld): readonly Route<Handler>[] {
  const orders = makeOrderRoutes(world);
  const refunds = makeRefundRoutes(world);
  return [
    ['POST', /^\/v2\/checkout\/orders$/, 'pay', orders.create],
    ['GET', /^\/v2\/checkout\/orders\/([^/]+)$/, 'query', orders.read],
    ['POST', /^\/v2\/checkout\/orders\/([^/]+)\/capture$/, 'pay', orders.capture],
    ['POST', /^\/v2\/payments\/captures\/([^/]+)\/refund$/, 'refund', refunds.create],
    ['GET', /^\/v2\/payments\/refunds\/([^/]+)$/, 'query', refunds.read],
    ['GET', /^\/v1\/reporting\/transactions$/, 'statement', listTransactions(world)],
  ];
}

function openPaypal(world: PaypalWorld): Vendor {
  const routes = makeRoutes(world);
  const { merchants } = world.keys;
  const merchantOf = (token: string | null) => merchants.find((merchant) => merchant.token === token);
  const composer = makeComposer(world);
  return {
    identify(wire) {
      if (isLogin(wire) || composer.serves(wire)) return { operation: null, account: null };
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(bearerOf(wire))?.merchantId ?? null };
    },
    async execute(wire, twist) {
      if (isLogin(wire)) return { answer: logIn(world.keys, wire) };
      if (composer.serves(wire)) {
        return { answer: { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: await composer.certificateAt(wire) } };
      }
      const merchant = merchantOf(bearerOf(wire));
      const found = findRoute(routes, wire);
      if (merchant === undefined)
        return { answer: jsonAnswer(401, { error: 'invalid_token', error_description: 'Token signature verification failed' }) };
      return found === null
        ? { answer: problem(404, 'RESOURCE_NOT_FOUND', null) }
        : found.run({ wire, parts: found.parts, merchant, twist });
    },
    async fail(_, trouble, code) {
      if (trouble === 'http_500') return problem(500, 'INTERNAL_SERVER_ERROR', null);
      if (trouble === 'rate_limited') return problem(429, 'RATE_LIMIT_REACHED', null);
      return problem(422, 'UNPROCESSABLE_ENTITY', code ?? 'TRANSACTION_REFUSED');
    },
    events(_, happening) {
      if (happening === 'approved') return ['CHECKOUT.ORDER.APPROVED'];
      if (happening === 'paid') return ['PAYMENT.CAPTURE.COMPLETED'];
      return happening === 'refunded' ? ['PAYMENT.CAPTURE.REFUNDED'] : [];
    },
    callbackUrl: (order) => world.registeredUrl(order.account),
    compose: composer.compose,
    accepts: (status) => status >= 200 && status < 300,
    async returnTo(order) {
      if (order.returnUrl === null) return null;
      const url = new URL(order.returnUrl);
      url.searchParams.set('token', `${order.vendorNo.slice(0, 16)}X`);
      url.searchParams.set('PayerID', 'SAMPLEPAYER22');
      return url.href;
    },
    cancelTo: (order) => order.facts['cancelUrl'] || null,
    open: async () => null,
    resume(order) {
      for (const refund of order.refunds) void endRefund(world, order, refund);
    },
  };
}

const isLogin = (wire: Wire) => wire.method === 'POST' && wire.path === '/v1/oauth2/token';

function logIn({ merchants }: PaypalKeys, wire: Wire): Answer {
  const basic = basicOf(wire);
  const merchant = merchants.find(({ clientId, clientSecret }) => clientId === basic?.user && clientSecret === basic.password);
  if (merchant === undefined) return jsonAnswer(401, { error: 'invalid_client', error_description: 'Client Authentication failed' });
  const form = readForm(wire);
  if (form === null || form['grant_type'] !== 'client_credentials') return jsonAnswer(400, { error: 'unsupported_grant_type' });
  return jsonAnswer(200, {
    scope: 'https://uri.paypal.com/services/payments/payment',
    access_token: merchant.token,
    token_type: 'Bearer',
    expires_in: lifeSec,
  });
}

export default {
  channel: 'paypal',
  title: 'PayPal',
  registersCallbacks: true,
  // Answers carry no signature.
  shows: { bad_signature: [], wrong_amount: ['query', 'refund'], wrong_account: ['query'] },
  loadKeys,
  accounts: describeAccounts,
  open: openPaypal,
} satisfies VendorModule<PaypalKeys>;
