import { createHash, createSign, createVerify } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, openShop, type Shop, type Stage, setStage } from './kit.ts';

/** Pairs in the order in which they are given: a client writes them in the order of the document. */
const join = (params: Config) =>
  Object.entries(params)
    .map((pair) => pair.join('='))
    .join('&');

describe('simulator: 99Bill', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['bill99'] }), openShop()]);
    config = configOf(stage, 'bill99');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  const md5 = (params: Config) =>
    createHash('md5')
      .update(`${join(params)}&key=${config.query_key}`)
      .digest('hex')
      .toUpperCase();
  const order = (number: string, more: Config = {}): Config => ({
    inputCharset: '1',
    bgUrl: `${shop.url}/bill99`,
    version: 'v2.0',
    language: '1',
    signType: '4',
    merchantAcctId: config.merchant_acct_id ?? '',
    orderId: number,
    orderAmount: '1999',
    orderTime: '20260102110405',
    productName: 'Tea 茶',
    payType: '00',
    ...more,
  });
  const submit = (params: Config, spoil = '') => {
    const signMsg = createSign('sha1')
      .update(join(params) + spoil)
      .sign(config.private_key ?? '', 'base64');
    const body = new URLSearchParams({ ...params, signMsg });
    return fetch(`${config.gateway_url}/gateway/recvMerchantInfoAction.htm`, { method: 'POST', body, redirect: 'manual' });
  };
  const query = async (number: string, more: Config = {}) => {
    const acct = config.merchant_acct_id ?? '';
    const params = {
      inputCharset: '1',
      version: 'v2.0',
      signType: '1',
      merchantAcctId: acct,
      queryType: '0',
      queryMode: '1',
      orderId: number,
    };
    const body = JSON.stringify({ ...params, signMsg: md5(params), ...more });
    const answer = await fetch(`${config.gateway_url}/gatewayapi/gatewayOrderQuery.do`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    return (await answer.json()) as Record<string, unknown> & { orderDetail?: readonly Config[] };
  };

  it('leads the browser to the pay page, calls back by GET, and tells the order with both signatures', async () => {
    const opened = await submit(order('FLOW1'));
    expect(opened.status).to.equal(302);
    expect((await query('FLOW1')).orderDetail, 'before it is paid').to.equal(undefined);
    await stage.control('POST', '/_pay', { target: opened.headers.get('location') });
    const [callback] = await shop.got(1);
    const { signMsg = '', ...told } = Object.fromEntries(new URL(callback?.path ?? '', shop.url).searchParams);
    const names =
      'merchantAcctId version language signType payType bankId orderId orderTime orderAmount dealId bankDealId dealTime payAmount fee payResult';
    const text = join(Object.fromEntries(names.split(' ').map((name) => [name, told[name] ?? ''])));
    expect(
      createVerify('sha1')
        .update(text)
        .verify(config.bill99_certificate ?? '', signMsg, 'base64'),
    ).to.equal(true);
    expect(told).to.include({ orderId: 'FLOW1', orderAmount: '1999', payResult: '10' });
    const { signMsg: headSign, orderDetail = [], ...head } = await query('FLOW1');
    expect(headSign).to.equal(md5(head as Config));
    const { signInfo, ...detail } = orderDetail[0] ?? {};
    expect(signInfo).to.equal(md5(detail as Config));
    expect(detail).to.include({ orderId: 'FLOW1', dealId: told['dealId'], payResult: '10' });
  });

  it('shows a page instead of an order to what is badly signed, incomplete, or paid already', async () => {
    expect((await submit(order('BAD1'), 'x')).status).to.equal(200);
    for (const change of [
      { orderAmount: '19.99' },
      { orderAmount: '0' },
      { version: 'v9' },
      { signType: '1' },
      { bgUrl: '' },
      { orderTime: 'now' },
      { payType: '99' },
    ]) {
      expect((await submit(order('BAD1', change))).status, JSON.stringify(change)).to.equal(200);
    }
    expect((await query('BAD1', { signMsg: 'x' }))['errCode']).to.equal('20006');
    expect((await submit(order('TWICE1'))).status).to.equal(302);
    expect((await submit(order('TWICE1'))).status, 'the same again').to.equal(302);
    expect((await submit(order('TWICE1', { orderAmount: '1' }))).status).to.equal(200);
  });
});
