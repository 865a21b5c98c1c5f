import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, openShop, type Shop, type Stage, setStage } from './kit.ts';

/** The rule as a site's document says it: sorted, not empty, without sign and sign_type, the key right behind. */
function sign(params: Config, key: string): Config {
  const text = Object.entries(params)
    .filter(([name, value]) => value !== '' && name !== 'sign_type')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
  return {
    ...params,
    sign: createHash('md5')
      .update(text + key)
      .digest('hex'),
  };
}

describe('simulator: EPay', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['epay'] }), openShop()]);
    config = configOf(stage, 'epay');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  const order = (number: string, more: Config = {}): Config => ({
    pid: config.pid ?? '',
    type: 'alipay',
    out_trade_no: number,
    notify_url: `${shop.url}/epay`,
    return_url: `${shop.url}/back`,
    name: 'Tea 茶',
    money: '19.99',
    clientip: '203.0.113.9',
    sign_type: 'MD5',
    ...more,
  });
  const post = async (path: string, params: Config) =>
    (await fetch(config.base_url + path, { method: 'POST', body: new URLSearchParams(params) })).json();
  const create = (params: Config, key = config.key ?? '') => post('/mapi.php', sign(params, key)) as Promise<Record<string, unknown>>;
  const query = async (number: string, key = config.key ?? '') => {
    const params = new URLSearchParams({ act: 'order', pid: config.pid ?? '', key, out_trade_no: number });
    return (await (await fetch(`${config.base_url}/api.php?${params}`)).json()) as Record<string, unknown>;
  };

  it('makes an order, is paid, calls back by GET until it is told success, and gives the whole back once', async () => {
    expect(await query('FLOW1')).to.include({ code: -1, msg: '订单号不存在' });
    const made = await create(order('FLOW1'));
    expect(made).to.include({ code: 1 });
    expect(await query('FLOW1')).to.include({ code: 1, status: 0, money: '19.99' });
    await stage.control('POST', '/_pay', { target: made['qrcode'] });
    const [callback] = await shop.got(1);
    const told = Object.fromEntries(new URL(callback?.path ?? '', shop.url).searchParams);
    const { sign: signature, ...signed } = told;
    expect(sign(signed, config.key ?? '').sign).to.equal(signature);
    expect(told).to.include({ out_trade_no: 'FLOW1', trade_no: made['trade_no'], money: '19.99', trade_status: 'TRADE_SUCCESS' });
    expect(await query('FLOW1')).to.include({ status: 1 });
    const refund = { pid: config.pid ?? '', key: config.key ?? '', out_trade_no: 'FLOW1' };
    expect(await post('/api.php?act=refund', { ...refund, money: '5.00' }), 'a part').to.include({ code: -1 });
    expect(await post('/api.php?act=refund', { ...refund, money: '19.99' })).to.include({ code: 1 });
    expect(await post('/api.php?act=refund', { ...refund, money: '19.99' }), 'again').to.include({ code: -1 });
    expect(await query('FLOW1')).to.include({ status: 2 });
  });

  it('refuses what is badly signed, incomplete, or of a stranger', async () => {
    expect(await create(order('BAD1'), 'another-key-of-theirs')).to.include({ code: -1, msg: '签名校验失败' });
    for (const change of [
      { money: '0.00' },
      { money: '1.999' },
      { type: 'paypal' },
      { name: '' },
      { notify_url: '' },
      { clientip: '' },
      { pid: '9' },
    ]) {
      expect(await create(order('BAD2', change)), JSON.stringify(change)).to.include({ code: -1 });
    }
    expect(await query('BAD2', 'another-key-of-theirs')).to.include({ code: -3 });
  });

  it('takes a number once, and the same order again as the same', async () => {
    const first = await create(order('TWICE1'));
    expect(await create(order('TWICE1'))).to.include({ code: 1, trade_no: first['trade_no'] });
    expect(await create(order('TWICE1', { money: '20.00' }))).to.include({ code: -1 });
  });
});
