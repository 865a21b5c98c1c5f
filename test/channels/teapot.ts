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
  status: 'open' | 'paid';
}

/** The imaginary vendor of the plugin guide, which knows of the channel only what the guide's text says of the vendor. */
export interface TeapotVendor {
  readonly url: string;
  readonly orders: ReadonlyMap<string, Order>;
  /** How the next orders are answered: as they should be, refused over their amount, or with a wrong signature. */
  mood: 'well' | 'over_limit' | 'forging';
  /** The shopper pays. With `tells: false` the callback is lost; `changes` are put into it before it is signed. */
  pay(number: string, options?: { readonly tells?: boolean; readonly changes?: object; readonly key?: string }): Promise<number | null>;
  stop(): Promise<void>;
}

export async function startTeapotVendor(account: { readonly merchant: string; readonly key: string }): Promise<TeapotVendor> {
  const orders = new Map<string, Order>();
  const signed = (text: string, key = account.key) => createHmac('sha256', key).update(text).digest('hex');
  const view = ({ callback_url: _, ...order }: Order) => ({ ...order, merchant: account.merchant });

  const answer = (response: ServerResponse, status: number, content: object) => {
    const body = JSON.stringify(content);
    response.writeHead(status, { 'x-signature': vendor.mood === 'forging' ? signed(body, 'another key') : signed(body) }).end(body);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    const isOurs = request.headers['x-merchant'] === account.merchant;
    if (!isOurs || request.headers['x-signature'] !== signed(body === '' ? (request.url ?? '') : body))
      return answer(response, 401, { code: 'signature' });
    const number = /^\/orders\/(\w+)$/.exec(request.url ?? '')?.[1];
    const known = orders.get(number ?? '');
    if (number !== undefined) return known ? answer(response, 200, view(known)) : answer(response, 404, { code: 'no_such_order' });
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
    mood: 'well',
    async pay(number, { tells = true, changes = {}, key = account.key } = {}) {
      const order = orders.get(number);
      if (order === undefined) throw new Error(`there is no order ${number}`);
      order.status = 'paid';
      if (!tells) return null;
      const body = JSON.stringify({ event: `ev_${order.order}`, ...view(order), ...changes });
      const sent = await fetch(order.callback_url, { method: 'POST', headers: { 'x-signature': signed(body, key) }, body });
      return sent.status;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return vendor;
}
