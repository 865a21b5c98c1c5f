import { formAnswer, jsonAnswer, pageAnswer, redirectAnswer, xmlAnswer } from '../../../../simulator/answers.ts';
import { digest, hmac, spoiled } from '../../../../simulator/hmac.ts';
import { answerOnce, type Outcome } from '../../../../simulator/once.ts';
import { chargeOrder, closeOrder, declineOrder, draftOrder, endRefund, refundedOf, refundOrder } from '../../../../simulator/orders.ts';
import { renderMessagePage } from '../../../../simulator/pages.ts';
import { basicOf, bearerOf, findRoute, headerOf, type Route, readForm, readJson } from '../../../../simulator/requests.ts';
import type { Answer, Done, Order, Refund, Twist, Vendor, VendorModule, Wire } from '../../../../simulator/types.ts';
import type { World } from '../../../../simulator/world.ts';
import { writeXml } from '../../../../simulator/xml.ts';

interface Merchant {
  readonly id: string;
  readonly secret: string;
  /** Ed25519, in hex: a kind of key that the vault knows nothing of. */
  readonly seed: string;
}
type Keys = readonly Merchant[];
type Handler = (found: { wire: Wire; parts: readonly string[]; merchant: Merchant; twist: Twist }) => Done;
type Json = Readonly<Record<string, string | number | undefined>>;

const dayMs = 24 * 3600_000;
export const refundWorkMs = 20;
const problem = (status: number, error: string): Answer => jsonAnswer(status, { error });

const describe = (order: Order, twist: Twist) => ({
  id: order.vendorNo,
  number: order.number,
  state: order.state,
  amount: order.amount + (twist.wrongAmount ? 1 : 0),
  refunded: refundedOf(order),
});

/** The ways to pay of an imaginary vendor, one for each of those that real vendors have. */
function start(world: World<Keys>, merchant: Merchant, json: Json, twist: Twist): Outcome {
  const product = String(json.product);
  const order = draftOrder(world, {
    account: merchant.id,
    number: String(json.number),
    product,
    vendorNo: `toll_${json.number}`,
    amount: Number(json.amount),
    currency: 'EUR',
    subject: 'Toll',
    expiresAt: world.now() + dayMs,
    returnUrl: 'http://127.0.0.1/back',
    approveFirst: product === 'approve',
  });
  if (product === 'code') {
    const isGood = json.code === 'good';
    const afterwards = (isGood ? chargeOrder : declineOrder)(world, order);
    const show = (spoiling: Twist) => (isGood ? jsonAnswer(201, describe(order, spoiling)) : problem(402, 'declined'));
    return { show, order, afterwards: () => void afterwards() };
  }
  world.store.save(order);
  const invitation = product === 'sdk' ? { sdk: { token: order.token } } : { url: world.payPage(order) };
  return { show: (spoiling) => jsonAnswer(201, { ...describe(order, { ...twist, ...spoiling }), ...invitation }), order };
}

function capture(world: World<Keys>, order: Order, twist: Twist): Done {
  if (order.state !== 'approved') return { answer: problem(422, `is ${order.state}`) };
  const afterwards = chargeOrder(world, order);
  return { answer: jsonAnswer(200, describe(order, twist)), order, afterwards: () => void afterwards() };
}

/** Taken now, carried out later, told by a callback only. */
function refund(world: World<Keys>, order: Order, amount: number, number: string): Done {
  if (order.state !== 'paid' || refundedOf(order) + amount > order.amount) return { answer: problem(422, 'too much') };
  const taken = refundOrder(world, order, { number, vendorNo: `back_${number}`, amount, done: false });
  const finish = () => void setTimeout(() => void endRefund(world, order, taken.refund), refundWorkMs);
  return { answer: jsonAnswer(202, { status: 'received' }), order, afterwards: finish };
}

