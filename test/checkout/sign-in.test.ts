import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { isStateOf, type SignIn, signInState } from '../../core/checkout/sign-in-state.ts';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { type Fetched, getPage, openCheckout } from '../kit/checkout.ts';
import type { Paymux } from '../kit/paymux.ts';

const clockAt = (text: string) => ({ now: () => new Date(text), sleep: async () => {} });
const noon = clockAt('2026-05-01T12:00:00Z');
const newToken = () => randomBytes(16).toString('base64url');
const make = (signIn: SignIn, clock = noon) => signInState(signIn, { clock, newToken });

function signInOf({
  token = 'T'.repeat(22),
  id = 'pay_1',
  attempt = null as string | null,
  method = 'wallet_jsapi',
  accountId = 'acc_1',
} = {}) {
  const current = attempt === null ? null : { id: attempt };
  return { session: { payment: { id, checkout_token: token }, current } as never, method, accountId };
}

describe('The state that a shopper takes to a sign-in', () => {
  it('fits into what WeChat keeps, and is never the same twice', () => {
    const [one, other] = [make(signInOf()), make(signInOf())];
    expect(one).to.match(/^[a-zA-Z0-9]{32,128}$/);
    expect(one).to.not.equal(other);
    expect(isStateOf(one, signInOf(), noon)).to.equal(true);
  });

  it('is of no use for another payment, method or account, and none once an attempt began by it', () => {
    const state = make(signInOf());
    const others = [{ id: 'pay_2' }, { token: 'U'.repeat(22) }, { method: 'other_jsapi' }, { accountId: 'acc_2' }, { attempt: 'att_1' }];
    for (const other of others) expect(isStateOf(state, signInOf(other), noon), JSON.stringify(other)).to.equal(false);
    expect(isStateOf(make(signInOf({ attempt: 'att_1' })), signInOf({ attempt: 'att_2' }), noon)).to.equal(false);
  });

  it('is over after ten minutes, though another server’s clock is a little behind', () => {
    const state = make(signInOf());
    expect(isStateOf(state, signInOf(), clockAt('2026-05-01T12:09:59Z'))).to.equal(true);
    expect(isStateOf(state, signInOf(), clockAt('2026-05-01T11:59:58Z'))).to.equal(true);
    expect(isStateOf(state, signInOf(), clockAt('2026-05-01T12:10:00Z'))).to.equal(false);
    expect(isStateOf(state, signInOf(), clockAt('2026-05-01T11:50:00Z'))).to.equal(false);
  });

  it('is not its own once a character is another, missing or too many', () => {
    const state = make(signInOf());
    fc.assert(
      fc.property(fc.nat(state.length - 1), fc.constantFrom('', '0', '1', 'f', 'F', 'g', 'é', '\n', '00'), (at, put) => {
        const edited = state.slice(0, at) + put + state.slice(at + 1);
        expect(isStateOf(edited, signInOf(), noon)).to.equal(edited === state);
      }),
    );
    for (const text of ['', 'pay', '0'.repeat(104), state.toUpperCase(), ` ${state}`, state + state])
      expect(isStateOf(text, signInOf(), noon), text).to.equal(false);
  });
});

describe('A shopper who comes back from WeChat’s sign-in', function () {
  this.timeout(30_000);
  const inside = { 'user-agent': 'Mozilla/5.0 (Linux; Android 15; wv) Mobile Safari/537.36 MicroMessenger/8.0.60' };
  let paymux: Paymux;
  before(async () => {
    paymux = await startEmbeddedPaymux({ channels: ['wechat'] });
  });
  after(() => paymux?.stop());

  const attemptsOf = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body.attempts as unknown[];
  const locationOf = ({ headers }: Fetched) => headers.get('location') ?? '';
  const goThere = (url: string) => getPage(`${url}/identify?method=wechat_jsapi&lang=es`, inside).then(locationOf);
  /** The address that the vendor sends the browser back to. */
  const comeBack = async (url: string) => new URL(locationOf(await getPage(await goThere(url))));
  const edited = (address: URL, changes: Readonly<Record<string, string | null>>) => {
    const copy = new URL(address);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) copy.searchParams.delete(name);
      else copy.searchParams.set(name, value);
    }
    return copy.href;
  };

  it('begins to pay, once', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    const back = await comeBack(url);
    const begun = locationOf(await getPage(back.href, inside));
    expect(begun).to.match(/^http.*\?lang=es&go=1$/);
    expect(await attemptsOf(id)).to.have.length(1);
    const fresh = (await comeBack(url)).searchParams.get('code');
    const again = await getPage(edited(back, { code: fresh }), inside);
    expect(locationOf(again)).to.match(/\?lang=es&choose=1$/);
    expect(await attemptsOf(id)).to.have.length(1);
  });

  it('takes a state of its own there each time', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const states = [await goThere(url), await goThere(url)].map((address) => new URL(address).searchParams.get('state'));
    expect(new Set(states).size).to.equal(2);
  });

  it('with a code that another page put into his way sees the choice again, and nothing began', async () => {
    const [mine, other] = [await openCheckout(paymux), await openCheckout(paymux)];
    const [back, foreign] = [await comeBack(mine.checkout_url), await comeBack(other.checkout_url)];
    const code = foreign.searchParams.get('code');
    const state = foreign.searchParams.get('state');
    for (const changes of [
      { code, state: null },
      { code, state: '' },
      { code, state: 'pay' },
      { code, state },
      { state: '0'.repeat(104) },
    ]) {
      const answer = await getPage(edited(back, changes), inside);
      expect(answer.status).to.equal(303);
      expect(locationOf(answer), JSON.stringify(changes)).to.match(/\?lang=es&choose=1$/);
      const { text } = await getPage(locationOf(answer), inside);
      expect(text).to.contain('/identify?method=wechat_jsapi').and.not.contain('data-now');
    }
    expect([await attemptsOf(mine.id), await attemptsOf(other.id)]).to.deep.equal([[], []]);
    expect(locationOf(await getPage(back.href, inside)), 'what was tried cost nothing').to.contain('go=1');
  });
});
