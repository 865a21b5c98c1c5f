import { expect } from 'chai';
import type { PayRequest } from '../../../../core/contract/channel.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import adyen from '../index.ts';
import { answer, config, fault, link, linkId, number, openAdyen, payRequest, session, sessionId } from './fixture.ts';

const channel = openAdyen();
const echo = { number, merchantNo: 'ShopECOM' };
const sessionRequest = payRequest({ product: 'session' });

async function payWith(step: HttpStep, request: PayRequest = payRequest()) {
  const { http, requests } = scriptHttp(step);
  return { outcome: await channel.pay(request, makeCall({ http })), requests };
}

const outcomeOf = async (step: HttpStep, request?: PayRequest) => (await payWith(step, request)).outcome;

describe('adyen: a link', () => {
  it('is asked for byte for byte the same, under the number as idempotency key', async () => {
    const body =
      '{"merchantAccount":"ShopECOM","reference":"01KDYB0N3Q8Z5T7V9W2X4Y6Z8A","amount":{"value":1999,"currency":"EUR"},' +
      '"captureDelayHours":0,"manualCapture":false,"reusable":false,"description":"Tea & \\"cake\\", 茶","expiresAt":"2026-01-02T05:04:00Z"}';
    for (const _repeat of [1, 2]) {
      const { requests } = await payWith(answer(201, link()));
      expect(requests).to.deep.equal([
        {
          method: 'POST',
          url: 'http://127.0.0.1:8090/adyen/v72/paymentLinks',
          headers: {
            accept: 'application/json',
            'user-agent': 'paymux',
            'x-api-key': config.api_key,
            'idempotency-key': number,
            'content-type': 'application/json',
          },
          body,
        },
      ]);
    }
  });

  it('carries what the merchant told of the shopper, and cuts a long subject between characters', async () => {
    const payer = { country: 'NL', email: 'a@example.com', locale: 'nl-NL' };
    const { requests } = await payWith(
      answer(201, link()),
      payRequest({ payer, returnUrl: 'https://shop.example/r', subject: '茶😀'.repeat(200) }),
    );
    const sent = JSON.parse(requests[0]?.body as string);
    expect(sent).to.include({
      countryCode: 'NL',
      shopperEmail: 'a@example.com',
      shopperLocale: 'nl-NL',
      returnUrl: 'https://shop.example/r',
    });
    expect(sent.description).to.equal('茶😀'.repeat(140));
    const { requests: others } = await payWith(answer(201, link()), payRequest({ payer: { locale: 'zh' } }));
    expect(JSON.parse(others[0]?.body as string)).not.to.have.property('shopperLocale');
  });

  it('sends the shopper to its address and keeps its number', async () => {
    const action = { type: 'redirect', url: `https://test.adyen.link/${linkId}` };
    expect(await outcomeOf(answer(201, link()))).to.deep.equal({ kind: 'action', action, sessionNo: linkId });
  });

  it('is not shown, but can be closed, when it is not as asked', async () => {
    const odd: readonly Record<string, unknown>[] = [
      { amount: { currency: 'EUR', value: 2000 } },
      { amount: { currency: 'USD', value: 1999 } },
      { captureDelayHours: 24 },
      { manualCapture: true },
      { status: 'expired' },
      { url: 'javascript:alert(1)' },
    ];
    for (const members of odd) {
      const expected = { kind: 'ok', report: { state: 'pending', echo }, sessionNo: linkId };
      expect(await outcomeOf(answer(201, link(members))), JSON.stringify(members)).to.deep.equal(expected);
    }
    const foreign = await outcomeOf(answer(201, link({ merchantAccount: 'OtherECOM', reference: 'x' })));
    expect(foreign).to.deep.include({ report: { state: 'pending', echo: { number: 'x', merchantNo: 'OtherECOM' } } });
  });
});

describe('adyen: a session', () => {
  it('is asked for with an address to return to and an end within 24 hours', async () => {
    const far = payRequest({ product: 'session', expiresAt: new Date('2026-01-09T03:04:00Z'), payer: { clientIp: '203.0.113.9' } });
    const { requests } = await payWith(answer(201, session()), far);
    expect(requests[0]?.url).to.equal('http://127.0.0.1:8090/adyen/v72/sessions');
    expect(JSON.parse(requests[0]?.body as string)).to.deep.equal({
      merchantAccount: 'ShopECOM',
      reference: number,
      amount: { value: 1999, currency: 'EUR' },
      captureDelayHours: 0,
      expiresAt: '2026-01-03T03:03:00Z',
      returnUrl: 'https://pay.example.com/checkout/return',
      shopperIP: '203.0.113.9',
    });
  });

  it("hands the client library what it needs, and none of the account's secrets", async () => {
    const params = { id: sessionId, sessionData: 'Ab02b4c0!BQABAgBfYI29', clientKey: config.client_key, environment: 'test' };
    const outcome = await outcomeOf(answer(201, session()), sessionRequest);
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'sdk', params }, sessionNo: sessionId });
  });

  it('without its data is not shown', async () => {
    const outcome = await outcomeOf(answer(201, session({ sessionData: undefined })), sessionRequest);
    expect(outcome).to.deep.include({ kind: 'ok', sessionNo: sessionId });
  });
});

