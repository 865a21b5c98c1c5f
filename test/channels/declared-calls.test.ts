import { expect } from 'chai';
import type { Outcome, RefundOutcome } from '../../core/contract/outcome.ts';
import { answered, type HttpStep, makeCall, makeKit, scriptHttp } from '../kit/channel-kit.ts';
import { attempt, changeKettle, kettleAccount, openKettle, payRequest, pluginOf, refundRequest, signKettle } from './kettle.ts';

const { merchant: mch, key } = kettleAccount;
const signed = (fields: Readonly<Record<string, string>>) => answered(200, JSON.stringify(signKettle({ mch, ...fields })));
const paid = { code: '0000', number: attempt.number, order: 'K77', total: '19.99', status: 'PAID' };

async function query(step: HttpStep, changes: Readonly<Record<string, unknown>> = {}): Promise<Outcome> {
  const { http } = scriptHttp(step);
  return (await openKettle(changes).query?.(attempt, makeCall({ http }))) as Outcome;
}

async function refund(...steps: HttpStep[]): Promise<RefundOutcome> {
  return (await openKettle().refund?.(refundRequest, makeCall({ http: scriptHttp(...steps).http }))) as RefundOutcome;
}

describe('A channel that is data', () => {
  it('sends exactly the fields of the definition, signed, in the vendor’s notation and time', async () => {
    const { http, requests } = scriptHttp(signed({ code: '0000', number: attempt.number, order: 'K77', qr_code: 'kettle://1' }));
    const outcome = await openKettle().pay(payRequest, makeCall({ http }));
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'qr', qrContent: 'kettle://1' }, sessionNo: 'K77' });
    const [request] = requests;
    expect(request).to.include({ method: 'POST', url: 'https://kettle.example/pay' });
    expect(Object.fromEntries(new URLSearchParams(String(request?.body)))).to.deep.equal(
      signKettle({
        mch,
        way: 'native',
        number: attempt.number,
        total: '19.99',
        title: 'Tea',
        until: '20260102130405',
        notify: payRequest.callbackUrl,
      }),
    );
  });

  it('writes the same order the same way again', async () => {
    const answer = signed({ code: '0000', number: attempt.number, order: 'K77', qr_code: 'kettle://1' });
    const { http, requests } = scriptHttp(answer, answer);
    await openKettle().pay(payRequest, makeCall({ http }));
    await openKettle().pay(payRequest, makeCall({ http, now: () => new Date('2026-02-02T02:02:02Z'), nonce: () => 'f'.repeat(32) }));
    expect(requests[0]).to.deep.equal(requests[1]);
  });

  it('writes JSON with numbers where they are wanted, XML, and queries', async () => {
    const send = async (changes: Readonly<Record<string, unknown>>) => {
      const { http, requests } = scriptHttp(signed(paid));
      await openKettle(changes).query?.(attempt, makeCall({ http }));
      return requests[0];
    };
    const plain = { 'query.sign': undefined, 'query.fields': { mch: '{config.merchant}', total: '{amount}' } };
    expect((await send({ ...plain, 'query.encoding': 'json', 'query.numbers': ['total'] }))?.body).to.equal(
      '{"mch":"120034","total":19.99}',
    );
    expect((await send({ ...plain, 'query.encoding': 'xml' }))?.body).to.equal('<xml><mch>120034</mch><total>19.99</total></xml>');
    const asQuery = await send({ ...plain, 'query.encoding': 'query', 'query.method': 'GET', 'query.url': '{config.base_url}/q/{number}' });
    expect([asQuery?.url, asQuery?.body]).to.deep.equal([`https://kettle.example/q/${attempt.number}?mch=120034&total=19.99`, undefined]);
  });

  it('encodes what stands in an address', async () => {
    const { http, requests } = scriptHttp(signed(paid));
    await openKettle({ 'query.url': '{config.base_url}/q/{channelNo}' }).query?.({ ...attempt, channelNo: '../a?b' }, makeCall({ http }));
    expect(requests[0]?.url).to.equal('https://kettle.example/q/..%2Fa%3Fb');
  });

  it('reports a success with the vendor’s own facts', async () => {
    expect(await query(signed(paid))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: 'K77',
        money: { amount: 1999, currency: 'CNY' },
        echo: { number: attempt.number, merchantNo: mch },
      },
    });
  });

  it('leaves it to the kernel to compare: another amount, number and merchant are reported as they are told', async () => {
    const other = await query(signed({ ...paid, total: '1', number: 'OTHER', mch: '999999' }));
    expect(other).to.deep.nested.include({ 'report.money.amount': 100, 'report.echo.number': 'OTHER', 'report.echo.merchantNo': '999999' });
  });

  const doubts: readonly (readonly [string, HttpStep, string])[] = [
    ['a timeout', { kind: 'unknown', reason: 'timeout' }, 'timeout'],
    ['a reset', { kind: 'unknown', reason: 'reset' }, 'reset'],
    ['a fault of the server, whatever its body says', answered(502, JSON.stringify(signKettle({ mch, ...paid }))), 'server_error'],
    ['too many requests', answered(429, ''), 'rate_limited'],
    ['what is no JSON', answered(200, '<html>'), 'unreadable'],
    ['an answer without a signature', answered(200, JSON.stringify({ mch, ...paid })), 'bad_signature'],
    [
      'an answer that another key signed',
      answered(200, JSON.stringify(signKettle({ mch, ...paid }, 'another-key-of-theirs'))),
      'bad_signature',
    ],
    [
      'an answer that was changed after it was signed',
      answered(200, JSON.stringify({ ...signKettle({ mch, ...paid }), total: '1.00' })),
      'bad_signature',
    ],
    ['a code in no table', signed({ code: '5999', text: 'odd' }), 'unmapped'],
    ['a status in no table', signed({ ...paid, status: 'BREWING' }), 'unmapped'],
    ['a success without an amount', signed({ ...paid, total: '' }), 'unreadable'],
    ['a success with an amount that is not exactly one', signed({ ...paid, total: '19.999' }), 'unreadable'],
    ['a success without the vendor’s number', signed({ ...paid, order: '' }), 'unreadable'],
    ['a good answer with the status of an error', answered(404, JSON.stringify(signKettle({ mch, ...paid }))), 'unmapped'],
  ];
  for (const [name, step, reason] of doubts) {
    it(`does not know what happened after ${name}`, async () => {
      expect(await query(step)).to.include({ kind: 'unknown', reason });
      expect((await refund(step)).kind, 'nor of a refund').to.equal('unknown');
    });
  }

  it('says "not sent" of 429 only where the definition says so', async () => {
    expect(await query(answered(429, ''), { rateLimited: 'notSent' })).to.deep.equal({ kind: 'notSent', reason: 'rate_limited' });
  });

  it('maps errors one by one, each where it belongs', async () => {
    expect(await query(signed({ code: '4004' }))).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await query(signed({ code: '4001', text: 'who?' }))).to.deep.include({ kind: 'rejected', reason: 'auth' });
    expect((await refund(signed({ code: '4004' }))).kind, 'listed for queries only').to.equal('unknown');
    const { http } = scriptHttp(signed({ code: '4102', text: 'too much' }));
    expect(await openKettle().pay(payRequest, makeCall({ http }))).to.deep.equal({
      kind: 'declined',
      echo: { merchantNo: '120034' },
      code: 'limit_exceeded',
      advice: 'retry_other_method',
      vendor: { code: '4102', message: 'too much' },
    });
  });

  it('tells what an error means in both languages, beside what the vendor said', async () => {
    const text = { en: 'More than the merchant may take.', zh: '超出商户限额。' };
    const told = async (said: string) => {
      const { http } = scriptHttp(signed({ code: '4102', text: said }));
      const errors = [{ code: '4102', is: 'declined', as: 'limit_exceeded', text }];
      return openKettle({ errors }).pay(payRequest, makeCall({ http }));
    };
    expect(await told('too much')).to.have.nested.property('vendor.message', 'too much (超出商户限额。)');
    expect(await told('')).to.have.nested.property('vendor.message', 'More than the merchant may take. (超出商户限额。)');
  });

  it('takes no invitation to pay that is about another order or merchant', async () => {
    const good = { code: '0000', number: attempt.number, order: 'K77', qr_code: 'kettle://1' };
    for (const other of [{ number: 'OTHER' }, { mch: '999999' }]) {
      const { http } = scriptHttp(signed({ ...good, ...other }));
      expect(await openKettle().pay(payRequest, makeCall({ http }))).to.include({ kind: 'unknown', reason: 'unmapped' });
    }
    const { http } = scriptHttp(signed({ ...good, qr_code: '' }));
    expect(await openKettle().pay(payRequest, makeCall({ http }))).to.include({ kind: 'unknown', reason: 'unreadable' });
  });

  it('closes only on the vendor’s word', async () => {
    const endpoint = {
      method: 'POST',
      url: '{config.base_url}/close',
      encoding: 'form',
      fields: { number: '{number}' },
      sign: 'md5',
      answer: { format: 'json', verify: 'md5', success: { code: '0000' }, code: 'code', facts: { number: 'number' }, state: 'closed' },
    };
    const changes = {
      close: endpoint,
      'errors.3': { code: '4200', on: ['close'], is: 'paid' },
      'errors.4': { code: '4201', is: 'declined' },
    };
    const close = (step: HttpStep) => openKettle(changes).close?.(attempt, makeCall({ http: scriptHttp(step).http }));
    expect(await close(signed({ code: '0000', number: attempt.number }))).to.deep.equal({ kind: 'closed' });
    expect(await close(signed({ code: '0000', number: 'OTHER' }))).to.include({ kind: 'unknown' });
    expect(await close(signed({ code: '4200' }))).to.deep.equal({ kind: 'paid' });
    expect(await close(signed({ code: '4201' })), 'nothing is declined by closing').to.include({ kind: 'unknown' });
  });

  describe('whose refunds state no amount', () => {
    const answer = { format: 'json', verify: 'md5', success: { code: '0000' }, code: 'code' };
    const facts = { paymentNumber: 'number', channelNo: 'order', amount: 'total', constantCurrency: 'CNY', status: 'status' };
    const changes = {
      'refund.confirm': 'true',
      'refund.answer': { ...answer, state: 'processing' },
      queryRefund: {
        method: 'POST',
        url: '{config.base_url}/query',
        encoding: 'form',
        sign: 'md5',
        fields: { number: '{number}' },
        answer: { ...answer, facts, statuses: { PAID: 'not_found', BACK: 'succeeded' } },
      },
    };
    const taken = signed({ code: '0000' });
    const back = { code: '0000', number: attempt.number, order: 'K77', total: '5.00', status: 'BACK' };
    const giveBack = async (...steps: HttpStep[]) =>
      openKettle(changes).refund?.(refundRequest, makeCall({ http: scriptHttp(...steps).http }));

    it('asks at once, and reports what it is told', async () => {
      const report = { state: 'succeeded', channelNo: 'K77', money: { amount: 500, currency: 'CNY' }, echo: {} };
      expect(await giveBack(taken, signed(back))).to.deep.equal({ kind: 'ok', report });
    });

    it('leaves it processing when the vendor is lost, does not show it yet, or tells of another payment', async () => {
      const processing = { kind: 'ok', report: { state: 'processing', echo: {} } };
      expect(await giveBack(taken, { kind: 'unknown', reason: 'timeout' })).to.deep.equal(processing);
      expect(await giveBack(taken, signed({ ...back, status: 'PAID' }))).to.deep.equal(processing);
      expect(await giveBack(taken, signed({ ...back, number: 'OTHER' }))).to.deep.equal(processing);
    });

    it('asks nothing after a refund that was refused or lost', async () => {
      expect(await giveBack(signed({ code: '4001' }))).to.include({ kind: 'rejected' });
      expect(await giveBack({ kind: 'unknown', reason: 'reset' })).to.include({ kind: 'unknown' });
    });
  });

  it('tells no secret, not even one that the vendor sends back', async () => {
    const outcome = await query(signed({ code: '5999', text: `wrong key ${key}, given ${key}` }));
    expect(JSON.stringify(outcome)).to.include('wrong key ***').and.not.include(key);
    expect(() => openKettle({ merchantNo: '{config.merchant}' }, { key: 'a'.repeat(20) })).to.throw(/^key is too simple/);
  });

  it('has no merchant’s number where the definition names none', () => {
    expect([openKettle().merchantNo, openKettle({ merchantNo: undefined }).merchantNo]).to.deep.equal([kettleAccount.merchant, null]);
  });

  it('wants TLS of a live account where nothing else proves the answers', () => {
    const open = (livemode: boolean, base_url: string) => () =>
      pluginOf(changeKettle({ 'query.answer.verify': 'tls' })).open(
        { id: 'acc_1', livemode, config: { ...kettleAccount, base_url } },
        makeKit(),
      );
    expect(open(false, 'http://kettle.example')).not.to.throw();
    expect(open(true, 'https://kettle.example')).not.to.throw();
    expect(open(true, 'http://kettle.example')).to.throw(/^base_url must begin with https:/);
    expect(open(true, 'HTTP://kettle.example')).to.throw(/^base_url must begin with https:/);
    const config = { ...kettleAccount, base_url: 'http://kettle.example' };
    const signedThroughout = pluginOf(changeKettle({}));
    expect(() => signedThroughout.open({ id: 'acc_1', livemode: true, config }, makeKit())).not.to.throw();
  });
});
