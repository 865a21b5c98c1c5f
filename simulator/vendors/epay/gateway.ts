import { randomInt } from 'node:crypto';
import { jsonAnswer, pageAnswer, redirectAnswer } from '../../answers.ts';
import { draftOrder, refundOrder } from '../../orders.ts';
import { renderMessagePage } from '../../pages.ts';
import { findRoute, type Route } from '../../requests.ts';
import { toChinaDay, toChinaText } from '../../time.ts';
import type { Answer, Done, Order, Twist, Vendor, Wire } from '../../types.ts';
import type { World } from '../../world.ts';
import { fromYuan, toYuan } from '../../yuan.ts';
import { type Params, signed, signParams } from './sign.ts';

interface Site {
  readonly pid: string;
  readonly key: string;
}
export type EpayKeys = readonly Site[];
type EpayWorld = World<EpayKeys>;
type Handler = (params: Params, twist: Twist) => Done;

const types = ['alipay', 'wxpay', 'qqpay'];
const dayMs = 24 * 3600_000;
const refuse = (code: number, msg: string): Done => ({ answer: jsonAnswer(200, { code, msg }) });

/** Parameters of the address and of the form together, as the sites' PHP reads them. */
function readParams(wire: Wire): Params {
  const isForm = String(wire.headers['content-type']).startsWith('application/x-www-form-urlencoded');
  return Object.fromEntries([...new URLSearchParams(wire.query), ...(isForm ? new URLSearchParams(wire.body.toString('utf8')) : [])]);
}

