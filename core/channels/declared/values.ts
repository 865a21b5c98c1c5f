import type { AttemptRef, PayRequest, RefundRequest } from '../../contract/channel.ts';
import type { Call } from '../../contract/kit.ts';
import type { Money } from '../../contract/money.ts';
import { configValues, type Opened } from './opened.ts';
import type { Values } from './template.ts';

export type Operation = 'pay' | 'query' | 'close' | 'refund' | 'queryRefund';

const always = ['nonce', 'now'];
const ofAttempt = ['number', 'amount', 'minor', 'major', 'currency', 'product', 'createdAt', 'expiresAt', 'validMinutes', 'validSeconds'];
const ofPayer = ['openid', 'clientIp', 'authCode', 'token', 'email', 'name', 'phone', 'bankCode', 'country', 'locale'];
const ofPay = ['subject', 'callbackUrl', 'returnUrl', ...ofPayer.map((name) => `payer.${name}`)];
const ofLater = ['channelNo', 'sessionNo'];
const ofRefund = [
  'refundNo',
  'refundChannelNo',
  'refundAmount',
  'refundMinor',
  'refundMajor',
  'refundReason',
  'refundCreatedAt',
  'callbackUrl',
];

export const timeNames: readonly string[] = ['now', 'createdAt', 'expiresAt', 'refundCreatedAt'];

/** What the templates of an operation may name, beside `config.…` and `method.…`. */
export function namesFor(operation: Operation): readonly string[] {
  if (operation === 'pay') return [...always, ...ofAttempt, ...ofPay];
  const isRefund = operation === 'refund' || operation === 'queryRefund';
  return [...always, ...ofAttempt, ...ofLater, ...(isRefund ? ofRefund : [])];
}

function moneyValues({ definition, kit }: Opened, money: Money, names: readonly [string, string, string]): Values {
  const minor = String(money.amount);
  const major = kit.money.toMajor(money);
  const [amount, asMinor, asMajor] = names;
  return { [amount]: definition.money === 'minor_integer' ? minor : major, [asMinor]: minor, [asMajor]: major };
}

function attemptValues(opened: Opened, attempt: AttemptRef, call: Call): Values {
  const seconds = Math.max(1, Math.floor((attempt.expiresAt.getTime() - attempt.createdAt.getTime()) / 1000));
  const method = opened.definition.methods.find(({ product }) => product === attempt.product);
  return {
    ...configValues(opened.config),
    ...Object.fromEntries(Object.entries(method?.values ?? {}).map(([name, value]) => [`method.${name}`, value])),
    ...moneyValues(opened, attempt.money, ['amount', 'minor', 'major']),
    nonce: call.nonce(),
    now: call.now(),
    number: attempt.number,
    currency: attempt.money.currency,
    product: attempt.product,
    createdAt: attempt.createdAt,
    expiresAt: attempt.expiresAt,
    validSeconds: String(seconds),
    validMinutes: String(Math.max(1, Math.floor(seconds / 60))),
    channelNo: attempt.channelNo ?? '',
    sessionNo: attempt.sessionNo ?? '',
  };
}

export function payValues(opened: Opened, request: PayRequest, call: Call): Values {
  const payer = Object.entries(request.payer).filter(([, value]) => typeof value === 'string');
  return {
    ...attemptValues(opened, request, call),
    ...Object.fromEntries(payer.map(([name, value]) => [`payer.${name}`, value])),
    subject: request.subject,
    callbackUrl: request.callbackUrl,
    // Some vendors demand an address even where the shop has none for this payment.
    returnUrl: request.returnUrl ?? String(opened.config['return_page'] ?? ''),
  };
}

export const queryValues = attemptValues;

export function refundValues(opened: Opened, refund: RefundRequest, call: Call): Values {
  return {
    ...attemptValues(opened, refund.attempt, call),
    ...moneyValues(opened, refund.money, ['refundAmount', 'refundMinor', 'refundMajor']),
    refundNo: refund.number,
    refundChannelNo: refund.channelNo ?? '',
    refundReason: refund.reason ?? '',
    refundCreatedAt: refund.createdAt,
    callbackUrl: refund.callbackUrl,
  };
}
