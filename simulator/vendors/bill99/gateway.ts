import { createHash, randomInt } from 'node:crypto';
import { jsonAnswer, pageAnswer, redirectAnswer } from '../../answers.ts';
import { draftOrder } from '../../orders.ts';
import { renderMessagePage } from '../../pages.ts';
import { readForm, readJson } from '../../requests.ts';
import { importPrivateKey, signText, verifyText } from '../../rsa.ts';
import { fromChinaText, toChinaText } from '../../time.ts';
import type { Answer, Done, Order, Twist, Vendor, Wire } from '../../types.ts';
import type { World } from '../../world.ts';
import type { Bill99Keys, Merchant } from './keys.ts';
import { noticeText, orderText, type Params, signDetail, signQuestion, signReply } from './sign.ts';

type Bill99World = World<Bill99Keys>;

const payPath = '/gateway/recvMerchantInfoAction.htm';
const queryPath = '/gatewayapi/gatewayOrderQuery.do';
const dayMs = 24 * 3600_000;
const toDigits = (atMs: number) => toChinaText(atMs).replace(/\D/g, '');
const merchantOf = (world: Bill99World, acctId: unknown): Merchant | undefined => world.keys.merchants.find((one) => one.acctId === acctId);
const show = (message: string): Done => ({ answer: pageAnswer(200, renderMessagePage(message)) });

function isTime(digits: string): boolean {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits);
  return found !== null && fromChinaText(`${found[1]}-${found[2]}-${found[3]} ${found[4]}:${found[5]}:${found[6]}`) !== null;
}

