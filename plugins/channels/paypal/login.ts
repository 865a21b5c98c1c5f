import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent } from '../../../core/contract/outcome.ts';

/** The application's credentials, and where they are shown. */
export interface LoginFacts {
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export type Access = { readonly kind: 'token'; readonly token: string } | NotSent;

/** Gives access tokens: the one at hand while it is good, a new one when it is not. */
export interface Login {
  /** `refused`: the token that the API has just said no to, so that it is not given again. */
  readonly access: (call: Call, refused?: string) => Promise<Access>;
}

interface Held {
  readonly token: string;
  readonly usableUntil: number;
}

/** A token is not used in its last minute: it could run out on its way. */
const marginMs = 60_000;
const noAccess = { kind: 'notSent', reason: 'login' } as const;

/** Keeps one token for an opened account. However many callers wait for it, one request is under way. */
export function openLogin(facts: LoginFacts, kit: Kit): Login {
  let held: Held | null = null;
  let asking: Promise<Access> | null = null;

  async function renew(call: Call): Promise<Access> {
    const fresh = await requestToken(facts, kit, call);
    if (!('usableUntil' in fresh)) return fresh;
    held = fresh;
    return { kind: 'token', token: fresh.token };
  }

  return {
    async access(call, refused) {
      const isGood = held !== null && held.token !== refused && call.now().getTime() < held.usableUntil;
      if (held !== null && isGood) return { kind: 'token', token: held.token };
      asking ??= renew(call).finally(() => {
        asking = null;
      });
      return asking;
    },
  };
}

/** Whatever becomes of this request, it moved nothing, and without its answer nothing that moves money is sent. */
async function requestToken({ baseUrl, clientId, clientSecret }: LoginFacts, kit: Kit, call: Call): Promise<Held | NotSent> {
  const startedAt = call.now().getTime();
  const credentials = Buffer.from(`${clientId}:${clientSecret}`, 'utf8').toString('base64');
  const answer = await call.http({
    isLogin: true,
    method: 'POST',
    url: `${baseUrl}/v1/oauth2/token`,
    headers: {
      accept: 'application/json',
      authorization: `Basic ${credentials}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  if (answer.kind === 'notSent') return answer;
  if (answer.kind === 'unknown') return noAccess;
  const { access_token: token, expires_in: seconds } = answer.status === 200 ? (kit.json(answer.body) ?? {}) : {};
  const isToken = typeof token === 'string' && /^[\x21-\x7e]{1,4096}$/.test(token);
  if (!isToken || typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds <= 0) {
    call.log('warn', 'PayPal gave no access token', { status: answer.status });
    return noAccess;
  }
  return { token, usableUntil: startedAt + seconds * 1000 - marginMs };
}