describe('adyen: what is not a link or a session', () => {
  const unknown = (reason: string) => ({ kind: 'unknown', reason });

  it('leaves lost, broken and unreadable answers unknown', async () => {
    expect(await outcomeOf({ kind: 'unknown', reason: 'timeout' })).to.deep.equal(unknown('timeout'));
    expect(await outcomeOf({ kind: 'notSent', reason: 'dns' })).to.deep.equal({ kind: 'notSent', reason: 'dns' });
    expect(await outcomeOf(answered(429, ''))).to.deep.equal(unknown('rate_limited'));
    expect(await outcomeOf(fault(500, '905', 'configuration'))).to.deep.equal(unknown('server_error'));
    expect(await outcomeOf(answered(201, '<html>'))).to.deep.equal(unknown('unreadable'));
    expect(await outcomeOf(answered(404, '{"error":"no route"}'))).to.deep.equal(unknown('unreadable'));
    expect(await outcomeOf(answer(201, link({ id: '../x' })))).to.deep.equal(unknown('unmapped'));
    const transient = answered(422, '{"errorCode":"702","errorType":"validation"}', { 'transient-error': 'true' });
    expect(await outcomeOf(transient)).to.deep.equal(unknown('unmapped'));
  });

  it('is rejected where Adyen refuses for our fault, and unknown where it does not say so', async () => {
    const cases: readonly (readonly [number, string, string, string])[] = [
      [401, '000', 'security', 'auth'],
      [403, '010', 'security', 'auth'],
      [403, '901', 'security', 'config'],
      [422, '905', 'configuration', 'config'],
      [422, '137', 'validation', 'validation'],
      [422, '138', 'validation', 'unsupported'],
      [422, '14_030', 'validation', 'validation'],
      [400, '702', 'validation', 'validation'],
      [422, '999', 'configuration', 'config'],
      [422, '999', 'security', 'auth'],
      [403, '999', 'anything', 'auth'],
    ];
    for (const [status, code, type, reason] of cases) {
      const outcome = await outcomeOf(fault(status, code, type));
      expect(outcome, `${status} ${code}`).to.deep.include({ kind: 'rejected', reason });
      expect(outcome.kind === 'rejected' && outcome.vendor?.code).to.equal(code);
    }
    for (const [status, code, type] of [
      [422, '704', 'validation'],
      [422, '999', 'internal'],
      [409, '999', 'validation'],
    ] as const) {
      expect(await outcomeOf(fault(status, code, type)), code).to.deep.include({ kind: 'unknown', reason: 'unmapped' });
    }
  });

  it('is not sent for what cannot be paid', async () => {
    const channelWithoutNetwork = openAdyen();
    const kindOf = async (overrides: Partial<PayRequest>) => (await channelWithoutNetwork.pay(payRequest(overrides), makeCall())).kind;
    expect(await kindOf({ product: 'other' })).to.equal('rejected');
    for (const currency of ['CLP', 'CVE', 'IDR', 'ISK', 'XXX'])
      expect(await kindOf({ money: { amount: 1, currency } }), currency).to.equal('rejected');
    for (const amount of [0, -1, 1.5, 2 ** 53])
      expect(await kindOf({ money: { amount, currency: 'EUR' } }), String(amount)).to.equal('rejected');
  });

  it('never names a currency that Adyen counts in other units than ISO 4217', () => {
    const departing = Object.keys(adyen.manifest.money.exponents ?? {});
    expect(departing).to.have.members(['CLP', 'CVE', 'IDR', 'ISK']);
    for (const method of adyen.manifest.methods) expect(method.currencies).not.to.include.members(departing);
  });

  it('keeps amounts of currencies with no and with three decimals as they are', async () => {
    for (const currency of ['JPY', 'KWD']) {
      const { outcome, requests } = await payWith(
        answer(201, link({ amount: { currency, value: 12345 } })),
        payRequest({ money: { amount: 12345, currency } }),
      );
      expect(JSON.parse(requests[0]?.body as string).amount).to.deep.equal({ value: 12345, currency });
      expect(outcome.kind).to.equal('action');
    }
  });
});
