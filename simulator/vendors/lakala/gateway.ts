import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import { checkField } from '../../fields.ts';
import { findRoute, headerOf, type Route, readJson } from '../../requests.ts';
import { type Key, signText, verifyText } from '../../rsa.ts';
import { toChinaText } from '../../time.ts';
import type { Answer, Order, Twist, Vendor, Wire } from '../../types.ts';
import { type LakalaMerchant, type LakalaWorld, platformSerial } from './keys.ts';
import { envelope, rules } from './rules.ts';
import { close, describe, micropay, preorder, query, queryRefund, type Result, refund, waitsForPassword } from './trades.ts';

type Fields = Readonly<Record<string, string>>;
type Handler = readonly [rule: keyof typeof rules, run: typeof query];

const windowSec = 300;
const base = '^/api/v3';
const routes: readonly Route<Handler>[] = [
  ['POST', new RegExp(`${base}/labs/trans/preorder$`), 'pay', ['preorder', preorder]],
  ['POST', new RegExp(`${base}/labs/trans/micropay$`), 'pay', ['micropay', micropay]],
  ['POST', new RegExp(`${base}/labs/query/tradequery$`), 'query', ['query', query]],
  ['POST', new RegExp(`${base}/labs/relation/close$`), 'close', ['close', close]],
  ['POST', new RegExp(`${base}/rfd/refund_front/refund$`), 'refund', ['refund', refund]],
  ['POST', new RegExp(`${base}/rfd/refund_front/refund_query$`), 'query', ['queryRefund', queryRefund]],
];

const partsOf =
  /^LKLAPI-SHA256withRSA appid="(\w+)",serial_no="(\w+)",timestamp="(\d{10})",nonce_str="([A-Za-z0-9]{12})",signature="([^"]+)"$/;

const merchantOf = (world: LakalaWorld, wire: Wire) => {
  const appid = partsOf.exec(headerOf(wire, 'authorization') ?? '')?.[1];
  return world.keys.merchants.find((one) => one.appid === appid) ?? null;
};

async function isProven(world: LakalaWorld, merchant: LakalaMerchant, wire: Wire): Promise<boolean> {
  const [, appid, serial, timestamp, nonce, signature = ''] = partsOf.exec(headerOf(wire, 'authorization') ?? '') ?? [];
  if (serial !== merchant.serialNo || Math.abs(world.now() - Number(timestamp) * 1000) > windowSec * 1000) return false;
  const head = Buffer.from(`${appid}\n${serial}\n${timestamp}\n${nonce}\n`);
  return verifyText(merchant.pair.verify, Buffer.concat([head, wire.body, Buffer.from('\n')]), signature);
}

async function show(world: LakalaWorld, status: number, { code, msg, data }: Result, appid: string, spoil: boolean): Promise<Answer> {
  const json = { code, msg, resp_time: toChinaText(world.now()).replace(/\D/g, ''), ...(data && { resp_data: data }) };
  const [timestamp, nonce] = [String(Math.trunc(world.now() / 1000)), randomBytes(6).toString('hex')];
  const message = `${appid}\n${platformSerial}\n${timestamp}\n${nonce}\n${JSON.stringify(json)}\n`;
  return jsonAnswer(status, json, {
    'lklapi-appid': appid,
    'lklapi-serial': platformSerial,
    'lklapi-timestamp': timestamp,
    'lklapi-nonce': nonce,
    'lklapi-signature': await signText(world.keys.platform.sign, message, { spoil }),
  });
}

/** Checks the fields as strictly as they are documented, then carries the request out. */
function carryOut(world: LakalaWorld, merchant: LakalaMerchant, wire: Wire, twist: Twist): Result {
  const found = findRoute(routes, wire);
  const json = readJson(wire) as { readonly req_data?: Fields } | undefined;
  if (found === null || json === undefined) return { code: 'BBS90000', msg: '请求错误' };
  const { req_data: data = {}, ...rest } = json;
  const [rule, run] = found.run;
  const wrong = checkField(rest, envelope) ?? checkField(data, rules[rule]);
  if (wrong !== null) return { code: 'BBS90000', msg: `${wrong.field} ${wrong.issue}` };
  if (data.merchant_no !== merchant.merchantNo || data.term_no !== merchant.termNo) return { code: 'BBS90007', msg: '商户或终端不存在' };
  return run(world, merchant, data, twist);
}

async function compose(world: LakalaWorld, order: Order, twist: Twist & { readonly forged: boolean }) {
  const body = JSON.stringify({ ...describe(order, twist), trade_status: 'SUCCESS' });
  const [timestamp, nonce] = [String(Math.trunc(world.now() / 1000)), randomBytes(6).toString('hex')];
  const key: Key = twist.forged ? (await world.forger()).sign : world.keys.notify.sign;
  const signature = await signText(key, `${timestamp}\n${nonce}\n${body}\n`, { spoil: twist.badSignature });
  const authorization = `LKLAPI-SHA256withRSA timestamp="${timestamp}",nonce_str="${nonce}",signature="${signature}"`;
  return { headers: { 'content-type': 'application/json', authorization }, body };
}

function isAccepted(status: number, body: string): boolean {
  if (body.trim() === 'success') return status === 200;
  try {
    return status === 200 && (JSON.parse(body) as Fields).code === 'SUCCESS';
  } catch {
    return false;
  }
}

/** The open platform's scanned payments, from Lakala's side. */
export function openLakala(world: LakalaWorld): Vendor {
  const refuse = (msg: string) => ({ answer: jsonAnswer(401, { code: 'GW0001', msg }) });
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(world, wire)?.merchantNo ?? null };
    },
    async execute(wire, twist) {
      const merchant = merchantOf(world, wire);
      if (merchant === null) return refuse('appid不存在');
      if (!(await isProven(world, merchant, wire))) return refuse('验签失败');
      const result = carryOut(world, merchant, wire, twist);
      const { order, afterwards } = result;
      const answer = await show(world, 200, result, merchant.appid, twist.badSignature);
      return { answer, ...(order && { order }), ...(afterwards && { afterwards }) };
    },
    fail(wire, trouble, code) {
      const appid = merchantOf(world, wire)?.appid ?? '';
      if (trouble === 'http_500') return show(world, 500, { code: 'GW0500', msg: '系统异常' }, appid, false);
      if (trouble === 'rate_limited') return show(world, 429, { code: 'GW0429', msg: '频率限制' }, appid, false);
      return show(world, 200, { code: code ?? 'BBS90009', msg: '交易失败' }, appid, false);
    },
    events: (_, happening) => (happening === 'paid' ? ['SUCCESS'] : []),
    callbackUrl: (order, about) => (about === null ? order.notifyUrl : null),
    compose: (order, _, twist) => compose(world, order, twist),
    accepts: isAccepted,
    returnTo: async () => null,
    cancelTo: () => null,
    async open(target) {
      const token = /"package":"prepay_id=lkl([0-9a-f]{32})"|"tradeNO":"lkl([0-9a-f]{32})"/.exec(target);
      if (token !== null) return world.store.findByToken('lakala', token[1] ?? token[2] ?? '') ?? null;
      if (!/^\d{16,24}$/.test(target) || !waitsForPassword.test(target)) return null;
      const waits = ({ channel, state, facts }: Order) => channel === 'lakala' && state === 'open' && facts.auth_code === target;
      return [...world.store.orders.values()].find(waits) ?? null;
    },
  };
}
