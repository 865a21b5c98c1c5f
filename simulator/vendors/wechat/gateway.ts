import { endRefund } from '../../orders.ts';
import { type FoundRoute, findRoute, type Route, readJson } from '../../requests.ts';
import { type Answer, type Done, honest, type Twist, type Vendor, type Wire } from '../../types.ts';
import { problem, type WechatResult } from './answers.ts';
import { askBill, downloadBill } from './bills.ts';
import { makeCaller } from './caller.ts';
import { closeCombined, createCombined, queryCombined } from './combine.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';
import { makeOauth } from './oauth.ts';
import { closeOrder, createOrder, queryOrder } from './orders.ts';
import { createRefund, queryRefund } from './refunds.ts';
import { isFresh, readAuthorization, seal, signMessage, verifyRequest } from './sign.ts';
import { makeV2 } from './v2.ts';

type Handler = (found: readonly string[], json: unknown, merchant: WechatMerchant, twist: Twist, wire: Wire) => WechatResult;

/** How long a nonce is remembered: at least as long as a request with it can be fresh. */
const nonceLifeMs = 600_000;
const statusOfCode: Readonly<Record<string, number>> = {
  NO_AUTH: 403,
  NOT_ENOUGH: 403,
  ACCOUNT_ERROR: 403,
  TRADE_ERROR: 403,
  RULE_LIMIT: 403,
  USER_ACCOUNT_ABNORMAL: 403,
  OPENID_MISMATCH: 500,
  SIGN_ERROR: 401,
  FREQUENCY_LIMITED: 429,
  SYSTEM_ERROR: 500,
  BANK_ERROR: 500,
  ORDER_NOT_EXIST: 404,
  RESOURCE_NOT_EXISTS: 404,
};

/** Remembers what it has seen, in two generations, so that forgetting costs nothing. */
function makeNonceBook(now: () => number): (nonce: string) => boolean {
  let [young, old, since] = [new Set<string>(), new Set<string>(), now()];
  return (nonce) => {
    if (now() - since > nonceLifeMs) [young, old, since] = [new Set<string>(), young, now()];
    if (young.has(nonce) || old.has(nonce)) return false;
    young.add(nonce);
    return true;
  };
}

/** Orders and refunds of one merchant, by the paths of API version 3. */
function makeRoutes(world: WechatWorld): readonly Route<Handler>[] {
  const { store } = world;
  const byNumber = (number: string | undefined, merchant: WechatMerchant) => store.findOrder('wechat', merchant.mchid, number ?? '');
  const byVendorNo = (vendorNo: string | undefined, merchant: WechatMerchant) => {
    const order = store.findByVendorNo('wechat', vendorNo ?? '');
    return order?.account === merchant.mchid && order.state === 'paid' ? order : undefined;
  };
  return [
    [
      'POST',
      /^\/v3\/pay\/transactions\/(native|jsapi|app|h5)$/,
      'pay',
      ([product], json, merchant) => createOrder(world, product ?? '', json, merchant),
    ],
    [
      'GET',
      /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/,
      'query',
      ([no], _, merchant, twist) => queryOrder(world, byNumber(no, merchant), merchant, twist),
    ],
    [
      'GET',
      /^\/v3\/pay\/transactions\/id\/([^/]+)$/,
      'query',
      ([no], _, merchant, twist) => queryOrder(world, byVendorNo(no, merchant), merchant, twist),
    ],
    [
      'POST',
      /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/,
      'close',
      ([no], json, merchant) => closeOrder(world, byNumber(no, merchant), json, merchant),
    ],
    ['POST', /^\/v3\/combine-transactions\/native$/, 'pay', (_, json, merchant) => createCombined(world, json, merchant)],
    [
      'GET',
      /^\/v3\/combine-transactions\/out-trade-no\/([^/]+)$/,
      'query',
      ([no], _, merchant, twist) => queryCombined(world, byNumber(no, merchant), merchant, twist),
    ],
    [
      'POST',
      /^\/v3\/combine-transactions\/out-trade-no\/([^/]+)\/close$/,
      'close',
      ([no], json, merchant) => closeCombined(world, byNumber(no, merchant), json, merchant),
    ],
    ['POST', /^\/v3\/refund\/domestic\/refunds$/, 'refund', (_, json, merchant, twist) => createRefund(world, json, merchant, twist)],
    [
      'GET',
      /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/,
      'query',
      ([no], _, merchant, twist) => queryRefund(world, no ?? '', merchant, twist),
    ],
    [
      'GET',
      /^\/v3\/bill\/(tradebill|fundflowbill)$/,
      'statement',
      ([bill], _json, merchant, _twist, { query, headers }) =>
        askBill(world, merchant, bill === 'tradebill' ? 'trades' : 'funds', new URLSearchParams(query), String(headers.host)),
    ],
    ['GET', /^\/v3\/certificates$/, null, (_found, _json, merchant) => certificates(world, merchant)],
  ];
}

