import { pageAnswer, redirectAnswer } from '../../answers.ts';
import { renderMessagePage } from '../../pages.ts';
import { findRoute, type Route, readForm } from '../../requests.ts';
import type { Answer, Done, Operation, Twist, Vendor, VendorModule, Wire } from '../../types.ts';
import { downloadFile } from './bills.ts';
import { faultOf, productOf } from './checks.ts';
import { certifyGateway, describeAccounts, loadKeys, type UnionpayKeys, type UnionpayWorld } from './keys.ts';
import { type Params, signParams, verifyParams } from './sign.ts';
import { describe, findTransaction, finishRefund, type Said, say, startOrder, startRefund } from './trades.ts';

const routes: readonly Route<'browser' | 'server'>[] = [
  ['POST', /^\/gateway\/api\/frontTransReq\.do$/, null, 'browser'],
  ['POST', /^\/gateway\/api\/(?:app|back)TransReq\.do$/, null, 'server'],
  ['POST', /^\/gateway\/api\/queryTrans\.do$/, null, 'server'],
  ['POST', /^\/$/, null, 'server'],
];

function operationOf(wire: Wire): Operation | null {
  const product = productOf(wire.path, readForm(wire) ?? {});
  return product === null || product === 'query' || product === 'refund' || product === 'statement' ? product : 'pay';
}

async function carryOut(world: UnionpayWorld, wire: Wire, twist: Twist): Promise<Said> {
  const params = readForm(wire);
  if (params === null) return say('10', '报文格式错误');
  const merchant = world.keys.merchants.find(({ merId }) => merId === params.merId);
  const product = productOf(wire.path, params);
  const fault = faultOf(wire.path, params);
  if (merchant === undefined) return say('31', '商户状态不正确');
  if (merchant.certId !== params.certId || !(await verifyParams(merchant.pair.verify, params))) return say('11', '验证签名失败');
  if (fault !== null || product === null) return say(...(fault ?? ['10', '报文格式错误']));
  const asked = { merchant, product, params, twist };
  if (product === 'statement') return downloadFile(world, asked);
  if (product === 'query') return findTransaction(world, asked);
  return product === 'refund' ? startRefund(world, asked) : startOrder(world, asked);
}

/** Answers are pairs that are not encoded: the certificate stands in them with its line ends. */
async function answerWith({ keys }: UnionpayWorld, wire: Wire, fields: Params, spoil: boolean): Promise<Answer> {
  const asked = readForm(wire) ?? {};
  const names = ['version', 'encoding', 'signMethod', 'accessType', 'merId', 'orderId', 'txnTime', 'txnType', 'txnSubType', 'bizType'];
  const echoed = Object.fromEntries(names.filter((name) => asked[name]).map((name) => [name, asked[name] ?? '']));
  const whole = { ...echoed, ...fields, signPubKeyCert: keys.gatewayCertificate };
  const signed = await signParams(keys.gateway.sign, whole, spoil);
  const pairs = Object.entries(signed).map((pair) => pair.join('='));
  return { status: 200, headers: { 'content-type': 'text/html;charset=UTF-8' }, body: pairs.join('&') };
}

function openUnionpay(world: UnionpayWorld): Vendor {
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: operationOf(wire), account: readForm(wire)?.merId ?? null };
    },
    async execute(wire, twist): Promise<Done> {
      const { fields, order, afterwards } = await carryOut(world, wire, twist);
      const known = { ...(order && { order }), ...(afterwards && { afterwards }) };
      if (findRoute(routes, wire)?.run === 'server') return { answer: await answerWith(world, wire, fields, twist.badSignature), ...known };
      const page = order
        ? redirectAnswer(world.payPage(order))
        : pageAnswer(200, renderMessagePage(`${fields.respCode}: ${fields.respMsg}`));
      return { answer: page, ...known };
    },
    async fail(wire, trouble, code) {
      if (trouble === 'http_500') return pageAnswer(500, renderMessagePage('Internal Server Error'));
      if (trouble === 'rate_limited') return pageAnswer(429, renderMessagePage('Too Many Requests'));
      const said = say(code ?? (operationOf(wire) === 'refund' ? '36' : '64'), '交易失败');
      return answerWith(world, wire, said.fields, false);
    },
    events: (_, happening) => (happening === 'paid' || happening === 'refunded' ? [happening] : []),
    callbackUrl: (order, refund) => (refund === null ? order.notifyUrl : (refund.facts.backUrl ?? null)),
    async compose(order, callback, twist) {
      const refund = order.refunds.find(({ number }) => number === callback.refund) ?? null;
      const said = {
        ...describe(order, refund, twist),
        respCode: '00',
        respMsg: 'success',
        version: '5.1.0',
        encoding: 'UTF-8',
        signMethod: '01',
      };
      const stranger = twist.forged ? await world.forger() : null;
      // The best that a forger can do: a certificate with every right name in it, signed by himself.
      const certificate = stranger === null ? world.keys.gatewayCertificate : await certifyGateway(stranger, stranger.sign);
      const key = (stranger ?? world.keys.gateway).sign;
      const body = new URLSearchParams(await signParams(key, { ...said, signPubKeyCert: certificate }, twist.badSignature)).toString();
      return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body };
    },
    accepts: (status) => status === 200,
    returnTo: async (order) => order.returnUrl,
    cancelTo: () => null,
    open: async (target) => world.store.findByToken(world.channel, /^\{"tn":"(\d{21})"\}$/.exec(target)?.[1] ?? '') ?? null,
    resume(order) {
      for (const refund of order.refunds.filter(({ done }) => !done)) finishRefund(world, order, refund);
    },
  };
}

export default {
  channel: 'unionpay',
  title: 'UnionPay',
  shows: { bad_signature: ['pay', 'query', 'refund'], wrong_amount: ['query'], wrong_account: ['query'] },
  loadKeys,
  accounts: describeAccounts,
  open: openUnionpay,
} satisfies VendorModule<UnionpayKeys>;
