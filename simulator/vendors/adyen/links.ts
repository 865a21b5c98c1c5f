import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import { checkField, type Rule } from '../../fields.ts';
import type { Outcome } from '../../once.ts';
import { closeOrder, draftOrder } from '../../orders.ts';
import type { Order, Twist } from '../../types.ts';
import type { AdyenWorld } from './keys.ts';
import { foreignAccount, invalid, invalidAmount, refuse } from './problems.ts';
import { linkShape, sessionShape, updateShape } from './shapes.ts';

const day = 24 * 3600_000;
const randomId = () => randomBytes(8).toString('hex').toUpperCase();

/** One request of one merchant. */
export interface AdyenRequest {
  readonly account: string;
  readonly content: unknown;
  /** The number in the path; empty where there is none. */
  readonly id: string;
}

interface Content {
  readonly merchantAccount: string;
  readonly reference: string;
  readonly amount: { readonly value: number; readonly currency: string };
  readonly expiresAt?: string;
  readonly description?: string;
  readonly returnUrl?: string;
}

/** What is wrong with a body, as the answer to it; null when nothing is. */
export function faultOf({ account, content }: AdyenRequest, rule: Rule): Outcome | null {
  const fault = checkField(content, rule);
  if (fault !== null) return refuse(invalid(`${fault.field} ${fault.issue}`));
  const { merchantAccount, amount } = content as Partial<Content>;
  if (merchantAccount !== undefined && merchantAccount !== account) return refuse(foreignAccount());
  return amount !== undefined && amount.value === 0 ? refuse(invalidAmount()) : null;
}

/** When it ends, in milliseconds; null for a time that is over or further away than Adyen allows. */
function readEnd(world: AdyenWorld, expiresAt: string | undefined, limits: { readonly usualMs: number; readonly mostMs: number }) {
  if (expiresAt === undefined) return world.now() + limits.usualMs;
  const at = Date.parse(expiresAt);
  return at > world.now() && at <= world.now() + limits.mostMs ? at : null;
}

interface Kind {
  readonly product: 'link' | 'session';
  readonly prefix: string;
  readonly shape: Rule;
  readonly usualMs: number;
  readonly mostMs: number;
  readonly describe: (world: AdyenWorld, order: Order, twist: Twist) => object;
}

const link: Kind = { product: 'link', prefix: 'PL', shape: linkShape, usualMs: day, mostMs: 70 * day, describe: describeLink };
const session: Kind = { product: 'session', prefix: 'CS', shape: sessionShape, usualMs: 3600_000, mostMs: day, describe: describeSession };

function create(world: AdyenWorld, request: AdyenRequest, kind: Kind): Outcome {
  const wrong = faultOf(request, kind.shape);
  if (wrong !== null) return wrong;
  const content = request.content as Content;
  const expiresAt = readEnd(world, content.expiresAt, kind);
  if (expiresAt === null) return refuse(invalid('Invalid expiry date'));
  const order = draftOrder(world, {
    account: request.account,
    number: content.reference,
    product: kind.product,
    vendorNo: randomId(),
    amount: content.amount.value,
    currency: content.amount.currency,
    subject: content.description ?? '',
    expiresAt,
    token: `${kind.prefix}${randomId()}`,
    returnUrl: content.returnUrl ?? null,
    facts: { content: JSON.stringify(content), sessionData: randomBytes(48).toString('base64') },
  });
  world.store.save(order);
  return { order, show: (twist) => jsonAnswer(201, kind.describe(world, order, twist)) };
}

/** POST /paymentLinks */
export const createLink = (world: AdyenWorld, request: AdyenRequest) => create(world, request, link);
/** POST /sessions */
export const createSession = (world: AdyenWorld, request: AdyenRequest) => create(world, request, session);

function findLink(world: AdyenWorld, { account, id }: AdyenRequest): Order | undefined {
  const order = world.store.findByToken('adyen', id);
  return order?.account === account && order.product === 'link' ? order : undefined;
}

// Adyen publishes no code for a link that is not there, nor for one that cannot be expired.
const noSuchLink = () => refuse(invalid('Payment link was not found'));

/** GET /paymentLinks/{linkId} */
export function readLink(world: AdyenWorld, request: AdyenRequest, { notFoundUntilMs }: Twist): Outcome {
  const order = findLink(world, request);
  if (order === undefined || world.now() - order.createdAt < notFoundUntilMs) return noSuchLink();
  return { order, show: (twist) => jsonAnswer(200, describeLink(world, order, twist)) };
}

/** PATCH /paymentLinks/{linkId} */
export function expireLink(world: AdyenWorld, request: AdyenRequest): Outcome {
  const wrong = faultOf(request, updateShape);
  if (wrong !== null) return wrong;
  const order = findLink(world, request);
  if (order === undefined) return noSuchLink();
  if (statusOf(world, order) !== 'active') return refuse(invalid('Only an active payment link can be expired'));
  const afterwards = closeOrder(world, order);
  return { order, afterwards, show: (twist) => jsonAnswer(200, describeLink(world, order, twist)) };
}

function statusOf(world: AdyenWorld, order: Order): 'active' | 'completed' | 'expired' {
  if (order.state === 'paid') return 'completed';
  return order.state === 'closed' || world.now() >= order.expiresAt ? 'expired' : 'active';
}

/** What was sent, as Adyen repeats it. */
function repeatContent(order: Order, { wrongAmount, wrongAccount }: Twist) {
  return {
    ...(JSON.parse(order.facts.content ?? '{}') as object),
    amount: { currency: order.currency, value: order.amount + (wrongAmount ? 1 : 0) },
    expiresAt: new Date(order.expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    id: order.token,
    merchantAccount: wrongAccount ? 'SimulatedOtherECOM' : order.account,
  };
}

function describeLink(world: AdyenWorld, order: Order, twist: Twist): object {
  return { reusable: false, ...repeatContent(order, twist), status: statusOf(world, order), url: world.payPage(order) };
}

function describeSession(_world: AdyenWorld, order: Order, twist: Twist): object {
  return { ...repeatContent(order, twist), mode: 'embedded', sessionData: order.facts.sessionData };
}
