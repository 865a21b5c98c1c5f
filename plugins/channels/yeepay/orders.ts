import type { PayRequest } from '../../../core/contract/channel.ts';
import type { Fault } from './errors.ts';
import { beijingTime, type Data, textOf, type YeepayAccount } from './gateway.ts';

export const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

/** Both codes stand for a request that was taken; which one comes differs by the interface. */
export const taken: ReadonlySet<unknown> = new Set(['00000', 'OPR00000']);

export function commonFields(account: YeepayAccount, request: PayRequest) {
  return {
    parentMerchantNo: account.parentMerchantNo,
    merchantNo: account.merchantNo,
    orderId: request.number,
    orderAmount: account.kit.money.toMajor(request.money),
    goodsName: request.subject,
    userIp: request.payer.clientIp ?? '',
    notifyUrl: request.callbackUrl,
    expiredTime: beijingTime(request.expiresAt),
  };
}

export function faultOf(result: Data): Fault {
  return { platform: false, code: textOf(result.code), message: textOf(result.message) };
}