/** GET /v3/certificates: merchants that verify with a public key have none to download. */
function certificates(world: WechatWorld, merchant: WechatMerchant): WechatResult {
  const data = Object.entries(world.keys.platform)
    .filter(([serial]) => !serial.startsWith('PUB_KEY_ID_') && serial === merchant.platformSerial)
    .map(([serial, { pem }]) => ({
      serial_no: serial,
      effective_time: '2025-01-01T08:00:00+08:00',
      expire_time: '2045-01-01T08:00:00+08:00',
      encrypt_certificate: seal(merchant.apiV3Key, pem, 'certificate'),
    }));
  return data.length > 0 ? { status: 200, json: { data } } : problem(404, 'RESOURCE_NOT_EXISTS', '无可用的平台证书');
}

const merchantOf = (world: WechatWorld, mchid: string | null | undefined) => world.keys.merchants.find((one) => one.mchid === mchid);

/** An answer with the platform's signature; a stranger gets it by the first key. */
async function signAnswer(world: WechatWorld, result: WechatResult, merchant: WechatMerchant | undefined, spoil: boolean): Promise<Answer> {
  const serial = merchant?.platformSerial ?? Object.keys(world.keys.platform)[0] ?? '';
  const platform = world.keys.platform[serial];
  if (platform === undefined) throw new Error(`no platform key ${serial}`);
  const body = result.json === null ? '' : JSON.stringify(result.json);
  const proof = await signMessage(platform.pair.sign, { serial, body, nowMs: world.now(), spoil });
  return {
    status: result.status,
    headers: { ...(body !== '' && { 'content-type': 'application/json; charset=utf-8' }), ...proof },
    body,
  };
}

/** The merchant that signed the request, or why it cannot be believed. */
async function authenticate(
  world: WechatWorld,
  isNewNonce: (nonce: string) => boolean,
  wire: Wire,
): Promise<WechatMerchant | WechatResult> {
  const by = readAuthorization(wire.headers.authorization);
  if (by === null) return problem(401, 'SIGN_ERROR', 'Http头Authorization值格式错误');
  const merchant = merchantOf(world, by.mchid);
  if (merchant === undefined || merchant.serialNo !== by.serialNo) return problem(401, 'SIGN_ERROR', '商户证书序列号有误');
  if (!isFresh(by.timestamp, world.now()))
    return problem(401, 'SIGN_ERROR', 'Http头Authorization中的timestamp与发起请求的时间不得超过5分钟');
  const target = wire.query === '' ? wire.path : `${wire.path}?${wire.query}`;
  if (!(await verifyRequest(merchant.pair.verify, { method: wire.method, target, body: wire.body }, by)))
    return problem(401, 'SIGN_ERROR', '签名错误');
  return isNewNonce(`${by.mchid}/${by.nonce}`) ? merchant : problem(401, 'SIGN_ERROR', 'Http头Authorization中的nonce_str已被使用');
}

