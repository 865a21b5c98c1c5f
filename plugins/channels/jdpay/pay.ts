import type { PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome } from '../../../core/contract/outcome.ts';
import type { JdAccount } from './account.ts';
import { encrypt } from './cipher.ts';
import { explainFault } from './errors.ts';
import { ask, toJdTime } from './gateway.ts';
import { saysYes, textOf } from './message.ts';
import { signText, textOfForm } from './sign.ts';

type Fields = Readonly<Record<string, string>>;

export async function pay(account: JdAccount, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.product === 'qr') return showCode(account, request, call);
  if (request.product === 'barcode') return takeCode(account, request, call);
  return openCashier(account, request);
}

/** Asks JD nothing: the browser brings the order, so before that a query finds none. */
function openCashier(account: JdAccount, request: PayRequest): Outcome {
  const fields: Fields = { ...orderOf(account, request), ...payerOf(request), ...pageOf(request) };
  const open: Fields = { version: 'V2.0', merchant: account.merchant };
  const filled = Object.entries(fields).filter(([, value]) => value !== '');
  const sign = signText(textOfForm({ ...fields, ...open }), account.privateKey);
  const hidden = Object.fromEntries(filled.map(([name, value]) => [name, encrypt(value, account.desKey)]));
  const url = `${request.product === 'h5' ? account.urls.h5 : account.urls.pc}/jdpay/saveOrder`;
  return { kind: 'action', action: { type: 'form', url, fields: { ...open, ...hidden, sign } } };
}

async function showCode(account: JdAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const fields = { ...orderOf(account, request), ...payerOf(request), ...pageOf(request), tradeType: 'QR' };
  const answer = await ask(account, call, 'uniorder', fields);
  if (answer.kind !== 'signed' && answer.kind !== 'unsigned') return answer;
  if (answer.kind === 'unsigned' || !saysYes(answer)) return explainFault(answer);
  const { tradeNum, amount, qrCode } = answer.fields;
  const qrContent = textOf(qrCode);
  const isOurs = answer.merchant === account.merchant && tradeNum === request.number;
  const isAmount = amount === undefined || amount === String(request.money.amount);
  if (!isOurs || !isAmount || qrContent === null || !/^\S{1,1024}$/.test(qrContent)) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'action', action: { type: 'qr', qrContent } };
}

/**
 * The answer's `status` is not documented, and 1 means "processing" of payments and "succeeded" of refunds. So an accepted
 * payment code is always `processing`: the query, whose states are documented, says what became of it.
 */
async function takeCode(account: JdAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { authCode } = request.payer;
  if (authCode === undefined || !/^[0-9A-Za-z]{8,64}$/.test(authCode)) return { kind: 'rejected', reason: 'validation' };
  const answer = await ask(account, call, 'fkmPay', { ...orderOf(account, request), token: authCode, device: account.device });
  if (answer.kind !== 'signed' && answer.kind !== 'unsigned') return answer;
  if (answer.kind === 'unsigned' || !saysYes(answer)) return explainFault(answer);
  const number = textOf(answer.fields['tradeNum']);
  if (number === null) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'ok', report: { state: 'processing', echo: { number, merchantNo: answer.merchant } } };
}

/** What every order says. Names of 128 characters; JD joins lines when it verifies, so there is but one. */
function orderOf(account: JdAccount, { number, money, subject, createdAt, callbackUrl }: PayRequest): Fields {
  return {
    tradeNum: number,
    tradeName: Array.from(subject.replace(/\s+/g, ' ').trim()).slice(0, 128).join('') || number,
    tradeTime: toJdTime(createdAt),
    amount: String(money.amount),
    currency: money.currency,
    orderType: account.orderType,
    notifyUrl: callbackUrl,
  };
}

/** 16 characters hold an IPv4 address only. */
function payerOf({ payer }: PayRequest): Fields {
  return payer.clientIp !== undefined && /^\d{1,3}(?:\.\d{1,3}){3}$/.test(payer.clientIp) ? { ip: payer.clientIp } : {};
}

function pageOf({ createdAt, expiresAt, returnUrl, callbackUrl }: PayRequest): Fields {
  const leftMs = expiresAt.getTime() - createdAt.getTime();
  return {
    expireTime: String(Math.max(1, Math.floor(leftMs / 1000))),
    // JD insists on an address.
    callbackUrl: returnUrl ?? `${new URL(callbackUrl).origin}/checkout/return`,
  };
}