/** What is wrong with a form, in the order in which the gateway looks. */
function findFault(params: Params): string | null {
  if (params.inputCharset !== '1' && params.inputCharset !== undefined) return '10002 inputCharset';
  if (params.version !== 'v2.0') return '10003 version';
  if (params.signType !== '4') return '10005 signType';
  if (!/^[\w-]{1,30}$/.test(params.orderId ?? '')) return '10012 orderId';
  if (!/^[1-9]\d{0,9}$/.test(params.orderAmount ?? '')) return '10013 orderAmount';
  if (!isTime(params.orderTime ?? '')) return '10014 orderTime';
  if (!/^https?:\/\//.test(params.bgUrl ?? '')) return '10010 bgUrl';
  return params.payType === '00' ? null : '10020 payType';
}

/** The form that the shopper's browser posts. */
async function takeForm(world: Bill99World, wire: Wire): Promise<Done> {
  const params = readForm(wire);
  const merchant = merchantOf(world, params?.merchantAcctId);
  if (params === null || merchant === undefined) return show('10001 merchantAcctId');
  const fault = findFault(params);
  if (fault !== null) return show(fault);
  const text = orderText(params);
  if (!(await verifyText(merchant.verify, text, params.signMsg ?? ''))) return show('20006 signMsg');
  const fingerprint = createHash('sha256').update(text).digest('base64');
  const earlier = world.store.findOrder('bill99', merchant.acctId, params.orderId ?? '');
  if (earlier !== undefined && (earlier.state === 'paid' || earlier.fingerprint !== fingerprint)) return show('31005 orderId');
  const order = earlier ?? makeOrder(world, params, fingerprint);
  if (earlier === undefined) world.store.save(order);
  return { answer: redirectAnswer(world.payPage(order)), order };
}

function makeOrder(world: Bill99World, params: Params, fingerprint: string): Order {
  return draftOrder(world, {
    account: params.merchantAcctId ?? '',
    number: params.orderId ?? '',
    product: 'web',
    vendorNo: `2${Array.from({ length: 9 }, () => randomInt(10)).join('')}`,
    amount: Number(params.orderAmount),
    currency: 'CNY',
    subject: params.productName ?? '',
    expiresAt: world.now() + dayMs,
    notifyUrl: params.bgUrl ?? null,
    fingerprint,
    facts: { orderTime: params.orderTime ?? '', ext1: params.ext1 ?? '', ext2: params.ext2 ?? '' },
  });
}

/** What is said of a paid order, by callback and by query alike. */
function describe(order: Order, twist: Twist, nowMs: number): Params {
  const amount = String(order.amount + (twist.wrongAmount ? 1 : 0));
  return {
    orderId: order.number,
    orderAmount: amount,
    orderTime: order.facts.orderTime ?? '',
    dealTime: toDigits(order.paidAt || nowMs),
    payResult: '10',
    payType: '10',
    payAmount: amount,
    fee: '1',
    dealId: order.vendorNo,
  };
}

const spoil = (signature: string, isBad: boolean) => (isBad ? `${signature.startsWith('0') ? '1' : '0'}${signature.slice(1)}` : signature);

/** The query of one order. Only paid ones are told. */
function answerQuery(world: Bill99World, wire: Wire, twist: Twist): Done {
  const json = readJson(wire);
  const params = (typeof json === 'object' && json !== null ? json : {}) as Params;
  const merchant = merchantOf(world, params.merchantAcctId);
  if (merchant === undefined) return { answer: jsonAnswer(200, { errCode: '10001' }) };
  const reply = (more: Params, detail?: Params): Done => {
    const head: Params = {
      version: 'v2.0',
      signType: '1',
      merchantAcctId: twist.wrongAccount ? '9999999999901' : merchant.acctId,
      ...more,
    };
    const signMsg = spoil(signReply(head, merchant.queryKey), twist.badSignature);
    const orderDetail = detail && [{ ...detail, signInfo: signDetail(detail, merchant.queryKey) }];
    return { answer: jsonAnswer(200, { ...head, signMsg, ...(orderDetail && { orderDetail }) }) };
  };
  if (params.signMsg !== signQuestion(params, merchant.queryKey)) return reply({ errCode: '20006' });
  if (params.queryType !== '0' || params.queryMode !== '1' || params.version !== 'v2.0') return reply({ errCode: '10003' });
  const order = world.store.findOrder('bill99', merchant.acctId, params.orderId ?? '');
  const isTold = order?.state === 'paid' && world.now() - order.createdAt >= twist.notFoundUntilMs;
  if (order === undefined || !isTold) return { ...reply({ recordCount: '0' }), ...(order && { order }) };
  const page = { currentPage: '1', pageCount: '1', pageSize: '1', recordCount: '1' };
  return { ...reply(page, describe(order, twist, world.now())), order };
}

async function compose(world: Bill99World, order: Order, twist: Twist & { readonly forged: boolean }) {
  const { orderId, orderTime, orderAmount, ...rest } = describe(order, twist, world.now());
  const params = {
    merchantAcctId: twist.wrongAccount ? '9999999999901' : order.account,
    version: 'v2.0',
    language: '1',
    signType: '4',
    orderId: orderId ?? '',
    orderTime: orderTime ?? '',
    orderAmount: orderAmount ?? '',
    ...rest,
    bankId: 'ICBC',
    bankDealId: `9${order.vendorNo}`,
  };
  const key = twist.forged ? await importPrivateKey((await world.forger()).privatePem, 'SHA-1') : world.keys.sign;
  const signMsg = await signText(key, noticeText(params), { spoil: twist.badSignature });
  return { method: 'GET' as const, query: new URLSearchParams({ ...params, signMsg }).toString(), headers: {}, body: '' };
}

export function makeBill99(world: Bill99World): Vendor {
  const isPay = (wire: Wire) => wire.method === 'POST' && wire.path === payPath;
  const isQuery = (wire: Wire) => wire.method === 'POST' && wire.path === queryPath;
  return {
    identify(wire) {
      if (isPay(wire)) return { operation: 'pay', account: readForm(wire)?.merchantAcctId ?? null };
      const json = isQuery(wire) ? (readJson(wire) as Params | undefined) : undefined;
      return isQuery(wire) ? { operation: 'query', account: typeof json?.merchantAcctId === 'string' ? json.merchantAcctId : null } : null;
    },
    execute: async (wire, twist) => (isPay(wire) ? takeForm(world, wire) : answerQuery(world, wire, twist)),
    async fail(wire, trouble, code): Promise<Answer> {
      if (trouble === 'http_500') return pageAnswer(500, '<h1>500</h1>');
      if (trouble === 'rate_limited') return pageAnswer(429, '<h1>429</h1>');
      return isPay(wire) ? pageAnswer(200, renderMessagePage(code ?? '31001')) : jsonAnswer(200, { errCode: code ?? '31001' });
    },
    events: (_order, happening) => (happening === 'paid' ? ['10'] : []),
    callbackUrl: (order) => order.notifyUrl,
    compose: (order, _callback, twist) => compose(world, order, twist),
    accepts: (status, body) =>
      status === 200 && body.includes('<result>1</result>') && /<redirecturl>https?:\/\/[^<]+<\/redirecturl>/.test(body),
    // The shopper goes where the merchant's answer to the callback says, which nobody sees here.
    returnTo: async () => null,
    cancelTo: () => null,
    open: async () => null,
  };
}
