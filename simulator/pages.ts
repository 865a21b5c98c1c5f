import type { Order } from './types.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

const style = `body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1c2430}
main{max-width:26rem;margin:8vh auto;background:#fff;border-radius:12px;padding:2rem;box-shadow:0 2px 12px #0002}
h1{font-size:1.2rem;margin:0 0 1rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.3rem 1rem;margin:0 0 1.5rem}
dt{color:#5a6472}dd{margin:0;overflow-wrap:anywhere}.amount{font-size:2rem;font-weight:600;margin:.5rem 0 1rem}
button,a.button{font:inherit;padding:.6rem 1.4rem;border-radius:8px;border:1px solid #8a94a3;background:#fff;color:#1c2430;text-decoration:none;cursor:pointer}
button.pay{background:#0a7d33;border-color:#0a7d33;color:#fff}button:focus-visible,a:focus-visible{outline:3px solid #2b6cff}
form{display:flex;gap:.8rem}.note{color:#5a6472;font-size:.85rem;margin-top:1.5rem}`;

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${content}
<p class="note">This is the paymux simulator. No real money moves.</p></main></body></html>`;
}

/** Decimals by ISO 4217, for showing only. */
export function showAmount(amount: number, currency: string): string {
  const decimals = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const digits = String(amount).padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  return `${digits.slice(0, cut)}${decimals > 0 ? `.${digits.slice(cut)}` : ''} ${currency}`;
}

function facts(order: Order, merchant: string): string {
  const rows = [
    ['Merchant', merchant],
    ['For', order.subject],
    ['Order', order.number],
  ];
  const list = rows.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value ?? '')}</dd>`).join('');
  return `<p class="amount">${escapeHtml(showAmount(order.amount, order.currency))}</p><dl>${list}</dl>`;
}

/** What a shopper sees who opens a QR code or follows a redirect. Needs no script. */
export function renderPayPage(order: Order, merchant: string, vendor: string): string {
  return page(
    `Pay with ${vendor}`,
    `<h1>Pay with ${vendor}</h1>${facts(order, merchant)}
<form method="post"><button class="pay" name="do" value="pay">${order.approveFirst ? 'Approve' : 'Pay'}</button><button name="do" value="cancel">Cancel</button></form>`,
  );
}

/** How it ended, with the way back to the shop where there is one. */
export function renderResultPage(order: Order, merchant: string, message: string, backUrl: string | null): string {
  const back = backUrl === null ? '' : `<p><a class="button" href="${escapeHtml(backUrl)}">Back to the shop</a></p>`;
  return page(message, `<h1>${escapeHtml(message)}</h1>${facts(order, merchant)}${back}`);
}

export function renderMessagePage(message: string): string {
  return page(message, `<h1>${escapeHtml(message)}</h1>`);
}
