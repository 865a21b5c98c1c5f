import { pageAnswer, redirectAnswer } from '../../answers.ts';
import { renderMessagePage } from '../../pages.ts';
import { fromChinaText } from '../../time.ts';
import { type Answer, type Done, honest, type Operation, type Twist, type Vendor, type Wire } from '../../types.ts';
import { type AlipayResult, failed, refused } from './answers.ts';
import { cancelTrade, findByCode, payBarCode } from './barcode.ts';
import { askBill, downloadBill } from './bills.ts';
import { makeCaller, makeTill } from './caller.ts';
import type { AlipayWorld } from './keys.ts';
import { openMerged, precreateMerged } from './merge.ts';
import type { AlipayRequest } from './request.ts';
import { type Params, signAnswer, verifyRequest } from './sign.ts';
import { closeTrade, createTrade, queryRefund, queryTrade, refundTrade } from './trades.ts';

interface Method {
  readonly operation: Operation;
  /** Who asks: the merchant's server, the shopper's browser, which sees a page, or the SDK in a mobile app, which asks in its own way. */
  readonly by: 'server' | 'browser' | 'app';
  readonly run: (world: AlipayWorld, request: AlipayRequest) => AlipayResult;
}

const methods: Readonly<Record<string, Method>> = {
  'alipay.trade.page.pay': { operation: 'pay', by: 'browser', run: (world, request) => createTrade(world, 'page', request) },
  'alipay.trade.wap.pay': { operation: 'pay', by: 'browser', run: (world, request) => createTrade(world, 'wap', request) },
  'alipay.trade.precreate': { operation: 'pay', by: 'server', run: (world, request) => createTrade(world, 'precreate', request) },
  'alipay.trade.app.pay': { operation: 'pay', by: 'app', run: (world, request) => createTrade(world, 'app', request) },
  'alipay.trade.merge.precreate': { operation: 'pay', by: 'server', run: precreateMerged },
  'alipay.trade.wap.merge.pay': { operation: 'pay', by: 'browser', run: openMerged },
  'alipay.trade.app.merge.pay': { operation: 'pay', by: 'app', run: openMerged },
  'alipay.trade.pay': { operation: 'pay', by: 'server', run: payBarCode },
  'alipay.trade.cancel': { operation: 'close', by: 'server', run: cancelTrade },
  'alipay.trade.query': { operation: 'query', by: 'server', run: queryTrade },
  'alipay.trade.close': { operation: 'close', by: 'server', run: closeTrade },
  'alipay.trade.refund': { operation: 'refund', by: 'server', run: refundTrade },
  'alipay.data.dataservice.bill.downloadurl.query': { operation: 'statement', by: 'server', run: askBill },
  'alipay.trade.fastpay.refund.query': { operation: 'query', by: 'server', run: queryRefund },
};

const methodOf = (params: Params): Method | undefined =>
  Object.hasOwn(methods, params.method ?? '') ? methods[params.method ?? ''] : undefined;

/** Public parameters may stand in the address and the rest in the form: the signature covers both. */
function readParams(wire: Wire): Params {
  const isForm = String(wire.headers['content-type']).startsWith('application/x-www-form-urlencoded');
  const pairs = [...new URLSearchParams(wire.query), ...(isForm ? new URLSearchParams(wire.body.toString('utf8')) : [])];
  return Object.fromEntries(pairs);
}

/** What a mobile app hands to the SDK: the parameters as one text, alone or as `orderStr` of an object. */
function readOrderString(target: string): Params | null {
  const text = parseContent(target)?.orderStr ?? target;
  if (typeof text !== 'string' || !/(^|&)method=alipay\.trade\.app(\.merge)?\.pay(&|$)/.test(text)) return null;
  return Object.fromEntries(new URLSearchParams(text));
}

function parseContent(text: string | undefined): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Faults of the envelope, in the order in which the gateway finds them. */
function checkEnvelope(params: Params): AlipayResult | null {
  if (!params.method) return refused('40001', 'isv.missing-method', '缺少method参数');
  if (!params.sign) return refused('40001', 'isv.missing-signature', '缺少签名参数');
  if (!params.timestamp) return refused('40001', 'isv.missing-timestamp', '缺少时间戳参数');
  if (!params.version) return refused('40001', 'isv.missing-version', '缺少版本参数');
  if (params.sign_type !== 'RSA2') return refused('40002', 'isv.invalid-signature-type', '无效签名类型');
  if (fromChinaText(params.timestamp) === null) return refused('40002', 'isv.invalid-timestamp', '非法的时间戳参数');
  if (params.version !== '1.0') return refused('40002', 'isv.invalid-version', '非法的版本参数');
  if ((params.charset ?? '').toLowerCase() !== 'utf-8') return refused('40002', 'isv.invalid-charset', '字符集错误');
  if (params.format !== undefined && params.format.toLowerCase() !== 'json') return refused('40002', 'isv.invalid-format', '无效数据格式');
  return methodOf(params) === undefined ? refused('40002', 'isv.invalid-method', '不存在的方法名') : null;
}

