import { pageAnswer, redirectAnswer, xmlAnswer } from '../../answers.ts';
import { renderMessagePage } from '../../pages.ts';
import { findRoute, type Route } from '../../requests.ts';
import { honest, type Vendor, type VendorModule, type Wire } from '../../types.ts';
import { faultOf } from './checks.ts';
import { openForm, openXml, outside, refuseXml, sealXml, type Told } from './envelope.ts';
import { describeAccounts, type JdKeys, type JdWorld, loadKeys } from './keys.ts';
import { readKey } from './rsa.ts';
import { type Asked, answer, describeOrder, describeRefund, type Said } from './trades.ts';

const routes: readonly Route<string>[] = [
  ['POST', /^\/(?:wepay|h5pay)\/jdpay\/saveOrder$/, 'pay', 'saveOrder'],
  ['POST', /^\/paygate\/service\/uniorder$/, 'pay', 'uniorder'],
  ['POST', /^\/paygate\/service\/fkmPay$/, 'pay', 'fkmPay'],
  ['POST', /^\/paygate\/service\/query$/, 'query', 'query'],
  ['POST', /^\/paygate\/service\/refund$/, 'refund', 'refund'],
];

const merchantOf = ({ keys }: JdWorld, wire: Wire) => keys.merchants.find(({ merchant }) => merchant === outside(wire)?.merchant);

/** Who asks for what, once it is proven; else JD's code and words for the fault. */
async function readAsked(world: JdWorld, wire: Wire): Promise<Omit<Asked, 'twist'> | Told> {
  const service = findRoute(routes, wire)?.run ?? '';
  const [outer, merchant] = [outside(wire), merchantOf(world, wire)];
  if (outer === null || merchant === undefined) return { code: 'JPGT201000', words: '商户信息不存在', content: [] };
  const params = service === 'saveOrder' ? await openForm(merchant, outer) : await openXml(merchant, outer);
  if (params === 'undecipherable') return { code: 'CASH000006', words: '商户解密异常', content: [] };
  if (params === 'unsigned') return { code: 'CASH000007', words: '校验商户签名异常', content: [] };
  const fault = faultOf(service, params);
  if (fault !== null) return { code: fault[0], words: fault[1], content: [] };
  return { service, merchant, params };
}

const showFault = ({ code, words }: Told) => pageAnswer(200, renderMessagePage(`${code}: ${words}`));

function openJd(world: JdWorld): Vendor {
  const isPage = (wire: Wire) => findRoute(routes, wire)?.run === 'saveOrder';
  const finish = ({ order, afterwards }: Said) => ({ ...(order && { order }), ...(afterwards && { afterwards }) });
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: outside(wire)?.merchant ?? null };
    },
    async execute(wire, twist) {
      const asked = await readAsked(world, wire);
      if (!('service' in asked)) {
        if (isPage(wire)) return { answer: showFault(asked) };
        return { answer: xmlAnswer(200, refuseXml(outside(wire)?.merchant ?? '', asked.code, asked.words)) };
      }
      const said = answer(world, { ...asked, twist });
      if (isPage(wire)) return { answer: said.order ? redirectAnswer(world.payPage(said.order)) : showFault(said), ...finish(said) };
      return { answer: xmlAnswer(200, await sealXml(asked.merchant, world.keys.key, said, twist)), ...finish(said) };
    },
    async fail(wire, trouble, code) {
      if (trouble === 'http_500') return pageAnswer(500, renderMessagePage('Internal Server Error'));
      if (trouble === 'rate_limited') return pageAnswer(429, renderMessagePage('Too Many Requests'));
      const told = {
        code: code ?? (findRoute(routes, wire)?.run === 'refund' ? 'RFND000002' : 'JMPT200011'),
        words: '交易失败',
        content: [],
      };
      const merchant = merchantOf(world, wire);
      if (isPage(wire) || merchant === undefined) return showFault(told);
      return xmlAnswer(200, await sealXml(merchant, world.keys.key, told, honest));
    },
    events: (_, happening) => (happening === 'paid' || happening === 'refunded' ? [happening] : []),
    callbackUrl: (order, refund) => (refund === null ? order.notifyUrl : refund.facts.notifyUrl || null),
    async compose(order, callback, twist) {
      const merchant = world.keys.merchants.find((one) => one.merchant === order.account);
      if (merchant === undefined) throw new Error(`nobody here is ${order.account}`);
      const refund = order.refunds.find(({ number }) => number === callback.refund);
      const content = refund === undefined ? describeOrder(world, order, twist) : describeRefund(order, refund, twist);
      const key = twist.forged ? await readKey((await world.forger()).privatePem) : world.keys.key;
      const body = await sealXml(merchant, key, { code: '000000', words: 'success', content }, twist);
      return { headers: { 'content-type': 'application/xml; charset=utf-8' }, body };
    },
    accepts: (status, body) => status === 200 && body === 'ok',
    returnTo: async (order) => order.returnUrl,
    cancelTo: () => null,
    open: async (target) => (/^\d{16,24}$/.test(target) ? (world.store.findByToken(world.channel, target) ?? null) : null),
  };
}

export default {
  channel: 'jdpay',
  title: 'JD Pay',
  shows: { bad_signature: ['pay', 'query', 'refund'], wrong_amount: ['query'], wrong_account: ['query', 'refund'] },
  loadKeys,
  accounts: describeAccounts,
  open: openJd,
} satisfies VendorModule<JdKeys>;
