import { createHash, createHmac } from 'node:crypto';
import { expect } from 'chai';
import { askWechat, type Config, configOf, openShop, type Shop, type Stage, setStage } from './kit.ts';

type Fields = Readonly<Record<string, string>>;

function signV2(fields: Fields, key: string, type: string): string {
  const text = `${Object.entries(fields)
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('&')}&key=${key}`;
  const made = type === 'MD5' ? createHash('md5').update(text) : createHmac('sha256', key).update(text);
  return made.digest('hex').toUpperCase();
}

/** A small client of version 2 of the test's own. `spoil` changes what was signed. */
async function askV2(config: Config, path: string, given: Fields, spoil: Fields = {}): Promise<Fields & { readonly verified: string }> {
  const type = config.v2_sign_type!;
  const fields = { appid: config.appid!, mch_id: config.mchid!, nonce_str: 'n', sign_type: type, ...given };
  const all = { ...fields, sign: signV2(fields, config.api_v2_key!, type), ...spoil };
  const body = `<xml>${Object.entries(all)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`;
  const text = await (await fetch(config.base_url + path, { method: 'POST', body })).text();
  const told = Object.fromEntries([...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name, value]) => [name!, value!]));
  return { ...told, verified: String(told.sign === signV2(told, config.api_v2_key!, type)) };
}

