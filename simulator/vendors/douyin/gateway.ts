import { endRefund } from '../../orders.ts';
import { findRoute, headerOf, type Route, readJson } from '../../requests.ts';
import type { Answer, Twist, Vendor, Wire } from '../../types.ts';
import { type DouyinResult, parameterError, problem } from './answers.ts';
import { makeCaller } from './caller.ts';
import type { DouyinMerchant, DouyinWorld } from './keys.ts';
import { closeOrder, createOrder, queryOrder } from './orders.ts';
import { createRefund, queryRefund } from './refunds.ts';
import { isFresh, proveMessage, readAuthorization, verifyRequest } from './sign.ts';

interface Request {
  readonly parts: readonly string[];
  readonly json: unknown;
  readonly merchant: DouyinMerchant;
  readonly twist: Twist;
}
type Handler = (request: Request) => DouyinResult;

function makeRoutes(world: DouyinWorld): readonly Route<Handler>[] {
  const { store } = world;
  const byNumber = ({ parts, merchant }: Request) => store.findOrder('douyin', merchant.mchid, parts[0] ?? '');
  const byVendorNo = ({ parts, merchant }: Request) => {
    const order = store.findByVendorNo('douyin', parts[0] ?? '');
    return order?.account === merchant.mchid && order.state === 'paid' ? order : undefined;
  };
  const orders = '/v1/trade/transactions';
  const path = (text: string) => new RegExp(`^${text}$`);
  return [
    ['POST', path(`${orders}/(native|jsapi|app|h5)`), 'pay', (it) => createOrder(world, it.parts[0] ?? '', it.json, it.merchant)],
    ['GET', path(`${orders}/out-trade-no/([^/]+)`), 'query', (it) => queryOrder(world, byNumber(it), it.merchant, it.twist)],
    ['GET', path(`${orders}/id/([^/]+)`), 'query', (it) => queryOrder(world, byVendorNo(it), it.merchant, it.twist)],
    ['POST', path(`${orders}/out-trade-no/([^/]+)/close`), 'close', (it) => closeOrder(world, byNumber(it), it.json, it.merchant)],
    ['POST', path('/v1/trade/refund/domestic/refunds'), 'refund', (it) => createRefund(world, it.json, it.merchant, it.twist)],
    [
      'GET',
      path('/v1/trade/refund/domestic/refunds/([^/]+)'),
      'query',
      (it) => queryRefund(world, it.parts[0] ?? '', it.merchant, it.twist),
    ],
  ];
}

/** Each number is taken once from each merchant while a request with it could still be fresh. */
function makeNonceBook(now: () => number): (nonce: string) => boolean {
  const seen = new Map<string, number>();
  return (nonce) => {
    const oldest = now() - 600_000;
    for (const [one, atMs] of seen) {
      if (atMs > oldest) break;
      seen.delete(one);
    }
    if (seen.has(nonce)) return false;
    seen.set(nonce, now());
    return true;
  };
}

const refuse = (message: string) => problem(401, 'SIGN_ERROR', message);

/** The merchant that signed the request, or why it cannot be believed. */
async function authenticate(world: DouyinWorld, isNew: (nonce: string) => boolean, wire: Wire): Promise<DouyinMerchant | DouyinResult> {
  const by = readAuthorization(headerOf(wire, 'authorization'));
  if (by === null) return refuse('Authorization格式错误');
  const merchant = world.keys.merchants.find(({ mchid }) => mchid === by.mchid);
  if (merchant === undefined || merchant.serialNo !== by.serialNo) return refuse('商户证书序列号有误');
  if (!isFresh(by, world.now())) return refuse('timestamp超过5分钟');
  if (!(await verifyRequest(merchant.pair.verify, wire, by))) return refuse('签名错误');
  return isNew(`${by.mchid} ${by.nonce}`) ? merchant : refuse('nonce_str已被使用');
}

/** Whom nobody has recognised, nobody signs an answer for. */
async function show(world: DouyinWorld, result: DouyinResult, merchant: DouyinMerchant | null, isSpoiled: boolean): Promise<Answer> {
  const body = result.json === null ? '' : JSON.stringify(result.json);
  const serial = merchant?.platformSerial ?? '';
  const key = world.keys.platform.get(serial)?.sign;
  const proof = key === undefined ? {} : await proveMessage(key, { serial, body, nowMs: world.now(), spoil: isSpoiled });
  return { status: result.status, headers: { 'content-type': 'application/json; charset=utf-8', ...proof }, body };
}

/** Douyin Pay's API for merchants of their own, from the vendor's side. */
export function openDouyin(world: DouyinWorld): Vendor {
  const routes = makeRoutes(world);
  const isNew = makeNonceBook(world.now);
  const claimantOf = (wire: Wire) => readAuthorization(headerOf(wire, 'authorization'))?.mchid ?? null;

  function carryOut(wire: Wire, merchant: DouyinMerchant, twist: Twist): DouyinResult {
    const found = findRoute(routes, wire);
    if (found === null) return problem(404, 'RESOURCE_NOT_EXISTS', '请求的资源不存在');
    const json = wire.method === 'POST' ? readJson(wire) : null;
    if (json === undefined) return problem(400, 'PARAM_ERROR', '请求体不是JSON');
    const isStranger = wire.method === 'GET' && new URLSearchParams(wire.query).get('mchid') !== merchant.mchid;
    if (isStranger) return parameterError({ field: '/mchid', issue: 'is not the one that signed' });
    return found.run({ parts: found.parts, json, merchant, twist });
  }

  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: claimantOf(wire) };
    },
    async execute(wire, twist) {
      const who = await authenticate(world, isNew, wire);
      if ('status' in who) return { answer: await show(world, who, null, false) };
      const result = carryOut(wire, who, twist);
      const { order, afterwards } = result;
      const answer = await show(world, result, who, twist.badSignature);
      return { answer, ...(order && { order }), ...(afterwards && { afterwards }) };
    },
    fail(wire, trouble, code) {
      const merchant = world.keys.merchants.find(({ mchid }) => mchid === claimantOf(wire)) ?? null;
      if (trouble === 'http_500') return show(world, problem(500, 'SYSTEM_ERROR', '系统异常'), merchant, false);
      if (trouble === 'rate_limited') return show(world, problem(429, 'FREQUENCY_LIMITED', '频率限制'), merchant, false);
      return show(world, problem(403, code ?? 'TRADE_ERROR', '交易错误'), merchant, false);
    },
    ...makeCaller(world),
    returnTo: async () => null,
    cancelTo: () => null,
    resume(order) {
      for (const refund of order.refunds) if (!refund.done) void endRefund(world, order, refund);
    },
    async open(target) {
      // Inside Douyin the parameters hold `prepay_id=…`, from an app a member `prepayid`.
      const token = /"package"\s*:\s*"prepay_id=(dy\d{30})"|"prepayid"\s*:\s*"(dy\d{30})"/.exec(target);
      return world.store.findByToken('douyin', token?.[1] ?? token?.[2] ?? '') ?? null;
    },
  };
}
