import { jsonAnswer } from '../../answers.ts';
import { answerOnce } from '../../once.ts';
import { chargeOrder, draftOrder } from '../../orders.ts';
import { readJson } from '../../requests.ts';
import type { Answer } from '../../types.ts';
import { amountOf, conflict, type Handler, invalid, isRecord, type Json, newId, problem, strayOf, textOf } from './common.ts';
import type { Merchant, SquareWorld } from './index.ts';
import { describePayment } from './objects.ts';

const known = [
  'source_id',
  'idempotency_key',
  'amount_money',
  'autocomplete',
  'accept_partial_authorization',
  'location_id',
  'reference_id',
  'note',
  'buyer_email_address',
];
const dayMs = 24 * 3600_000;

function faultOf(json: Json, merchant: Merchant): Answer | null {
  const stray = strayOf(json, known);
  if (stray !== null) return stray;
  const key = textOf(json['idempotency_key']);
  if (key === '' || key.length > 45) return invalid('VALUE_TOO_LONG', 'idempotency_key');
  if (textOf(json['reference_id']).length > 40) return invalid('VALUE_TOO_LONG', 'reference_id');
  if (textOf(json['note']).length > 500) return invalid('VALUE_TOO_LONG', 'note');
  if (amountOf(json['amount_money']) === null) return invalid('INVALID_VALUE', 'amount_money');
  if (json['location_id'] !== merchant.locationId) return invalid('INVALID_LOCATION', 'location_id');
  return textOf(json['source_id']) === '' ? invalid('MISSING_REQUIRED_PARAMETER', 'source_id') : null;
}

/** Takes a card's money at once. The tokens are those that the vendor's sandbox knows. */
export function makeCreatePayment(world: SquareWorld): Handler {
  return ({ wire, merchant, twist }) => {
    const json = readJson(wire);
    if (!isRecord(json)) return { answer: invalid('EXPECTED_JSON_BODY', 'Send JSON') };
    const fault = faultOf(json, merchant);
    if (fault !== null) return { answer: fault };
    const asked = { account: merchant.locationId, key: textOf(json['idempotency_key']), content: wire.body, twist };
    return answerOnce(world, asked, { conflict, keeps: () => true }, () => {
      if (json['source_id'] !== 'cnon:card-nonce-ok') return { show: () => problem(402, 'PAYMENT_METHOD_ERROR', 'CARD_DECLINED') };
      const { amount, currency } = amountOf(json['amount_money']) ?? { amount: 0, currency: '' };
      const order = draftOrder(world, {
        account: merchant.locationId,
        number: textOf(json['reference_id']),
        product: 'card',
        vendorNo: newId(),
        amount,
        currency,
        subject: textOf(json['note']),
        expiresAt: world.now() + dayMs,
        facts: { orderId: newId() },
      });
      const afterwards = chargeOrder(world, order);
      return {
        show: (spoiling) => jsonAnswer(200, { payment: describePayment(order, spoiling) }),
        order,
        afterwards: () => void afterwards(),
      };
    });
  };
}
