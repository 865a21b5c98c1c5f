import type { PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome } from '../../../core/contract/outcome.ts';
import { banks } from './banks.ts';
import { explainFault } from './errors.ts';
import { ask, type YeepayAccount } from './gateway.ts';
import { commonFields, faultOf, taken, unreadable } from './orders.ts';
import { signText } from './sign.ts';

/**
 * Online banking at the bank that the shopper named: the order is made here, and the shopper's browser goes to the standard cashier
 * with its token. The cashier leads on to the bank whose code `directPayType` is.
 */
export async function payAtBank(account: YeepayAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { bankCode = '' } = request.payer;
  if (account.cashierUrl === null) return { kind: 'rejected', reason: 'config' };
  if (!banks.some(({ code }) => code === bankCode)) return { kind: 'rejected', reason: 'validation', vendor: unknownBank };
  const { userIp: _, ...common } = commonFields(account, request);
  const fields = { ...common, ...(request.returnUrl === null ? {} : { redirectUrl: request.returnUrl }) };
  const answer = await ask(account, call, { method: 'POST', path: '/rest/v1.0/trade/order', fields });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'result') return answer;
  const { result } = answer;
  if (!taken.has(result.code)) return explainFault(faultOf(result));
  const isOurs = result.orderId === request.number && result.merchantNo === account.merchantNo;
  if (!isOurs || typeof result.token !== 'string' || !/^[\w-]{8,128}$/.test(result.token)) return unreadable;
  const url = await cashierAddress(account, account.cashierUrl, { token: result.token, bankCode, number: request.number, at: call.now() });
  return { kind: 'action', action: { type: 'redirect', url } };
}

const unknownBank = { code: 'bank_code', message: `payer.bank_code is one of ${banks.map(({ code }) => code).join(', ')}` };

interface Visit {
  readonly token: string;
  readonly bankCode: string;
  readonly number: string;
  readonly at: Date;
}

/** Signed in this order of names, which is that of YeePay's own SDKs (CashierSupport), empty values included. */
async function cashierAddress(account: YeepayAccount, cashierUrl: string, { token, bankCode, number, at }: Visit): Promise<string> {
  const fields = {
    appKey: account.appKey,
    merchantNo: account.merchantNo,
    token,
    timestamp: String(Math.floor(at.getTime() / 1000)),
    directPayType: bankCode,
    cardType: '',
    userNo: number,
    userType: 'USER_ID',
  };
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return `${cashierUrl}?sign=${await signText(account.privateKey, text)}&${text}`;
}
