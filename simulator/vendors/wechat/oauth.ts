import { randomBytes } from 'node:crypto';
import type { Answer, Wire } from '../../types.ts';
import type { WechatWorld } from './keys.ts';

const authorizePath = '/connect/oauth2/authorize';
const tokenPath = '/sns/oauth2/access_token';
/** The vendor's codes are good for five minutes, and once. */
const codeLifeMs = 300_000;

interface Given {
  readonly appid: string;
  readonly at: number;
}

/** WeChat's sign-in: sends the browser back with a code, and tells for a code whose it is. Every shopper here is the same. */
export function makeOauth(world: WechatWorld): { isMine(wire: Wire): boolean; answer(wire: Wire): Answer } {
  const codes = new Map<string, Given>();
  return {
    isMine: ({ path }) => path === authorizePath || path === tokenPath,
    answer(wire) {
      const query = new URLSearchParams(wire.query);
      return wire.path === authorizePath ? authorize(world, codes, query) : exchange(world, codes, query);
    },
  };
}

function authorize(world: WechatWorld, codes: Map<string, Given>, query: URLSearchParams): Answer {
  const [appid, back] = [query.get('appid') ?? '', query.get('redirect_uri') ?? ''];
  const isKnown = world.keys.merchants.some((merchant) => merchant.appid === appid);
  if (!isKnown || !URL.canParse(back) || query.get('response_type') !== 'code' || query.get('scope') !== 'snsapi_base') {
    return { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'redirect_uri参数错误' };
  }
  const code = randomBytes(16).toString('hex');
  codes.set(code, { appid, at: world.now() });
  const target = new URL(back);
  target.searchParams.set('code', code);
  target.searchParams.set('state', query.get('state') ?? '');
  return { status: 302, headers: { location: target.href }, body: '' };
}

function exchange(world: WechatWorld, codes: Map<string, Given>, query: URLSearchParams): Answer {
  const say = (json: unknown): Answer => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: JSON.stringify(json) });
  const merchant = world.keys.merchants.find((one) => one.appid === query.get('appid'));
  if (merchant === undefined) return say({ errcode: 40013, errmsg: 'invalid appid' });
  if (query.get('secret') !== merchant.appSecret) return say({ errcode: 40125, errmsg: 'invalid appsecret' });
  const code = query.get('code') ?? '';
  const given = codes.get(code);
  codes.delete(code);
  if (query.get('grant_type') !== 'authorization_code' || given?.appid !== merchant.appid)
    return say({ errcode: 40029, errmsg: 'invalid code' });
  if (world.now() - given.at > codeLifeMs) return say({ errcode: 42003, errmsg: 'oauth_code expired' });
  const token = { access_token: randomBytes(24).toString('hex'), expires_in: 7200, refresh_token: randomBytes(24).toString('hex') };
  return say({ ...token, openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', scope: 'snsapi_base' });
}
