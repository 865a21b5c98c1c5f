import { jsonAnswer } from '../../answers.ts';
import { findRoute, headerOf, type Route, readJson } from '../../requests.ts';
import { type Answer, honest, type Twist, type Vendor, type Wire } from '../../types.ts';
import { close, createOrder, describePaid, describeRefund, type Handler, queryOrder, queryRefund, type Result, refund } from './orders.ts';
import { type CmbMerchant, type CmbWorld, fixed, isSigned, type Members, passesFrontDoor, signAsBank } from './sign.ts';

const routes: readonly Route<Handler>[] = [
  ['POST', /^\/polypay\/v1\.0\/mchorders\/ecny\/unifiedOrder$/, 'pay', createOrder],
  ['POST', /^\/polypay\/v1\.0\/mchorders\/orderquery$/, 'query', queryOrder],
  ['POST', /^\/polypay\/v1\.0\/mchorders\/close$/, 'close', close],
  ['POST', /^\/polypay\/v1\.0\/mchorders\/refund$/, 'refund', refund],
  ['POST', /^\/polypay\/v1\.0\/mchorders\/refundquery$/, 'query', queryRefund],
];

const known = new Set(['biz_content', 'encoding', 'signMethod', 'version', 'sign']);

function readMembers(wire: Wire): Members | null {
  const json = readJson(wire);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  return Object.entries(json).every(([name, value]) => known.has(name) && typeof value === 'string') ? (json as Members) : null;
}

/** Everything that the bank checks before it looks at the business. */
function verify(world: CmbWorld, merchant: CmbMerchant, wire: Wire): { readonly json: unknown } | { readonly code: string } {
  const members = readMembers(wire);
  if (members === null) return { code: 'JSON_FORMAT_ERROR' };
  if (members['version'] !== fixed.version) return { code: 'VERSION_ERROR' };
  if (members['encoding'] !== fixed.encoding) return { code: 'ENCODING_ERROR' };
  if (members['signMethod'] !== fixed.signMethod) return { code: 'SIGNMETHOD_ERROR' };
  const isGenuine = passesFrontDoor(wire, merchant, members['sign'] ?? '', world.now()) && isSigned(merchant, members);
  if (!isGenuine) return { code: 'SIGN_ERROR' };
  try {
    return { json: JSON.parse(members['biz_content'] ?? '') };
  } catch {
    return { code: 'JSON_FORMAT_ERROR' };
  }
}

function write(merchant: CmbMerchant, result: Result, twist: Twist): Answer {
  const failed = 'code' in result ? { errCode: result.code, respMsg: '业务处理失败' } : {};
  const returnCode = 'code' in result && result.layer === 'returnCode' ? 'FAIL' : 'SUCCESS';
  const respCode = returnCode === 'FAIL' ? {} : { respCode: 'code' in result ? 'FAIL' : 'SUCCESS' };
  const content = 'code' in result ? {} : { biz_content: JSON.stringify(result.data) };
  const members = { returnCode, ...respCode, ...content, ...failed, ...fixed };
  return jsonAnswer(200, signAsBank(merchant, members, twist.badSignature));
}

export function openBank(world: CmbWorld): Vendor {
  const merchantOf = (wire: Wire) => world.keys.find(({ appId }) => appId === headerOf(wire, 'appid'));
  const ofAccount = (account: string) => world.keys.find(({ merId }) => merId === account) as CmbMerchant;
  return {
    identify(wire) {
      const found = findRoute(routes, wire);
      return found && { operation: found.operation, account: merchantOf(wire)?.merId ?? null };
    },
    async execute(wire, twist) {
      const found = findRoute(routes, wire);
      const merchant = merchantOf(wire);
      if (found === null || merchant === undefined) return { answer: jsonAnswer(403, { error: 'unknown app' }) };
      const verified = verify(world, merchant, wire);
      const result: Result =
        'code' in verified ? { code: verified.code, layer: 'returnCode' } : found.run(world, merchant, verified.json, twist);
      const answer = write(merchant, result, twist);
      if ('code' in result) return { answer };
      return { answer, ...(result.order && { order: result.order }), ...(result.afterwards && { afterwards: result.afterwards }) };
    },
    async fail(wire, trouble, code) {
      const merchant = merchantOf(wire);
      if (trouble === 'http_500' || merchant === undefined) return jsonAnswer(500, { error: 'system error' });
      if (trouble === 'rate_limited') return jsonAnswer(429, { error: 'too many requests' });
      return write(merchant, { code: code ?? 'TRADESTATE_NOT_LAWFUL', layer: 'respCode' }, honest);
    },
    events: (_, happening) => (happening === 'paid' || happening === 'refunded' ? [happening] : []),
    callbackUrl: (order, one) => (one === null ? order.notifyUrl : (one.facts['notifyUrl'] ?? null)),
    async compose(order, callback, twist) {
      const one = order.refunds.find(({ number }) => number === callback.refund);
      const content = one === undefined ? describePaid(order, twist) : { ...describeRefund(order, one, twist), refundState: 'S' };
      const members = { biz_content: JSON.stringify(content), ...fixed };
      const signed = signAsBank(ofAccount(order.account), members, twist.badSignature || twist.forged);
      return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(signed).toString() };
    },
    // The bank also verifies the merchant's signature, but is not told here whose answer this is.
    accepts: (status, body) => status === 200 && /"returnCode":"SUCCESS","respCode":"SUCCESS".*"sign":"M/.test(body),
    returnTo: async () => null,
    cancelTo: () => null,
    async open(target) {
      const token = /^\{"invokeUrl":"[^"]+","context":\{.*"encryptInfo":"([0-9a-f]{32})".*\}\}$/.exec(target)?.[1];
      return token === undefined ? null : (world.store.findByToken(world.channel, token) ?? null);
    },
  };
}
