import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { NotSent } from '../../../core/contract/outcome.ts';
import { timeOf } from './gateway.ts';

/** An API key, and where it is shown. */
export interface LoginFacts {
  readonly baseUrl: string;
  readonly clientId: string;
  readonly apiKey: string;
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
async function requestToken({ baseUrl, clientId, apiKey }: LoginFacts, kit: Kit, call: Call): Promise<Held | NotSent> {
  const answer = await call.http({
    isLogin: true,
    method: 'POST',
    url: `${baseUrl}/api/v1/authentication/login`,
    headers: { accept: 'application/json', 'content-type': 'application/json', 'x-client-id': clientId, 'x-api-key': apiKey },
    body: '{}',
  });
  if (answer.kind === 'notSent') return answer;
  if (answer.kind === 'unknown') return noAccess;
  const isGood = answer.status === 200 || answer.status === 201;
  const { token, expires_at: end } = isGood ? (kit.json(answer.body) ?? {}) : {};
  const endsAt = timeOf(end).at?.getTime() ?? 0;
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,4096}$/.test(token) || endsAt <= call.now().getTime()) {
    call.log('warn', 'Airwallex gave no access token', { status: answer.status });
    return noAccess;
  }
  return { token, usableUntil: endsAt - marginMs };
}
