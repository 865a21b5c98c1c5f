import { jsonAnswer } from '../../answers.ts';
import { answerOnce } from '../../once.ts';
import { draftOrder } from '../../orders.ts';
import { readJson } from '../../requests.ts';
import type { Answer } from '../../types.ts';
import { amountOf, conflict, type Handler, invalid, isRecord, type Json, newId, strayOf, textOf } from './common.ts';
import type { Merchant, SquareWorld } from './index.ts';

const monthMs = 30 * 24 * 3600_000;
const linkFields = ['idempotency_key', 'order', 'checkout_options', 'pre_populated_data', 'payment_note'];
const optionFields = ['allow_tipping', 'enable_coupon', 'enable_loyalty', 'ask_for_shipping_address', 'redirect_url'];

function lineOf(json: Json): Json {
  const order = isRecord(json['order']) ? json['order'] : {};
  const [line, second] = Array.isArray(order['line_items']) ? order['line_items'] : [];
  return isRecord(line) && second === undefined ? line : {};
}

function faultOf(json: Json, merchant: Merchant): Answer | null {
  const stray = strayOf(json, linkFields) ?? strayOf(isRecord(json['checkout_options']) ? json['checkout_options'] : {}, optionFields);
  if (stray !== null) return stray;
  const order = isRecord(json['order']) ? json['order'] : {};
  if (textOf(json['idempotency_key']).length > 192) return invalid('VALUE_TOO_LONG', 'idempotency_key');
  if (order['location_id'] !== merchant.locationId) return invalid('INVALID_LOCATION', 'order.location_id');
  if (textOf(order['reference_id']).length > 40) return invalid('VALUE_TOO_LONG', 'order.reference_id');
  const line = lineOf(json);
  if (textOf(line['name']) === '' || textOf(line['name']).length > 512) return invalid('VALUE_EMPTY', 'order.line_items[0].name');
  if (line['quantity'] !== '1') return invalid('INVALID_VALUE', 'order.line_items[0].quantity');
  return amountOf(line['base_price_money']) === null ? invalid('INVALID_VALUE', 'order.line_items[0].base_price_money') : null;
}

export function makeCreateLink(world: SquareWorld): Handler {
  return ({ wire, merchant, twist }) => {
    const json = readJson(wire);
    if (!isRecord(json)) return { answer: invalid('EXPECTED_JSON_BODY', 'Send JSON') };
    const fault = faultOf(json, merchant);
    if (fault !== null) return { answer: fault };
    const asked = { account: merchant.locationId, key: textOf(json['idempotency_key']) || null, content: wire.body, twist };
    return answerOnce(world, asked, { conflict }, () => createLink(world, merchant, json));
  };
}

function createLink(world: SquareWorld, merchant: Merchant, json: Json) {
  const line = lineOf(json);
  const { amount, currency } = amountOf(line['base_price_money']) ?? { amount: 0, currency: '' };
  const options = isRecord(json['checkout_options']) ? json['checkout_options'] : {};
  const note = textOf(json['payment_note']);
  const order = draftOrder(world, {
    account: merchant.locationId,
    number: textOf((json['order'] as Json)['reference_id']),
    product: 'link',
    vendorNo: newId(),
    amount,
    currency,
    subject: textOf(line['name']),
    expiresAt: world.now() + monthMs,
    returnUrl: textOf(options['redirect_url']) || null,
    facts: { orderId: newId(), linkId: newId().slice(0, 16).toUpperCase(), note },
  });
  world.store.save(order);
  const link = {
    id: order.facts['linkId'],
    version: 1,
    order_id: order.facts['orderId'],
    url: world.payPage(order),
    long_url: world.payPage(order),
    payment_note: note,
    created_at: new Date(order.createdAt).toISOString(),
  };
  return { show: () => jsonAnswer(200, { payment_link: link, related_resources: {} }), order };
}
