import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { makeNumber } from '../../core/ids.ts';
import { isGenuine } from './notification.ts';
import { messagePage, orderPage, type Product, shelfPage } from './pages.ts';
import { connect, type Paymux } from './paymux.ts';

const products: readonly Product[] = [
  { id: 'tea', name: 'A cup of tea', amount: 1999, currency: 'CNY' },
  { id: 'pot', name: 'A tea pot', amount: 16_800, currency: 'CNY' },
  { id: 'book', name: 'A book about tea', amount: 2450, currency: 'EUR' },
];

export interface ShopOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly paymux: string;
  readonly key: string;
  /** What signs the notifications. */
  readonly secret: string;
}

export interface Shop {
  readonly url: string;
  stop(): Promise<void>;
}

interface Counter {
  readonly url: string;
  readonly paymux: Paymux;
  readonly secret: string;
  /** Orders of which a genuine notification said that they are paid. A real shop has them in its database. */
  readonly told: Set<string>;
}

/** A shop that knows paymux by its public API alone: the smallest integration that is right. On loopback. */
export async function startShop({ port, paymux, key, secret }: ShopOptions): Promise<Shop> {
  const server = createServer((request, response) => {
    const { port: bound } = server.address() as AddressInfo;
    const counter = { url: `http://127.0.0.1:${bound}`, paymux: connect(paymux, key), secret, told };
    answer(counter, request, response).catch((error: Error) => send(response, 502, messagePage(error.message)));
  });
  const told = new Set<string>();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, stop };
}

async function answer(counter: Counter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', counter.url);
  const [, orderNo, deed] = /^\/orders\/([A-Za-z0-9-]{1,64})(?:\/(refund))?$/.exec(pathname) ?? [];
  const place = `${request.method} ${orderNo === undefined ? pathname : `/orders${deed === undefined ? '' : '/refund'}`}`;
  switch (place) {
    case 'GET /':
      return send(response, 200, shelfPage(products));
    case 'POST /buy':
      return buy(counter, request, response);
    case 'GET /orders':
      return showOrder(counter, orderNo ?? '', response);
    case 'POST /orders/refund':
      return refund(counter, orderNo ?? '', response);
    case 'POST /notifications':
      return hear(counter, request, response);
    default:
      return send(response, 404, messagePage('There is no such page.'));
  }
}

async function buy(counter: Counter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const wanted = new URLSearchParams((await buffer(request)).toString()).get('product');
  const product = products.find(({ id }) => id === wanted);
  if (product === undefined) return send(response, 400, messagePage('There is no such product.'));
  const number = `shop-${makeNumber(new Date())}`;
  const order = { number, amount: product.amount, currency: product.currency, subject: product.name };
  const payment = await counter.paymux.createPayment(order, `${counter.url}/orders/${number}`);
  goTo(response, payment.checkout_url ?? `/orders/${number}`);
}

/** What the browser came back with is never believed: the shop asks. */
async function showOrder(counter: Counter, orderNo: string, response: ServerResponse): Promise<void> {
  const payment = await counter.paymux.readPayment(orderNo);
  if (payment === null) return send(response, 404, messagePage('There is no such order.'));
  send(response, 200, orderPage(payment, counter.told.has(orderNo)));
}

async function refund(counter: Counter, orderNo: string, response: ServerResponse): Promise<void> {
  const payment = await counter.paymux.readPayment(orderNo);
  if (payment === null) return send(response, 404, messagePage('There is no such order.'));
  // One number for the one refund of an order: pressed twice, it is the same refund.
  if (payment.state === 'success') await counter.paymux.refund(payment, `${orderNo}-refund`);
  goTo(response, `/orders/${orderNo}`);
}

/** Verified over the bytes as they came, and answered at once. */
async function hear({ secret, told }: Counter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  if (!isGenuine(request.headers, body, secret, Date.now())) return send(response, 401, '');
  const { type, data } = JSON.parse(body.toString('utf8')) as {
    readonly type: string;
    readonly data: { readonly object: { readonly merchant_order_no?: string } };
  };
  if (type === 'payment.succeeded' && data.object.merchant_order_no !== undefined) told.add(data.object.merchant_order_no);
  send(response, 204, '');
}

function goTo(response: ServerResponse, url: string): void {
  response.writeHead(303, { Location: url }).end();
}

function send(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }).end(html);
}
