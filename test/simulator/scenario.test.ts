import { expect } from 'chai';
import fc from 'fast-check';
import { makeScenarios, readScenario, type Scenario } from '../../simulator/scenario.ts';
import {
  askAlipay,
  askStripe,
  askWechat,
  type Config,
  configOf,
  type Json,
  openShop,
  type Shop,
  type Stage,
  setStage,
  signAlipay,
  stripeSession,
  verifyWechat,
  wechatOrder,
} from './kit.ts';

describe('simulator: scenarios', () => {
  let stage: Stage;
  let shop: Shop;
  let wechat: Config;
  let alipay: Config;
  let stripe: Config;
  let count = 0;
  const nextNumber = () => {
    count += 1;
    return `SCENE${String(count).padStart(4, '0')}`;
  };
  const scenario = (input: Json) => stage.control('POST', '/_scenario', { channel: 'wechat', ...input });
  const create = (number: string, config = wechat) =>
    askWechat(config, 'POST', '/v3/pay/transactions/native', wechatOrder(config, number, shop.url));
  const query = (number: string, config = wechat) =>
    askWechat(config, 'GET', `/v3/pay/transactions/out-trade-no/${number}?mchid=${config.mchid}`);
  const pay = (target: string) => stage.control('POST', '/_pay', { target });
  const truthOf = async (number: string) =>
    (await stage.control('GET', '/_truth')).json.entries.filter((entry: Json) => entry.number === number);
  /** What the network said instead of an answer. */
  const lost = (asked: Promise<unknown>) =>
    asked.then(
      () => 'answered',
      (error) => (error.cause?.code as string) ?? error.name,
    );

  before(async () => {
    stage = await setStage({ channels: ['alipay', 'stripe', 'wechat'] });
    wechat = configOf(stage, 'wechat');
    alipay = configOf(stage, 'alipay');
    stripe = configOf(stage, 'stripe');
  });
  beforeEach(async () => {
    shop = await openShop();
    await stage.control('POST', '/_callbacks', { channel: 'stripe', account: stripe.account_id, url: `${shop.url}/stripe` });
  });
  afterEach(async () => {
    await stage.control('DELETE', '/_scenario');
    await stage.control('POST', '/_autopay', { enabled: false });
    await shop.end();
  });
  after(() => stage.end());

  it('refuses connections to one account, while the other serves, until it is cleared', async () => {
    const other = configOf(stage, 'wechat', 1);
    await create(nextNumber());
    await scenario({ operation: 'pay', behaviour: 'refuse', account: wechat.mchid });
    expect(await lost(create(nextNumber()))).to.equal('ECONNREFUSED');
    expect((await create(nextNumber(), other)).status).to.equal(200);
    expect((await askAlipay(alipay, 'alipay.trade.query', { out_trade_no: 'X' })).json.sub_code).to.equal('ACQ.TRADE_NOT_EXIST');
    await stage.control('DELETE', '/_scenario');
    expect((await create(nextNumber())).status).to.equal(200);
  });

  it('refuses connections to all accounts of a channel, and resets those to the common port', async () => {
    await scenario({ operation: 'pay', behaviour: 'refuse' });
    for (const config of [wechat, configOf(stage, 'wechat', 1)]) expect(await lost(create(nextNumber(), config))).to.equal('ECONNREFUSED');
    expect(await lost(create(nextNumber(), { ...wechat, base_url: `${stage.simulator.url}/wechat` }))).to.equal('UND_ERR_SOCKET');
  });

  for (const behaviour of ['drop_before_execute', 'drop_after_execute']) {
    it(`cuts the connection: ${behaviour}`, async () => {
      const number = nextNumber();
      await scenario({ operation: 'pay', behaviour, count: 1 });
      expect(await lost(create(number))).to.equal('UND_ERR_SOCKET');
      expect((await query(number)).status).to.equal(behaviour === 'drop_after_execute' ? 200 : 404);
      expect((await create(number)).status).to.equal(200);
    });
  }

  it('hangs after it has charged, so that a second charge would show in the truth', async () => {
    const number = nextNumber();
    await scenario({ operation: 'pay', behaviour: 'hang', charge: true, count: 1 });
    const path = '/v3/pay/transactions/native';
    const asked = askWechat(wechat, 'POST', path, wechatOrder(wechat, number, shop.url));
    const ended = await Promise.race([asked.then(() => 'answered'), shop.got(1).then(() => 'called back')]);
    expect(ended).to.equal('called back');
    expect((await query(number)).json.trade_state).to.equal('SUCCESS');
    expect((await create(number)).json.code).to.equal('ORDERPAID');
    expect((await truthOf(number)).length).to.equal(1);
  });

  it('hangs without doing anything when it is not told to execute', async () => {
    const number = nextNumber();
    await scenario({ operation: 'pay', behaviour: 'hang', count: 1 });
    void create(number);
    for (;;) if ((await stage.control('GET', '/_scenario')).json.scenarios[0].left === 0) break;
    expect((await query(number)).json.code).to.equal('ORDER_NOT_EXIST');
  });

  it('answers 500 without executing, unless told to', async () => {
    const [first, second] = [nextNumber(), nextNumber()];
    await scenario({ operation: 'pay', behaviour: 'http_500', count: 1 });
    const answer = await create(first);
    expect([answer.status, answer.json.code, answer.verified]).to.deep.equal([500, 'SYSTEM_ERROR', true]);
    expect((await query(first)).status).to.equal(404);
    await scenario({ operation: 'pay', behaviour: 'http_500', count: 1, execute: true });
    expect((await create(second)).status).to.equal(500);
    expect((await query(second)).status).to.equal(200);
  });

  it('limits and declines in each vendor’s words, without executing', async () => {
    for (const channel of ['wechat', 'alipay', 'stripe']) {
      await scenario({ channel, operation: 'pay', behaviour: 'rate_limited', count: 1 });
      await scenario({ channel, operation: 'pay', behaviour: 'decline', count: 1, ...(channel !== 'stripe' && { code: 'A_CODE' }) });
    }
    const number = nextNumber();
    const asks = [
      () => create(number),
      () => askAlipay(alipay, 'alipay.trade.precreate', { out_trade_no: number, total_amount: '1.00', subject: 'Tea' }),
      () => askStripe(stripe, 'POST', '/v1/checkout/sessions', stripeSession(number)),
    ];
    const limited = [];
    for (const ask of asks) limited.push(await ask());
    expect(limited.map(({ status }) => status)).to.deep.equal([429, 429, 429]);
    const declined = [];
    for (const ask of asks) declined.push(await ask());
    expect(declined.map(({ status }) => status)).to.deep.equal([400, 200, 402]);
    expect([declined[0]!.json.code, declined[1]!.json.sub_code, declined[2]!.json.error.code]).to.deep.equal([
      'A_CODE',
      'A_CODE',
      'card_declined',
    ]);
    expect((await query(number)).status).to.equal(404);
  });

  it('spoils the signature of an answer', async () => {
    await scenario({ operation: 'query', behaviour: 'bad_signature', count: 1 });
    await scenario({ channel: 'alipay', operation: 'query', behaviour: 'bad_signature', count: 1 });
    expect((await query('NONE0000')).verified).to.equal(false);
    expect((await query('NONE0000')).verified).to.equal(true);
    expect((await askAlipay(alipay, 'alipay.trade.query', { out_trade_no: 'X' })).verified).to.equal(false);
    expect((await askAlipay(alipay, 'alipay.trade.query', { out_trade_no: 'X' })).verified).to.equal(true);
  });

  it('lies about the amount and the account in answers that are signed', async () => {
    const number = nextNumber();
    await create(number);
    await scenario({ operation: 'query', behaviour: 'wrong_amount', count: 1 });
    await scenario({ operation: 'query', behaviour: 'wrong_account', count: 1 });
    const [amount, account, honest] = [await query(number), await query(number), await query(number)];
    expect([amount.json.amount.total, amount.json.mchid, amount.verified]).to.deep.equal([2000, wechat.mchid, true]);
    expect([account.json.amount.total, account.json.mchid]).to.deep.equal([1999, '1900000109']);
    expect([honest.json.amount.total, honest.json.mchid]).to.deep.equal([1999, wechat.mchid]);
  });

  it('lies about the amount in one answer of Stripe, and keeps the true one for its idempotency key', async () => {
    const number = nextNumber();
    await scenario({ channel: 'stripe', operation: 'pay', behaviour: 'wrong_amount', count: 1 });
    const key = { 'idempotency-key': number };
    expect((await askStripe(stripe, 'POST', '/v1/checkout/sessions', stripeSession(number), key)).json.amount_total).to.equal(2000);
    expect((await askStripe(stripe, 'POST', '/v1/checkout/sessions', stripeSession(number), key)).json.amount_total).to.equal(1999);
  });

  it('does not find what is younger than the time given', async () => {
    const number = nextNumber();
    await create(number);
    await scenario({ operation: 'query', behaviour: 'not_found_until_ms', delay_ms: 60_000, count: 1 });
    expect((await query(number)).json.code).to.equal('ORDER_NOT_EXIST');
    expect((await query(number)).status).to.equal(200);
  });

  it('sends a callback twice', async () => {
    const { json } = await create(nextNumber());
    await scenario({ operation: 'callback', behaviour: 'duplicate', count: 1 });
    await pay(json.code_url);
    const bodies = shop.received.map(({ body }) => JSON.parse(body).id);
    expect([bodies.length, new Set(bodies).size]).to.deep.equal([2, 1]);
  });

  it('sends a forged callback before the genuine one', async () => {
    const { json } = await create(nextNumber());
    await scenario({ operation: 'callback', behaviour: 'forged', count: 1 });
    await pay(json.code_url);
    expect(shop.received.map(({ headers, body }) => verifyWechat(wechat, headers, body))).to.deep.equal([false, true]);
  });

  it('forges a success of an order that nobody has paid', async () => {
    const number = nextNumber();
    const { json } = await create(number);
    expect((await stage.control('POST', '/_forge', { target: json.code_url })).json).to.deep.equal({ sent: true });
    expect(shop.received.map(({ headers, body }) => verifyWechat(wechat, headers, body))).to.deep.equal([false]);
    expect((await query(number)).json.trade_state).to.equal('NOTPAY');
    expect(await truthOf(number)).to.deep.equal([]);
  });

  it('signs a callback badly once, and well when it tries again', async () => {
    const { json } = await create(nextNumber());
    await scenario({ operation: 'callback', behaviour: 'bad_signature', count: 1 });
    shop.answerWith(401, '');
    await pay(json.code_url);
    shop.answerWith(204, '');
    const sent = await shop.got(2);
    expect(sent.map(({ headers, body }) => verifyWechat(wechat, headers, body))).to.deep.equal([false, true]);
  });

  it('keeps trying until the merchant answers in the vendor’s own words', async () => {
    const fields = signAlipay(
      alipay,
      'alipay.trade.page.pay',
      { out_trade_no: nextNumber(), total_amount: '1.00', subject: 'Tea', product_code: 'FAST_INSTANT_TRADE_PAY' },
      { notify_url: shop.url },
    );
    shop.answerWith(200, 'ok');
    await stage.control('POST', '/_pay', { target: { url: alipay.gateway_url, fields } });
    shop.answerWith(200, 'success');
    const sent = await shop.got(2);
    expect(new Set(sent.map(({ body }) => new URLSearchParams(body).get('notify_id'))).size).to.equal(1);
  });

  it('loses a callback for good, and sends it when asked to', async () => {
    const number = nextNumber();
    const { json } = await create(number);
    await scenario({ operation: 'callback', behaviour: 'drop_before_execute', count: 1 });
    await pay(json.code_url);
    expect(shop.received).to.deep.equal([]);
    expect((await stage.control('POST', '/_notify_again', { number })).json).to.deep.equal({ sent: true });
    expect(shop.received.length).to.equal(1);
    expect((await stage.control('POST', '/_notify_again', { number: 'NOBODY' })).status).to.equal(404);
  });

  it('lets a later callback overtake an earlier one', async () => {
    const [first, second] = [nextNumber(), nextNumber()];
    const [one, two] = [await create(first), await create(second)];
    await scenario({ operation: 'callback', behaviour: 'reorder', count: 1, delay_ms: 60_000 });
    await pay(one.json.code_url);
    expect(shop.received).to.deep.equal([]);
    await pay(two.json.code_url);
    expect((await shop.got(2)).length).to.equal(2);
    expect((await truthOf(first)).concat(await truthOf(second)).map(({ number }: Json) => number)).to.deep.equal([first, second]);
  });

  it('sends a callback late, and says at once that it was paid', async () => {
    const { json } = await create(nextNumber());
    await scenario({ operation: 'callback', behaviour: 'late', count: 1, delay_ms: 100 });
    expect((await pay(json.code_url)).json.paid).to.equal(true);
    expect(shop.received).to.deep.equal([]);
    expect((await shop.got(1)).length).to.equal(1);
  });

  it('pays every new order by itself when told to', async () => {
    await stage.control('POST', '/_autopay', { enabled: true, delay_ms: 5 });
    const number = nextNumber();
    await create(number);
    await shop.got(1);
    expect((await truthOf(number)).map(({ kind }: Json) => kind)).to.deep.equal(['charge']);
  });

  it('says which scenarios cannot be seen', async () => {
    expect((await scenario({ channel: 'alipay', operation: 'query', behaviour: 'wrong_account' })).json.effective).to.equal(false);
    expect((await scenario({ operation: 'query', behaviour: 'wrong_account' })).json.effective).to.equal(true);
  });

  const wrong: readonly Json[] = [
    { channel: 'paypal', operation: 'pay', behaviour: 'hang' },
    { operation: 'buy', behaviour: 'hang' },
    { operation: 'pay', behaviour: 'explode' },
    { operation: 'pay', behaviour: 'hang', count: 0 },
    { operation: 'pay', behaviour: 'hang', probability: 1.5 },
    { operation: 'pay', behaviour: 'hang', delay_ms: -1 },
    { operation: 'pay', behaviour: 'hang', colour: 'red' },
  ];
  for (const input of wrong) {
    it(`refuses ${JSON.stringify(input)}`, async () => {
      expect((await scenario(input)).status).to.equal(400);
    });
  }

  it('draws the same for the same seed', () => {
    const draw = (seed: number, probability: number) => {
      const rules = makeScenarios();
      rules.add(readScenario({ channel: 'wechat', operation: 'pay', behaviour: 'hang', probability, seed }, 1, ['wechat']) as Scenario);
      return Array.from({ length: 200 }, () => rules.take('wechat', 'pay', 'a') !== null);
    };
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const drawn = draw(seed, 0.5);
        expect(draw(seed, 0.5)).to.deep.equal(drawn);
        // Twelve standard deviations: a generator that leans to one side is found, chance is not.
        expect(drawn.filter(Boolean).length).to.be.within(15, 185);
      }),
    );
    expect(draw(1, 0.5)).to.not.deep.equal(draw(2, 0.5));
  });
});
