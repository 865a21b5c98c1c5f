import type { IdentifyOutcome } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { WechatAccount } from './gateway.ts';

/** What WeChat's sign-in needs: pages of an official account (公众号) whose secret the merchant has. */
export interface SignIn {
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly secret: string;
}

/** The vendor's own addresses; a simulator has both below its own. */
export function readSignIn(secret: string, baseUrl: string | undefined): SignIn {
  const [pages, api] = baseUrl === undefined ? ['https://open.weixin.qq.com', 'https://api.weixin.qq.com'] : [baseUrl, baseUrl];
  return { authorizeUrl: `${pages}/connect/oauth2/authorize`, tokenUrl: `${api}/sns/oauth2/access_token`, secret };
}

/** Silent: `snsapi_base` tells the openid and asks the shopper nothing. The vendor checks the order of the parameters, and gives `state` back. */
export function identifyUrl(
  { appid }: WechatAccount,
  signIn: SignIn,
  { returnUrl, state }: { readonly returnUrl: string; readonly state: string },
): string {
  const back = encodeURIComponent(returnUrl);
  return `${signIn.authorizeUrl}?appid=${appid}&redirect_uri=${back}&response_type=code&scope=snsapi_base&state=${state}#wechat_redirect`;
}

/** The code is good for five minutes and once; a refused one sends the shopper through the sign-in again. */
export async function identify(
  { appid, kit }: WechatAccount,
  signIn: SignIn,
  query: Readonly<Record<string, string>>,
  call: Call,
): Promise<IdentifyOutcome> {
  const { code } = query;
  if (code === undefined || !/^[0-9A-Za-z_-]{8,128}$/.test(code)) return { kind: 'refused', reason: 'no code came back' };
  const url = `${signIn.tokenUrl}?appid=${appid}&secret=${signIn.secret}&code=${code}&grant_type=authorization_code`;
  const answer = await call.http({ method: 'GET', url, isLogin: true });
  if (answer.kind !== 'answered') return { kind: 'refused', reason: answer.reason };
  const said = kit.json(answer.body);
  const openid = said?.openid;
  if (typeof openid === 'string' && /^[0-9A-Za-z_-]{8,128}$/.test(openid)) return { kind: 'known', payer: { openid } };
  return { kind: 'refused', reason: `code ${Number(said?.errcode ?? 0)}` };
}