/** The order that a signed request asks for: a new one, or the one that is open already. A text refuses. */
function takeOrder(world: EpayWorld, params: Params): Order | string {
  const site = world.keys.find(({ pid }) => pid === params.pid);
  if (site === undefined) return '商户ID不存在';
  if (signParams(params, site.key) !== params.sign) return '签名校验失败';
  const amount = fromYuan(params.money);
  if (amount === null || amount < 1) return '金额不合法';
  if (!types.includes(params.type ?? '')) return '支付方式不存在';
  if (!/^[\w.|-]{1,64}$/.test(params.out_trade_no ?? '')) return '订单号(out_trade_no)格式不正确';
  if (!params.name || !/^https?:\/\//.test(params.notify_url ?? '')) return '缺少参数';
  const earlier = world.store.findOrder('epay', site.pid, params.out_trade_no ?? '');
  if (earlier !== undefined) return earlier.state === 'open' && earlier.fingerprint === params.sign ? earlier : '订单号重复';
  const order = draftOrder(world, {
    account: site.pid,
    number: params.out_trade_no ?? '',
    product: params.type ?? '',
    vendorNo: `${toChinaDay(world.now())}${Array.from({ length: 12 }, () => randomInt(10)).join('')}`,
    amount,
    currency: 'CNY',
    subject: params.name,
    expiresAt: world.now() + dayMs,
    notifyUrl: params.notify_url ?? null,
    returnUrl: params.return_url || null,
    fingerprint: params.sign,
    facts: { param: params.param ?? '' },
  });
  world.store.save(order);
  return order;
}

/** `submit.php`: the shopper's browser, on its way to the pay page. */
function submit(world: EpayWorld, params: Params): Done {
  if (!/^https?:\/\//.test(params.return_url ?? '')) return { answer: pageAnswer(200, renderMessagePage('返回地址(return_url)不能为空')) };
  const order = takeOrder(world, params);
  if (typeof order === 'string') return { answer: pageAnswer(200, renderMessagePage(order)) };
  return { answer: redirectAnswer(world.payPage(order)), order };
}

/** `mapi.php`: the merchant's server, which needs the shopper's address too. */
function create(world: EpayWorld, params: Params): Done {
  if (!/^[\d.:a-f]{3,45}$/i.test(params.clientip ?? '')) return refuse(-1, '用户IP地址(clientip)不能为空');
  const order = takeOrder(world, params);
  if (typeof order === 'string') return refuse(-1, order);
  return { answer: jsonAnswer(200, { code: 1, msg: '', trade_no: order.vendorNo, qrcode: world.payPage(order) }), order };
}

/** The sites prove a merchant by its bare key here, not by a signature. */
function findSite(world: EpayWorld, params: Params): Site | undefined {
  return world.keys.find(({ pid, key }) => pid === params.pid && key === params.key);
}

function describe(world: EpayWorld, { pid }: Site, order: Order, twist: Twist): Done {
  const isOver = order.refunds.length > 0;
  const content = {
    code: 1,
    msg: '查询订单号成功！',
    trade_no: order.vendorNo,
    out_trade_no: order.number,
    type: order.product,
    pid: twist.wrongAccount ? `${pid}9` : pid,
    addtime: toChinaText(order.createdAt),
    endtime: order.state === 'paid' ? toChinaText(order.paidAt || world.now()) : null,
    name: order.subject,
    money: toYuan(order.amount + (twist.wrongAmount ? 1 : 0)),
    status: order.state !== 'paid' ? 0 : isOver ? 2 : 1,
  };
  return { answer: jsonAnswer(200, content), order };
}

/** `api.php`: `act=order` and `act=refund`. */
function serve(world: EpayWorld, params: Params, twist: Twist): Done {
  const site = findSite(world, params);
  if (site === undefined) return refuse(-3, '商户密钥错误');
  const order = world.store.findOrder('epay', site.pid, params.out_trade_no ?? '');
  const isYoung = order !== undefined && world.now() - order.createdAt < twist.notFoundUntilMs;
  if (order === undefined || (params.act === 'order' && isYoung)) return refuse(-1, '订单号不存在');
  if (params.act === 'order') return describe(world, site, order, twist);
  if (params.act !== 'refund') return refuse(-5, 'No Act!');
  const amount = fromYuan(params.money);
  if (order.state !== 'paid' || order.refunds.length > 0) return refuse(-1, '该订单状态不支持退款');
  if (amount !== order.amount) return refuse(-1, '退款金额必须与订单金额一致');
  const given = { number: `R${order.number}`, vendorNo: `R${order.vendorNo}`, amount, done: true };
  const { afterwards } = refundOrder(world, order, given);
  return { answer: jsonAnswer(200, { code: 1, msg: `退款成功！退款金额¥${toYuan(amount)}` }), order, afterwards };
}

function compose(world: EpayWorld, order: Order, twist: Twist & { readonly forged: boolean }) {
  const site = world.keys.find(({ pid }) => pid === order.account);
  if (site === undefined) throw new Error(`no merchant ${order.account}`);
  const params = {
    pid: twist.wrongAccount ? `${site.pid}9` : site.pid,
    trade_no: order.vendorNo,
    out_trade_no: order.number,
    type: order.product,
    name: order.subject,
    money: toYuan(order.amount + (twist.wrongAmount ? 1 : 0)),
    trade_status: 'TRADE_SUCCESS',
  };
  const key = twist.forged ? 'a-stranger-has-another-key' : site.key;
  const message = signed(params, key);
  const sign = twist.badSignature ? (message.sign?.startsWith('0') ? '1' : '0') + message.sign?.slice(1) : (message.sign ?? '');
  return { method: 'GET' as const, query: new URLSearchParams({ ...message, sign }).toString(), headers: {}, body: '' };
}

export function makeEpay(world: EpayWorld): Vendor {
  const routes: readonly Route<Handler>[] = [
    ['POST', /^\/submit\.php$/, 'pay', (params) => submit(world, params)],
    ['GET', /^\/submit\.php$/, 'pay', (params) => submit(world, params)],
    ['POST', /^\/mapi\.php$/, 'pay', (params) => create(world, params)],
    ['GET', /^\/api\.php$/, 'query', (params, twist) => serve(world, params, twist)],
    ['POST', /^\/api\.php$/, 'refund', (params, twist) => serve(world, params, twist)],
  ];
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: readParams(wire).pid ?? null };
    },
    execute: async (wire, twist) => findRoute(routes, wire)?.run(readParams(wire), twist) ?? { answer: jsonAnswer(404, {}) },
    async fail(_wire, trouble, code): Promise<Answer> {
      if (trouble === 'http_500') return pageAnswer(500, '<h1>500</h1>');
      if (trouble === 'rate_limited') return pageAnswer(429, '<h1>429 Too Many Requests</h1>');
      return jsonAnswer(200, { code: Number(code ?? -1), msg: '通道不可用' });
    },
    events: (_order, happening) => (happening === 'paid' ? ['TRADE_SUCCESS'] : []),
    callbackUrl: (order) => order.notifyUrl,
    compose: async (order, _callback, twist) => compose(world, order, twist),
    accepts: (status, body) => status === 200 && body.trim() === 'success',
    async returnTo(order) {
      if (order.returnUrl === null || !URL.canParse(order.returnUrl)) return null;
      const url = new URL(order.returnUrl);
      for (const [name, value] of new URLSearchParams(compose(world, order, { ...quiet }).query)) url.searchParams.set(name, value);
      return url.href;
    },
    cancelTo: () => null,
    open: async () => null,
  };
}

const quiet = { badSignature: false, wrongAmount: false, wrongAccount: false, notFoundUntilMs: 0, forged: false };
