import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An order as the vendor of the guide keeps it. */
interface Order {
  readonly number: string;
  readonly order: string;
  readonly amount: number;
  readonly currency: string;
  readonly callback_url: string;
  status: 'open' | 'paid' | 'expired';
}

interface Refund {
  readonly number: string;
  readonly refund: string;
  readonly refund_order: string;
  readonly amount: number;
  readonly currency: string;
  status: 'queued' | 'refunded';
}

interface Telling {
  readonly tells?: boolean;
  readonly changes?: object;
  readonly key?: string;
}

/** The imaginary vendor of the plugin guide, which knows of the channel only what the guide's text says of the vendor. */
export interface TeapotVendor {
  readonly url: string;
  readonly orders: ReadonlyMap<string, Order>;
  readonly refunds: ReadonlyMap<string, Refund>;
  /** How the next orders are answered: as they should be, refused over their amount, or with a wrong signature. */
  mood: 'well' | 'over_limit' | 'forging';
  /** The shopper pays. With `tells: false` the callback is lost; `changes` are put into it before it is signed. */
  pay(number: string, options?: Telling): Promise<number | null>;
  /** Ends the work on a refund, and tells of it in the same ways. */
  endRefund(number: string, options?: Telling): Promise<number | null>;
  stop(): Promise<void>;
}

type Content = readonly [number, object];

/** What the vendor knows of one merchant, and how it answers questions about an order or a refund, and requests to end one. */
function openBooks(merchant: string) {
  const orders = new Map<string, Order>();
  const refunds = new Map<string, Refund>();
  const view = ({ callback_url: _, ...order }: Order) => ({ ...order, merchant });
  const missing = (what: string): Content => [404, { code: `no_such_${what}` }];
  const askAbout = (kind: string, number: string, step: string | undefined, body: string): Content => {
    if (kind === 'refunds') return refunds.has(number) ? [200, { ...refunds.get(number), merchant }] : missing('refund');
    const known = orders.get(number);
    if (known === undefined) return missing('order');
    if (step === '/refunds') return refundOrder(known, JSON.parse(body));
    if (step === '/close' && known.status === 'paid') return [409, { code: 'already_paid' }];
    if (step === '/close') known.status = 'expired';
    return [200, view(known)];
  };
  const refundOrder = (order: Order, asked: Pick<Refund, 'refund' | 'amount' | 'currency'>): Content => {
    const others = [...refunds.values()].filter((one) => one.number === order.number && one.refund !== asked.refund);
    if (others.reduce((sum, { amount }) => sum + amount, asked.amount) > order.amount) return [409, { code: 'too_much' }];
    const refund: Refund = refunds.get(asked.refund) ?? {
      ...asked,
      number: order.number,
      refund_order: `rf_${asked.refund}`,
      status: 'queued',
    };
    refunds.set(refund.refund, refund);
    return [200, { ...refund, merchant }];
  };
  return { orders, refunds, view, askAbout };
}

export async function startTeapotVendor(account: { readonly merchant: string; readonly key: string }): Promise<TeapotVendor> {
  const { orders, refunds, view, askAbout } = openBooks(account.merchant);
  const signed = (text: string, key = account.key) => createHmac('sha256', key).update(text).digest('hex');

  const answer = (response: ServerResponse, status: number, content: object) => {
    const body = JSON.stringify(content);
    response.writeHead(status, { 'x-signature': vendor.mood === 'forging' ? signed(body, 'another key') : signed(body) }).end(body);
  };
  const tell = async (url: string, content: object, { tells = true, changes = {}, key = account.key }: Telling) => {
    if (!tells) return null;
    const body = JSON.stringify({ ...content, ...changes });
    return (await fetch(url, { method: 'POST', headers: { 'x-signature': signed(body, key) }, body })).status;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    const isOurs = request.headers['x-merchant'] === account.merchant;
    if (!isOurs || request.headers['x-signature'] !== signed(body === '' ? (request.url ?? '') : body))
      return answer(response, 401, { code: 'signature' });
    const [, kind, number = '', step] = /^\/(orders|refunds)\/(\w+)(\/close|\/refunds)?$/.exec(request.url ?? '') ?? [];
    if (kind !== undefined) return answer(response, ...askAbout(kind, number, step, body));
    if (vendor.mood === 'over_limit') return answer(response, 402, { code: 'over_limit', message: 'too much tea' });
    const asked = JSON.parse(body) as Order;
    const order = `tp_${createHash('sha256').update(asked.number).digest('hex').slice(0, 12)}`;
    orders.set(asked.number, { ...asked, order, status: 'open' });
    answer(response, 201, { order, url: `${vendor.url}/pay/${asked.number}` });
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const vendor: TeapotVendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders,
    refunds,
    mood: 'well',
    async pay(number, options = {}) {
      const order = orders.get(number);
      if (order === undefined) throw new Error(`there is no order ${number}`);
      order.status = 'paid';
      return tell(order.callback_url, { event: `ev_${order.order}`, ...view(order) }, options);
    },
    async endRefund(number, options = {}) {
      const refund = refunds.get(number);
      if (refund === undefined) throw new Error(`there is no refund ${number}`);
      refund.status = 'refunded';
      const url = orders.get(refund.number)?.callback_url ?? '';
      return tell(url, { event: `ev_${refund.refund_order}`, ...refund, merchant: account.merchant }, options);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return vendor;
}
