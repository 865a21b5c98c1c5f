import { jsonAnswer } from '../../answers.ts';
import { findRoute } from '../../requests.ts';
import { signText } from '../../rsa.ts';
import type { Answer, Vendor, VendorModule } from '../../types.ts';
import type { Pair } from '../../vault.ts';
import type { World } from '../../world.ts';
import { isCashier, visitCashier } from './cashier.ts';
import { refused } from './common.ts';
import { sealCallback } from './envelope.ts';
import { describeOrder, describeRefund } from './objects.ts';
import { fieldsOf, isSigned } from './request.ts';
import { makeRoutes } from './routes.ts';

export interface Merchant {
  readonly merchantNo: string;
  readonly appKey: string;
  readonly pair: Pair;
}
export interface YeepayKeys {
  readonly merchants: readonly Merchant[];
  readonly platform: Pair;
}
export type YeepayWorld = World<YeepayKeys>;

const bareKey = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');

/** Over the body without its spaces, tabs and line feeds. */
async function signAnswer({ keys }: YeepayWorld, answer: Answer, spoil: boolean): Promise<Answer> {
  const signature = await signText(keys.platform.sign, answer.body.replace(/[ \t\n]/g, ''), { spoil });
  const urlSafe = signature.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return { ...answer, headers: { ...answer.headers, 'x-yop-sign': `${urlSafe}$SHA256` } };
}

function openYeepay(world: YeepayWorld): Vendor {
  const routes = makeRoutes(world);
  const merchantOf = (appKey: unknown) => world.keys.merchants.find((merchant) => merchant.appKey === appKey);
  return {
    identify(wire) {
      if (isCashier(wire)) return { operation: null, account: null };
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(wire.headers['x-yop-appkey'])?.merchantNo ?? null };
    },
    async execute(wire, twist) {
      if (isCashier(wire)) return visitCashier(world, wire);
      const merchant = merchantOf(wire.headers['x-yop-appkey']);
      const found = findRoute(routes, wire);
      const fields = fieldsOf(wire);
      if (merchant === undefined) return { answer: await signAnswer(world, refused('99001001', 'no such application'), false) };
      if (found === null) return { answer: await signAnswer(world, refused('99001002', 'no such service'), false) };
      if (fields === null || !(await isSigned(merchant, wire, fields, world.now()))) {
        return { answer: await signAnswer(world, refused('40047', 'the signature is wrong'), false) };
      }
      const done = found.run({ fields, merchant, twist });
      return { ...done, answer: await signAnswer(world, done.answer, twist.badSignature) };
    },
    async fail(_, trouble, code) {
      if (trouble === 'http_500') return jsonAnswer(500, { code: '99999', message: 'trouble' });
      if (trouble === 'rate_limited') return jsonAnswer(429, { code: '40029', message: 'too many' });
      return signAnswer(world, jsonAnswer(200, { result: { code: code ?? 'OPR10001', message: '业务拒绝' } }), false);
    },
    events: (_, happening) => (happening === 'paid' || happening === 'refunded' || happening === 'closed' ? [happening] : []),
    callbackUrl: (order, refund) => refund?.facts['notifyUrl'] || order.notifyUrl,
    async compose(order, callback, twist) {
      const merchant = world.keys.merchants.find(({ merchantNo }) => merchantNo === order.account);
      if (merchant === undefined) throw new Error(`no merchant ${order.account}`);
      const told = twist.forged ? { ...order, state: 'paid' as const, paidAt: world.now() } : order;
      const refund = order.refunds.find(({ number }) => number === callback.refund);
      const content = refund === undefined ? describeOrder(told, twist) : describeRefund(order, refund, twist);
      const signer = twist.forged ? await world.forger() : world.keys.platform;
      const response = await sealCallback(merchant, signer, JSON.stringify(content), twist.badSignature);
      const body = new URLSearchParams({ response, customerIdentification: merchant.appKey }).toString();
      return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body };
    },
    accepts: (status, body) => status === 200 && body === 'SUCCESS',
    returnTo: async () => null,
    cancelTo: () => null,
    open: async () => null,
  };
}

export default {
  channel: 'yeepay',
  title: 'YeePay',
  shows: { bad_signature: ['pay', 'query', 'refund', 'close'], wrong_amount: ['query', 'refund'], wrong_account: ['query', 'refund'] },
  async loadKeys(vault) {
    const load = async (index: string): Promise<Merchant> => ({
      merchantNo: `1008600000${index}`,
      appKey: `app_1008600000${index}`,
      pair: await vault.pair(`merchant-${index}`),
    });
    const [platform, ...merchants] = await Promise.all([vault.pair('platform'), load('1'), load('2')]);
    return { platform, merchants };
  },
  accounts: ({ merchants, platform }) =>
    merchants.map(({ merchantNo, appKey, pair }) => ({
      id: merchantNo,
      configure: (baseUrl) => ({
        base_url: `${baseUrl}/yop-center`,
        app_key: appKey,
        merchant_no: merchantNo,
        private_key: bareKey(pair.privatePem),
        platform_public_key: bareKey(platform.publicPem),
        cashier_url: `${baseUrl}/cashier/std`,
      }),
    })),
  open: openYeepay,
} satisfies VendorModule<YeepayKeys>;
