import type { ServerResponse } from 'node:http';
import { pageAnswer } from './answers.ts';
import { type GatewayDeps, send } from './gateway.ts';
import { renderMessagePage, renderPayPage, renderResultPage } from './pages.ts';
import { payOrder, readPageAddress, whyUnpayable } from './shopper.ts';
import type { Order, Wire } from './types.ts';

const headings = {
  already_paid: 'Already paid',
  already_approved: 'Already approved',
  closed: 'This order is closed',
  expired: 'This order has expired',
  declined: 'Declined',
} as const;

function sendPage(response: ServerResponse, status: number, body: string): void {
  send(response, pageAnswer(status, body));
}

/** WeChat Pay lets the merchant append the way back to the address itself. */
function readRedirect(query: string): string | null {
  const url = new URLSearchParams(query).get('redirect_url');
  return url !== null && /^https?:\/\//.test(url) ? url : null;
}

async function pay(deps: GatewayDeps, order: Order, wire: Wire, response: ServerResponse): Promise<void> {
  const paid = await payOrder(deps, order);
  if ('reason' in paid) return sendPage(response, 409, renderResultPage(order, order.account, headings[paid.reason], null));
  const back = readRedirect(wire.query) ?? (await deps.vendors.get(order.channel)?.returnTo(order));
  if (!back) return sendPage(response, 200, renderResultPage(order, order.account, paid.paid ? 'Paid' : 'Approved', null));
  send(response, { status: 303, headers: { location: back }, body: '' });
}

/** The pay page of an order: GET shows it, POST is a press on one of its buttons. */
export async function serveTill(deps: GatewayDeps, wire: Wire, channel: string, response: ServerResponse): Promise<void> {
  const address = readPageAddress(`/${channel}${wire.path}`);
  const order = address && deps.store.findByToken(address.channel, address.token);
  if (!order) return sendPage(response, 404, renderMessagePage('There is no such order'));
  // Scanning is what makes an Alipay trade out of a QR code.
  if (!order.known && whyUnpayable(order, deps.now()) === null) {
    order.known = true;
    deps.store.save(order);
  }
  const reason = whyUnpayable(order, deps.now());
  const title = deps.modules.get(order.channel)?.title ?? order.channel;
  if (wire.method !== 'POST') {
    const body =
      reason === null ? renderPayPage(order, order.account, title) : renderResultPage(order, order.account, headings[reason], null);
    return sendPage(response, 200, body);
  }
  if (new URLSearchParams(wire.body.toString('utf8')).get('do') === 'pay') return pay(deps, order, wire, response);
  const back = readRedirect(wire.query) ?? deps.vendors.get(order.channel)?.cancelTo(order) ?? null;
  sendPage(response, 200, renderResultPage(order, order.account, 'Cancelled. Nothing was paid.', back));
}