function makeRoutes(world: World<Keys>): readonly Route<Handler>[] {
  const withOrder = (id: string | undefined, act: (order: Order) => Done): Done => {
    const order = world.store.findByVendorNo(world.channel, id ?? '');
    return order ? act(order) : { answer: problem(404, 'no such order') };
  };
  const create: Handler = ({ wire, merchant, twist }) => {
    const asked = { account: merchant.id, key: headerOf(wire, 'idempotency-key'), content: wire.body, twist };
    const replay = (answer: Answer) => ({ ...answer, headers: { ...answer.headers, 'x-replayed': 'true' } });
    const rules = { conflict: () => problem(409, 'key reused'), replay };
    return answerOnce(world, asked, rules, () => start(world, merchant, readJson(wire) as Json, twist));
  };
  const openForm: Handler = ({ wire, merchant, twist }) => {
    const fields = readForm(wire);
    if (fields === null) return { answer: pageAnswer(400, renderMessagePage('This form cannot be read')) };
    const { order } = start(world, merchant, { ...fields, product: 'form' }, twist);
    return order ? { answer: redirectAnswer(world.payPage(order)) } : { answer: problem(500, 'no order') };
  };
  const statement: Handler = ({ wire }) => {
    const rows = [...world.store.orders.values()].map((order) => writeXml('row', [writeXml('number', order.number)]));
    const isForm = wire.query === 'as=form';
    return { answer: isForm ? formAnswer(200, { rows: String(rows.length) }) : xmlAnswer(200, writeXml('rows', rows)) };
  };
  return [
    ['POST', /^\/v1\/orders$/, 'pay', create],
    ['POST', /^\/pay\/form$/, 'pay', openForm],
    ['GET', /^\/v1\/statement$/, 'statement', statement],
    [
      'GET',
      /^\/v1\/orders\/([^/]+)$/,
      'query',
      ({ parts, twist }) => withOrder(parts[0], (order) => ({ answer: jsonAnswer(200, describe(order, twist)) })),
    ],
    ['POST', /^\/v1\/orders\/([^/]+)\/capture$/, 'pay', ({ parts, twist }) => withOrder(parts[0], (order) => capture(world, order, twist))],
    [
      'POST',
      /^\/v1\/orders\/([^/]+)\/close$/,
      'close',
      ({ parts, twist }) =>
        withOrder(parts[0], (order) => {
          const afterwards = closeOrder(world, order);
          return { answer: jsonAnswer(200, describe(order, twist)), order, afterwards };
        }),
    ],
    [
      'POST',
      /^\/v1\/orders\/([^/]+)\/refunds$/,
      'refund',
      ({ wire, parts }) => {
        const { amount, number } = readJson(wire) as Json;
        return withOrder(parts[0], (order) => refund(world, order, Number(amount), String(number)));
      },
    ],
  ];
}

function openTollgate(world: World<Keys>): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (wire: Wire) => {
    const given = bearerOf(wire) ?? basicOf(wire)?.password ?? readForm(wire)?.secret;
    return world.keys.find(({ secret }) => secret === given);
  };
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(wire)?.id ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(wire);
      const found = findRoute(routes, wire);
      if (!merchant || !found) return { answer: problem(401, 'who are you?') };
      const done = found.run({ wire, parts: found.parts, merchant, twist });
      const signature = spoiled(await hmac('SHA-256', merchant.secret, done.answer.body), twist.badSignature);
      return { ...done, answer: { ...done.answer, headers: { ...done.answer.headers, 'x-signature': signature.toString('hex') } } };
    },
    fail: async (_, trouble, code) => problem(trouble === 'decline' ? 402 : trouble === 'rate_limited' ? 429 : 500, code ?? trouble),
    events: (_, happening) => [happening],
    callbackUrl: (order) => world.registeredUrl(order.account),
    // Parameters in the address, as some vendors do it.
    async compose(order, callback) {
      const facts = { event: callback.event, number: callback.refund ?? order.number };
      const proof = (await digest('SHA-512', JSON.stringify(facts))).toString('base64');
      return { method: 'GET', query: new URLSearchParams({ ...facts, proof }).toString(), headers: {}, body: '' };
    },
    accepts: (status) => status === 200,
    returnTo: async (order) => order.returnUrl,
    cancelTo: () => null,
    open: async (target) => world.store.findByToken(world.channel, /^\{"token":"([0-9a-f]{32})"\}$/.exec(target)?.[1] ?? '') ?? null,
    resume(order) {
      const unfinished = order.refunds.filter(({ done }: Refund) => !done);
      for (const one of unfinished) void endRefund(world, order, one);
    },
  };
}

export default {
  channel: 'tollgate',
  title: 'Tollgate',
  registersCallbacks: true,
  shows: { bad_signature: ['pay', 'query'], wrong_amount: ['query'], wrong_account: [] },
  async loadKeys(vault) {
    const load = async (id: string) => ({
      id,
      secret: vault.secret(`secret-${id}`, 24),
      seed: await vault.text(`${id}.ed25519`, () => id.repeat(4)),
    });
    return Promise.all([load('one'), load('two')]);
  },
  accounts: (keys) =>
    keys.map(({ id, secret, seed }) => ({
      id,
      configure: (baseUrl) => ({ base_url: baseUrl, merchant: id, secret, seed, sandbox: true, timeout_sec: 30 }),
    })),
  open: openTollgate,
} satisfies VendorModule<Keys>;
