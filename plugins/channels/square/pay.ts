import type { PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome } from '../../../core/contract/outcome.ts';
import { explainFault } from './errors.ts';
import { ask, isRecord, type SquareAccount, textOf } from './gateway.ts';
import { readPayment } from './payment.ts';
import { joinSession } from './session.ts';

export async function pay(account: SquareAccount, request: PayRequest, call: Call): Promise<Outcome> {
  return request.product === 'card' ? chargeCard(account, request, call) : openLink(account, request, call);
}

/** Takes the money at once, with a token of Square's own fields on the merchant's page: no card number comes here. */
async function chargeCard(account: SquareAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { token, email } = request.payer;
  const body = {
    source_id: token,
    idempotency_key: request.number,
    amount_money: request.money,
    autocomplete: true,
    // Less than all of it would be a payment of another amount.
    accept_partial_authorization: false,
    location_id: account.locationId,
    reference_id: request.number,
    note: request.subject,
    ...(email === undefined ? {} : { buyer_email_address: email }),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/v2/payments', body });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const read = readPayment(account, answer.data.payment);
  return read === null ? { kind: 'unknown', reason: 'unreadable' } : read.outcome;
}

/**
 * Opens a page for an order of one line. Our number is the order's reference, and the note of the payment,
 * because the payment's own reference is left empty on this way.
 */
async function openLink(account: SquareAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { email } = request.payer;
  const line = { name: request.subject, quantity: '1', base_price_money: request.money };
  const body = {
    idempotency_key: request.number,
    order: { location_id: account.locationId, reference_id: request.number, line_items: [line] },
    // A tip or a coupon would change the amount.
    checkout_options: {
      allow_tipping: false,
      enable_coupon: false,
      enable_loyalty: false,
      ask_for_shipping_address: false,
      ...(request.returnUrl === null ? {} : { redirect_url: request.returnUrl }),
    },
    ...(email === undefined ? {} : { pre_populated_data: { buyer_email: email } }),
    payment_note: request.number,
  };
  const answer = await ask(account, call, { method: 'POST', path: '/v2/online-checkout/payment-links', body });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const link = isRecord(answer.data.payment_link) ? answer.data.payment_link : {};
  const id = textOf(link.id);
  const orderId = textOf(link.order_id);
  const { url } = link;
  const isPage = typeof url === 'string' && /^https?:\/\/[^\s]+$/.test(url);
  if (id === null || orderId === null || !isPage || link.payment_note !== request.number) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'action', action: { type: 'redirect', url }, sessionNo: joinSession({ linkId: id, orderId }) };
}