/** Runs the route of a believed request. */
function carryOut(route: FoundRoute<Handler> | null, wire: Wire, merchant: WechatMerchant, twist: Twist): WechatResult {
  if (route === null) return problem(404, 'RESOURCE_NOT_EXISTS', '请求的资源不存在');
  const isPost = wire.method === 'POST';
  const json = isPost ? readJson(wire) : undefined;
  if (isPost && json === undefined) return problem(400, 'PARAM_ERROR', '请求体不是JSON');
  const asks = wire.path.startsWith('/v3/pay/') && !isPost;
  if (asks && new URLSearchParams(wire.query).get('mchid') !== merchant.mchid)
    return problem(400, 'PARAM_ERROR', 'mchid有误', { field: '/mchid' });
  return route.run(route.parts, json, merchant, twist, wire);
}

/** The one address whose answers carry no signature. */
const billPath = '/v3/billdownload/file';

function sendBill(world: WechatWorld, merchant: WechatMerchant, wire: Wire): Answer {
  const bill = downloadBill(world, merchant, new URLSearchParams(wire.query));
  if (bill === null) return { status: 404, headers: { 'content-type': 'application/json' }, body: '{"code":"RESOURCE_NOT_EXISTS"}' };
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: '', bytes: bill };
}

/** WeChat Pay's API version 3, from the merchant's side of its gateway. */
export function makeWechat(world: WechatWorld): Vendor {
  const routes = makeRoutes(world);
  const isNewNonce = makeNonceBook(world.now);
  const v2 = makeV2(world);
  const oauth = makeOauth(world);

  return {
    identify(wire) {
      if (oauth.isMine(wire)) return { operation: null, account: null };
      const old = v2.identify(wire);
      if (old !== null) return old;
      if (wire.path === billPath) return { operation: 'statement', account: readAuthorization(wire.headers.authorization)?.mchid ?? null };
      const found = findRoute(routes, wire);
      return found ? { operation: found.operation, account: readAuthorization(wire.headers.authorization)?.mchid ?? null } : null;
    },
    async execute(wire, twist): Promise<Done> {
      if (oauth.isMine(wire)) return { answer: oauth.answer(wire) };
      if (v2.identify(wire) !== null) return v2.execute(wire, twist);
      const who = await authenticate(world, isNewNonce, wire);
      if ('status' in who) return { answer: await signAnswer(world, who, undefined, twist.badSignature) };
      if (wire.path === billPath) return { answer: sendBill(world, who, wire) };
      const result = carryOut(findRoute(routes, wire), wire, who, twist);
      const answer = await signAnswer(world, result, who, twist.badSignature);
      return { answer, ...(result.order && { order: result.order }), ...(result.afterwards && { afterwards: result.afterwards }) };
    },
    fail(wire, trouble, code) {
      if (v2.identify(wire) !== null) return v2.fail(wire, trouble, code, honest);
      const merchant = merchantOf(world, readAuthorization(wire.headers.authorization)?.mchid);
      if (trouble === 'http_500') return signAnswer(world, problem(500, 'SYSTEM_ERROR', '系统异常，请用相同参数重新调用'), merchant, false);
      if (trouble === 'rate_limited') return signAnswer(world, problem(429, 'FREQUENCY_LIMITED', '频率限制'), merchant, false);
      const word = code ?? 'RULE_LIMIT';
      return signAnswer(world, problem(statusOfCode[word] ?? 400, word, '业务规则限制'), merchant, false);
    },
    ...makeCaller(world),
    returnTo: async () => null,
    cancelTo: () => null,
    resume(order) {
      for (const refund of order.refunds) if (!refund.done) void endRefund(world, order, refund);
    },
    async open(target) {
      // Inside WeChat the parameters hold `prepay_id=…`, from an app a member `prepayId`.
      const prepay = /prepay_?id[=":\s]+(wx\d+)/i.exec(target)?.[1];
      return prepay === undefined ? v2.open(target) : (world.store.findByToken('wechat', prepay) ?? null);
    },
  };
}