function showBrowser(world: AlipayWorld, result: AlipayResult): Answer {
  if (result.order !== undefined) return redirectAnswer(world.payPage(result.order));
  const message = `${String(result.node.sub_code)}: ${String(result.node.sub_msg)}`;
  return pageAnswer(200, renderMessagePage(message));
}

/** Alipay's OpenAPI, version 2: one address for everything. */
export function makeAlipay(world: AlipayWorld): Vendor {
  const platform = world.keys.platform;
  const merchantOf = (appId: string | undefined) => world.keys.merchants.find((one) => one.appId === appId);

  async function carryOut(
    params: Params,
    { twist, host = '', isApp = false }: { twist: Twist; host?: string; isApp?: boolean },
  ): Promise<AlipayResult> {
    const merchant = merchantOf(params.app_id);
    if (merchant === undefined) return refused('40002', 'isv.invalid-app-id', '无效的AppID参数');
    const wrong = checkEnvelope(params);
    if (wrong !== null) return wrong;
    if ((methodOf(params)?.by === 'app') !== isApp) return refused('40002', 'isv.invalid-method', '不存在的方法名');
    if (!(await verifyRequest(merchant.pair.verify, params))) return refused('40002', 'isv.invalid-signature', '无效签名');
    const content = parseContent(params.biz_content);
    if (content === null) return refused('40002', 'isv.invalid-parameter', '参数无效: biz_content');
    return methodOf(params)?.run(world, { merchant, params, content, twist, host }) ?? failed('ACQ.INVALID_PARAMETER');
  }

  async function show(params: Params, result: AlipayResult, status: number, spoil: boolean): Promise<Answer> {
    const method = methodOf(params);
    if (method?.by === 'browser') return showBrowser(world, result);
    const node = method === undefined ? 'error_response' : `${params.method?.replaceAll('.', '_')}_response`;
    const body = await signAnswer(platform.sign, node, result.node, spoil);
    return { status, headers: { 'content-type': 'text/html;charset=utf-8' }, body };
  }

  async function execute(wire: Wire, twist: Twist): Promise<Done> {
    const bill = downloadBill(world, wire.path, wire.query);
    if (bill !== null) return { answer: { status: 200, headers: { 'content-type': 'application/zip' }, body: '', bytes: bill } };
    const params = readParams(wire);
    const result = await carryOut(params, { twist, host: String(wire.headers.host) });
    const answer = await show(params, result, 200, twist.badSignature);
    return { answer, ...(result.order && { order: result.order }), ...(result.afterwards && { afterwards: result.afterwards }) };
  }

  return {
    identify(wire) {
      if (downloadBill(world, wire.path, wire.query) !== null) return { operation: 'statement', account: null };
      if (wire.path !== '/gateway.do' || (wire.method !== 'GET' && wire.method !== 'POST')) return null;
      const params = readParams(wire);
      return { operation: methodOf(params)?.operation ?? null, account: params.app_id ?? null };
    },
    execute,
    async fail(wire, trouble, code) {
      const params = readParams(wire);
      if (trouble === 'http_500')
        return { status: 500, headers: { 'content-type': 'text/html' }, body: '<html><body>500 Internal Server Error</body></html>' };
      const limited = { node: { code: '40005', msg: 'Call Limited', sub_code: 'isv.app-call-limited', sub_msg: '应用调用次数超限' } };
      if (trouble === 'rate_limited') return show(params, limited, 429, false);
      return show(
        params,
        failed(code ?? (methodOf(params)?.operation === 'refund' ? 'ACQ.SELLER_BALANCE_NOT_ENOUGH' : 'ACQ.PARTNER_ERROR')),
        200,
        false,
      );
    },
    ...makeCaller(world),
    ...makeTill(world),
    async open(target) {
      const params = readOrderString(target);
      return params === null ? findByCode(world, target) : ((await carryOut(params, { twist: honest, isApp: true })).order ?? null);
    },
  };
}