describe('simulator: WeChat Pay, bar codes and several orders', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;
  const pay = (target: string) => stage.control('POST', '/_pay', { target });
  const truthOf = async (start: string) => {
    const { entries } = (await stage.control('GET', '/_truth')).json;
    return entries.filter((entry: Config) => entry.number?.startsWith(start)).map((entry: Config) => [entry.kind, entry.amount]);
  };

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['wechat'] }), openShop()]);
    config = configOf(stage, 'wechat');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  const code = (number: string, authCode: string): Fields => ({
    body: 'Tea 茶',
    out_trade_no: number,
    total_fee: '1999',
    spbill_create_ip: '127.0.0.1',
    auth_code: authCode,
  });

  it('takes a bar code’s money at once, signed either way, and once', async () => {
    for (const index of [0, 1]) {
      const own = configOf(stage, 'wechat', index);
      const paid = await askV2(own, '/pay/micropay', code(`BAR00${index}`, '134567890123456789'));
      expect(paid).to.include({ verified: 'true', result_code: 'SUCCESS', total_fee: '1999', out_trade_no: `BAR00${index}` });
      expect(await askV2(own, '/pay/micropay', code(`BAR00${index}`, '134567890123456789'))).to.include({ err_code: 'ORDERPAID' });
      const found = await askV2(own, '/pay/orderquery', { out_trade_no: `BAR00${index}` });
      expect(found).to.include({ verified: 'true', trade_state: 'SUCCESS', transaction_id: paid.transaction_id });
    }
  });

  it('refuses, unsigned, what was not signed with the merchant’s key', async () => {
    const refused = await askV2(config, '/pay/micropay', code('BAR010', '134567890123456789'), { total_fee: '1' });
    expect(refused).to.include({ return_code: 'FAIL', verified: 'false' });
    expect(await askV2(config, '/pay/orderquery', { out_trade_no: 'BAR010' })).to.include({ err_code: 'ORDERNOTEXIST' });
    expect(await askV2(config, '/pay/micropay', { ...code('BAR010', '134567890123456789'), total_fee: '19.99' })).to.include({
      err_code: 'PARAM_ERROR',
    });
    expect(await askV2(config, '/pay/micropay', code('BAR010', '284567890123456789'))).to.include({ err_code: 'AUTH_CODE_INVALID' });
  });

  it('reverses: an unpaid one is closed, a paid one refunded, and twice is once', async () => {
    expect(await askV2(config, '/pay/micropay', code('BAR020', '134567890123450003'))).to.include({ err_code: 'USERPAYING' });
    await askV2(config, '/pay/micropay', code('BAR021', '134567890123456789'));
    for (const number of ['BAR020', 'BAR021', 'BAR021']) {
      expect(await askV2(config, '/secapi/pay/reverse', { out_trade_no: number })).to.include({ result_code: 'SUCCESS', recall: 'N' });
      expect(await askV2(config, '/pay/orderquery', { out_trade_no: number })).to.include({ trade_state: 'REVOKED' });
    }
    expect((await pay('134567890123450003')).json).to.include({ paid: false });
    expect(await truthOf('BAR021')).to.deep.equal([
      ['charge', 1999],
      ['refund', 1999],
    ]);
  });

  const combined = (number: string) => ({
    combine_appid: config.appid,
    combine_mchid: config.mchid,
    combine_out_trade_no: number,
    sub_orders: [700, 300].map((total, index) => ({
      mchid: config.mchid,
      attach: 'a',
      amount: { total_amount: total, currency: 'CNY' },
      out_trade_no: `${number}-${index}`,
      description: 'Tea',
    })),
    notify_url: `${shop.url}/wechat`,
  });
  const create = '/v3/combine-transactions/native';
  const path = (number: string) => `/v3/combine-transactions/out-trade-no/${number}`;
  const refund = (number: string, request: string, amount: number, total: number) =>
    askWechat(config, 'POST', '/v3/refund/domestic/refunds', {
      out_trade_no: number,
      out_refund_no: request,
      amount: { refund: amount, total, currency: 'CNY' },
    });

  it('takes several orders as one payment, and refunds each of them by itself', async () => {
    const { json, verified } = await askWechat(config, 'POST', create, combined('COMB001'));
    expect(verified).to.equal(true);
    const waiting = await askWechat(config, 'GET', path('COMB001'));
    expect(waiting.json.sub_orders.map((part: Config) => part.trade_state)).to.deep.equal(['NOTPAY', 'NOTPAY']);
    expect((await pay(json.code_url)).json).to.include({ paid: true, number: 'COMB001' });
    const paid = (await askWechat(config, 'GET', path('COMB001'))).json;
    expect(paid.sub_orders.map((part: Config) => part.trade_state)).to.deep.equal(['SUCCESS', 'SUCCESS']);
    expect(new Set(paid.sub_orders.map((part: Config) => part.transaction_id)).size).to.equal(2);
    expect((await refund('COMB001', 'CR0', 1, 1000)).status, 'the whole is no order').to.equal(404);
    expect((await refund('COMB001-1', 'CR1', 301, 300)).json.code, 'more than the order').to.equal('INVALID_REQUEST');
    expect((await refund('COMB001-1', 'CR1', 300, 300)).json).to.include({ out_trade_no: 'COMB001-1', out_refund_no: 'CR1' });
    expect((await refund('COMB001-0', 'CR1', 300, 700)).json.code, 'the number of another order’s').to.equal('INVALID_REQUEST');
    const after = (await askWechat(config, 'GET', path('COMB001'))).json;
    expect(after.sub_orders.map((part: Config) => part.trade_state)).to.deep.equal(['SUCCESS', 'REFUND']);
    expect([...(await truthOf('COMB001')), ...(await truthOf('CR'))]).to.deep.equal([
      ['charge', 1000],
      ['refund', 300],
    ]);
  });

  it('closes several orders only together', async () => {
    const { json } = await askWechat(config, 'POST', create, combined('COMB002'));
    const parts = ['COMB002-0', 'COMB002-1'].map((number) => ({ mchid: config.mchid, out_trade_no: number }));
    const close = (some: unknown) =>
      askWechat(config, 'POST', `${path('COMB002')}/close`, { combine_appid: config.appid, sub_orders: some });
    expect((await close(parts.slice(1))).json.code).to.equal('INVALID_REQUEST');
    expect((await close(parts)).status).to.equal(204);
    expect((await pay(json.code_url)).json).to.include({ paid: false, reason: 'closed' });
  });

  it('takes no combined payment of one order, of another merchant’s, or with a number twice', async () => {
    const good = combined('COMB003');
    const [first] = good.sub_orders;
    for (const wrong of [
      { ...good, sub_orders: [first] },
      { ...good, sub_orders: [first, first] },
      { ...good, sub_orders: [first, { ...first, mchid: '1900000199', out_trade_no: 'COMB003-1' }] },
      { ...good, combine_appid: 'wx0000000000000000' },
    ]) {
      expect((await askWechat(config, 'POST', create, wrong)).status).to.equal(400);
    }
  });
});
