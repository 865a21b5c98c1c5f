import { pageAnswer, redirectAnswer } from '../../answers.ts';
import { verifyText } from '../../rsa.ts';
import type { Done, Wire } from '../../types.ts';
import type { YeepayWorld } from './index.ts';

/** The banks of the simulated merchant, by the codes of the cashier. */
const banks = 'ICBC CCB ABC BOC CMBCHINA BOCO PSBC CIB CMBC CEB PINGANBANK ECITIC GDB SPDB HXB SHB BCCB'.split(' ');
const names = ['appKey', 'merchantNo', 'token', 'timestamp', 'directPayType', 'cardType', 'userNo', 'userType'];
/** For how long the address may be opened after it was signed. */
const maxAgeMs = 3_600_000;

export const isCashier = ({ method, path }: Wire): boolean => method === 'GET' && path === '/cashier/std';

/** The shopper's browser: with an address that the merchant signed, it goes on to the bank. */
export async function visitCashier(world: YeepayWorld, { query }: Wire): Promise<Done> {
  const [sign = '', ...rest] = query.split('&');
  const text = rest.join('&');
  const pairs = rest.map((pair) => pair.split('='));
  const of = (name: string) => pairs.find(([one]) => one === name)?.[1] ?? '';
  const merchant = world.keys.merchants.find(({ appKey, merchantNo }) => appKey === of('appKey') && merchantNo === of('merchantNo'));
  const order = world.store.findByToken(world.channel, of('token'));
  const signature = /^sign=([\w-]+)\$SHA256$/.exec(sign)?.[1] ?? '';
  const base64 = signature.replaceAll('-', '+').replaceAll('_', '/');
  const padded = base64.padEnd(Math.ceil(base64.length / 4) * 4, '=');
  const isInOrder = pairs.map(([name]) => name).join() === names.join();
  const isSigned = merchant !== undefined && isInOrder && (await verifyText(merchant.pair.verify, text, padded));
  if (!isSigned || order?.account !== merchant?.merchantNo) return refuse('签名错误 (the signature is wrong)');
  if (Math.abs(world.now() - Number(of('timestamp')) * 1000) > maxAgeMs) return refuse('链接已过期 (the address is too old)');
  if (!banks.some((bank) => of('directPayType') === `${bank}_B2C`)) return refuse('银行编码错误 (no such bank)');
  return order === undefined ? refuse('订单不存在 (no such order)') : { answer: redirectAnswer(world.payPage(order)), order };
}

const refuse = (text: string): Done => ({ answer: pageAnswer(400, `<!doctype html><meta charset="utf-8"><p>${text}</p>`) });
