import { toMajor } from '../../core/money.ts';
import type { Payment } from './paymux.ts';

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly amount: number;
  readonly currency: string;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeText = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
ul{list-style:none;padding:0}li{display:flex;justify-content:space-between;align-items:center;padding:.75rem 0;border-bottom:1px solid #8884}
button{font:inherit;padding:.5rem 1rem}`;

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeText(title)}</title><style>${style}</style><h1>${escapeText(title)}</h1>${content}</html>`;
}

export function shelfPage(products: readonly Product[]): string {
  const items = products.map(
    ({ id, name, amount, currency }) =>
      `<li><span>${escapeText(name)}<br>${currency} ${toMajor({ amount, currency })}</span>
<form method="post" action="/buy"><input type="hidden" name="product" value="${escapeText(id)}"><button>Buy ${escapeText(name)}</button></form></li>`,
  );
  return page('The demo shop', `<p>No real money moves here.</p><ul>${items.join('')}</ul>`);
}

const words: Readonly<Record<Payment['state'], string>> = {
  pending: 'Not paid yet',
  processing: 'Being confirmed',
  success: 'Paid',
  failed: 'Not paid: the payment failed',
  closed: 'Not paid: the payment was closed',
  refunded: 'Refunded',
};

/** `isTold`: the notification has come as well. */
export function orderPage(payment: Payment, isTold: boolean): string {
  const { merchant_order_no: number, amount, currency, state, subject, checkout_url: checkout } = payment;
  const again = state === 'pending' && checkout !== null ? `<p><a href="${escapeText(checkout)}">Pay now</a></p>` : '';
  const refund =
    state === 'success' ? `<form method="post" action="/orders/${encodeURIComponent(number)}/refund"><button>Refund</button></form>` : '';
  const told = isTold ? '<p>The signed notification has come.</p>' : '';
  const summary = `<p>${escapeText(subject)}, ${currency} ${toMajor({ amount, currency })}</p><p role="status" id="state">${words[state]}</p>`;
  return page(`Order ${number}`, `${summary}${told}${again}${refund}<p><a href="/">Back to the shop</a></p>`);
}

export function messagePage(text: string): string {
  return page('The demo shop', `<p role="alert">${escapeText(text)}</p><p><a href="/">Back to the shop</a></p>`);
}
