import { createSign, createVerify } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, openShop, type Shop, type Stage, setStage } from './kit.ts';

const join = (params: Config) =>
  Object.entries(params)
    .filter(([name, value]) => value !== '' && name !== 'sign')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');

describe('simulator: Allinpay', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['allinpay'] }), openShop()]);
    config = configOf(stage, 'allinpay');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  const isSigned = (params: Config) =>
    createVerify('sha1')
      .update(join(params))
      .verify(config.allinpay_public_key ?? '', params.sign ?? '', 'base64');
  /** Asks, and insists on a signed answer unless it is the refusal of a request. */
  const ask = async (path: string, more: Config, spoil = ''): Promise<Config> => {
    const { cusid = '', appid = '' } = config;
    const params = { cusid, appid, version: '11', randomstr: 'r1', signtype: 'RSA', ...more };
    const sign = createSign('sha1')
      .update(join(params) + spoil)
      .sign(config.private_key ?? '', 'base64');
    const answer = await fetch(`${config.base_url}/apiweb/unitorder/${path}`, {
      method: 'POST',
      body: new URLSearchParams({ ...params, sign }),
    });
    const json = (await answer.json()) as Config;
    expect(isSigned(json), JSON.stringify(json)).to.equal(json.retcode === 'SUCCESS');
    return json;
  };
  const order = (reqsn: string, more: Config = {}): Config => ({
    trxamt: '1999',
    reqsn,
    paytype: 'W01',
    body: 'Tea 茶',
    validtime: '30',
    notify_url: `${shop.url}/allinpay`,
    ...more,
  });

  it('makes an order, is paid, calls back, and gives it back in parts', async () => {
    expect(await ask('query', { reqsn: 'FLOW1' })).to.include({ trxstatus: '1001' });
    const made = await ask('pay', order('FLOW1'));
    expect(made).to.include({ trxstatus: '0000', reqsn: 'FLOW1' });
    expect(await ask('query', { reqsn: 'FLOW1' })).to.include({ trxstatus: '2008', trxamt: '1999' });
    await stage.control('POST', '/_pay', { target: made.payinfo });
    const [callback] = await shop.got(1);
    const told = Object.fromEntries(new URLSearchParams(callback?.body));
    expect(isSigned(told)).to.equal(true);
    expect(told).to.include({ cusorderid: 'FLOW1', trxid: made.trxid, trxamt: '1999', trxstatus: '0000' });
    expect(await ask('refund', { reqsn: 'R1', oldreqsn: 'FLOW1', trxamt: '999' })).to.include({ trxstatus: '0000', reqsn: 'R1' });
    expect(await ask('query', { reqsn: 'R1' })).to.include({ trxstatus: '0000', trxamt: '999', trxcode: 'VSP503' });
    expect(await ask('refund', { reqsn: 'R1', oldreqsn: 'FLOW1', trxamt: '999' }), 'its number again').to.include({ trxstatus: '3999' });
    expect(await ask('refund', { reqsn: 'R2', oldreqsn: 'FLOW1', trxamt: '1001' }), 'too much').to.include({ trxstatus: '3999' });
    expect(await ask('close', { oldreqsn: 'FLOW1' }), 'a paid order').to.include({ trxstatus: '3999' });
  });

  it('closes what is unpaid', async () => {
    await ask('pay', order('CLOSE1'));
    expect(await ask('close', { oldreqsn: 'CLOSE1' })).to.include({ trxstatus: '0000' });
    expect(await ask('query', { reqsn: 'CLOSE1' })).to.include({ trxstatus: '3045' });
  });

  it('refuses what is badly signed, incomplete, or taken already', async () => {
    expect(await ask('pay', order('BAD1'), 'x')).to.include({ retcode: 'FAIL' });
    expect(await ask('pay', order('BAD1', { signtype: 'MD5' }))).to.include({ retcode: 'FAIL' });
    expect(await ask('pay', order('BAD1', { cusid: '1' }))).to.include({ retcode: 'FAIL' });
    for (const change of [
      { trxamt: '19.99' },
      { trxamt: '0' },
      { paytype: 'X01' },
      { validtime: '9999' },
      { notify_url: '' },
      { reqsn: 'a b' },
    ]) {
      expect(await ask('pay', order('BAD1', change)), JSON.stringify(change)).to.include({ trxstatus: '3999' });
    }
    await ask('pay', order('TWICE1'));
    expect(await ask('pay', order('TWICE1'))).to.include({ trxstatus: '3999' });
  });
});
