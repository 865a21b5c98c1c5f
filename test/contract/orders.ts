import { randomBytes } from 'node:crypto';
import type { PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { Action } from '../../core/contract/outcome.ts';
import type { Sample } from '../kit/shopper.ts';
import type { Started } from './stage.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const names: Readonly<Record<string, string>> = { client_ip: 'clientIp', auth_code: 'authCode', bank_code: 'bankCode' };

const newNumber = () => [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');

/** What `pay` is asked to do for a sample. It cannot be written to. */
export function orderOf(sample: Sample, callbackUrl: string, more: Partial<PayRequest>): PayRequest {
  return deepFreeze(withLines({ ...factsOf(sample), callbackUrl, ...more }));
}

function factsOf(sample: Sample): Omit<PayRequest, 'callbackUrl'> {
  const createdAt = new Date();
  const payer = Object.fromEntries(Object.entries(sample.payer).map(([name, value]) => [names[name] ?? name, value]));
  return {
    number: newNumber(),
    channelNo: null,
    sessionNo: null,
    product: sample.method.product,
    money: { amount: sample.amount, currency: sample.currency },
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 7_200_000),
    subject: 'Tea & "cake", 茶',
    payer,
    orderLines: [],
    returnUrl: 'https://shop.example/done',
  };
}

/** Methods for several orders need them; all others take no notice. */
function withLines(order: PayRequest): PayRequest {
  const { amount, currency } = order.money;
  const first = Math.floor(amount / 3);
  const amounts = first === 0 ? [amount] : [first, amount - first];
  const orderLines = amounts.map((part, index) => ({ merchantOrderNo: `A-${index}`, money: { amount: part, currency }, subject: null }));
  return { ...order, orderLines };
}

/** A refund of some of what was paid. */
export function refundOf(paid: PayRequest, amount: number, callbackUrl: string): RefundRequest {
  const money = { ...paid.money, amount };
  return { number: newNumber(), channelNo: null, money, reason: 'too cold', createdAt: new Date(), attempt: paid, callbackUrl };
}

/** The attempt with the names that are known by now. */
export function nameAttempt({ request, outcome }: Started): PayRequest {
  const said = { ...(outcome.kind === 'ok' ? outcome.report : {}), ...outcome } as { channelNo?: string; sessionNo?: string };
  return { ...request, channelNo: said.channelNo ?? null, sessionNo: said.sessionNo ?? null };
}

/** What a shopper was given, as the simulator's controls take it. */
export function targetOf(action: Action): object {
  if (action.type === 'form') return { target: action.url, fields: action.fields };
  if (action.type === 'redirect') return { target: action.url };
  return { target: action.type === 'qr' ? action.qrContent : JSON.stringify(action.params) };
}

/** A channel that writes to what it was given changes what is sent again. */
function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null && !(inner instanceof Date)) deepFreeze(inner);
  return Object.freeze(value);
}
