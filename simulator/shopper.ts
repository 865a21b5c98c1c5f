import { approveOrder, type Books, chargeOrder, declineOrder } from './orders.ts';
import { splitTarget } from './target.ts';
import { type Answer, type ChannelName, honest, type Order, type Vendor, type Wire } from './types.ts';

type Unpayable = 'already_paid' | 'already_approved' | 'closed' | 'expired';

/** What came of trying to pay. */
export type Paid =
  | { readonly paid: true }
  | { readonly paid: false; readonly approved: true }
  | { readonly paid: false; readonly reason: Unpayable | 'declined' };

export interface ShopperDeps extends Books {
  readonly vendors: ReadonlyMap<ChannelName, Vendor>;
}

/** Why a shopper cannot pay an order any more; null when it can be paid. */
export function whyUnpayable(order: Order, nowMs: number): Unpayable | null {
  if (order.state === 'paid') return 'already_paid';
  if (order.state === 'approved') return 'already_approved';
  if (order.state === 'closed') return 'closed';
  return nowMs >= order.expiresAt ? 'expired' : null;
}

/** Pays an order, or only approves it where the merchant has to capture. */
export async function payOrder(books: Books, order: Order): Promise<Paid> {
  const reason = whyUnpayable(order, books.now());
  if (reason !== null) return { paid: false, reason };
  await (order.approveFirst ? approveOrder(books, order) : chargeOrder(books, order))();
  return order.approveFirst ? { paid: false, approved: true } : { paid: true };
}

/** The shopper's bank says no. The order stays open. */
export async function failPayment(books: Books, order: Order): Promise<Paid> {
  const reason = whyUnpayable(order, books.now());
  if (reason !== null) return { paid: false, reason };
  order.known = true;
  await declineOrder(books, order)();
  return { paid: false, reason: 'declined' };
}

/** What a shopper was given: a text as in a QR code, or a form to send. */
export type Target = { readonly text: string } | { readonly url: string; readonly fields: Readonly<Record<string, string>> };

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads `{target}`, `{target, fields}` and `{target: {url, fields}}`; any other object is taken for SDK parameters. */
export function readTarget(input: Readonly<Record<string, unknown>>): Target | null {
  const { url, fields } = isPlain(input.target) ? input.target : { url: input.target, fields: input.fields };
  if (isPlain(fields) && typeof url === 'string') {
    const isForm = Object.values(fields).every((value) => typeof value === 'string');
    return isForm ? { url, fields: fields as Record<string, string> } : null;
  }
  if (typeof input.target === 'string') return { text: input.target };
  return isPlain(input.target) ? { text: typeof url === 'string' ? url : JSON.stringify(input.target) } : null;
}

/** The channel and token in an address of a pay page; null for every other text. */
export function readPageAddress(target: string): { readonly channel: ChannelName; readonly token: string } | null {
  const found = /^(?:https?:\/\/[^/]+)?\/([a-z0-9-]+)\/pay\/([A-Za-z0-9_-]+)(?:[?#]|$)/.exec(target);
  return found?.[1] && found[2] ? { channel: found[1], token: found[2] } : null;
}

const mostHops = 5;

/** Where an answer sends a browser next; null when it stays. */
function nextAddress({ status, headers }: Answer): string | null {
  return status >= 300 && status < 400 ? (headers.location ?? null) : null;
}

/** Asks a vendor as the shopper's browser would: the order it was asked for, or where it sends the browser. */
async function visit({ vendors }: ShopperDeps, url: string, form: string | null): Promise<{ order: Order } | { next: string } | null> {
  const { prefix, path, query } = splitTarget(url.replace(/^https?:\/\/[^/]+/, ''));
  const headers = form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const wire: Wire = { method: form === null ? 'GET' : 'POST', path, query, headers, body: Buffer.from(form ?? '', 'utf8') };
  const vendor = vendors.get(prefix);
  if (!vendor?.identify(wire)) return null;
  const { answer, order, afterwards } = await vendor.execute(wire, honest);
  afterwards?.();
  if (order !== undefined) return { order };
  const next = nextAddress(answer);
  return next === null ? null : { next };
}

/** What a text stands for: a pay page, what one of the vendors knows it by, or an address that leads to one. */
async function findText(deps: ShopperDeps, text: string, hops: number): Promise<Order | null> {
  const page = readPageAddress(text);
  const known = page && deps.store.findByToken(page.channel, page.token);
  if (known) return known;
  for (const vendor of deps.vendors.values()) {
    const order = await vendor.open(text);
    if (order !== null) return order;
  }
  return /^(https?:\/)?\//.test(text) ? follow(deps, text, null, hops) : null;
}

async function follow(deps: ShopperDeps, url: string, form: string | null, hops: number): Promise<Order | null> {
  const found = hops === 0 ? null : await visit(deps, url, form);
  if (found === null) return null;
  return 'order' in found ? found.order : findText(deps, found.next, hops - 1);
}

/** Finds the order behind whatever a shopper was given. */
export function findTarget(deps: ShopperDeps, target: Target): Promise<Order | null> {
  if ('text' in target) return findText(deps, target.text, mostHops);
  return follow(deps, target.url, new URLSearchParams(target.fields).toString(), mostHops);
}
