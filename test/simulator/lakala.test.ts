import { createSign } from 'node:crypto';
import { expect } from 'chai';
import { type Config, configOf, type Json, openShop, rsaVerify, type Shop, type Stage, setStage } from './kit.ts';

const barCode = '134567890123456789';

describe('simulator: Lakala', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['lakala'] }), openShop()]);
    config = configOf(stage, 'lakala');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  interface Doubt {
    readonly spoil?: string;
    readonly serial?: string;
    readonly ageSec?: number;
  }

  /** Sends one request of the test's own signing, and says whether the answer proves itself. */
  const send = async (path: string, data: object, { spoil = '', serial, ageSec = 0 }: Doubt = {}) => {
    const { app_id: appid, serial_no: ownSerial, merchant_no, term_no } = config;
    const body = JSON.stringify({ req_time: '20260102110405', version: '3.0', req_data: { merchant_no, term_no, ...data } });
    const [timestamp, nonce] = [Math.trunc(Date.now() / 1000) - ageSec, 'n0nc3n0nc3aB'];
    const message = `${appid}\n${serial ?? ownSerial}\n${timestamp}\n${nonce}\n${body}\n${spoil}`;
    const signature = createSign('RSA-SHA256')
      .update(message)
      .sign(config.private_key ?? '', 'base64');
    const parts = { appid, serial_no: serial ?? ownSerial, timestamp, nonce_str: nonce, signature };
    const proof = Object.entries(parts).map(([name, value]) => `${name}="${value}"`);
    const headers = { authorization: `LKLAPI-SHA256withRSA ${proof.join(',')}`, 'content-type': 'application/json' };
    const answer = await fetch(`${config.base_url}/api/v3/${path}`, { method: 'POST', headers, body });
    const raw = await answer.text();
    const lines = ['appid', 'serial', 'timestamp', 'nonce'].map((name) => `${answer.headers.get(`lklapi-${name}`)}\n`);
    const proven = rsaVerify(config.platform_certificate ?? '', `${lines.join('')}${raw}\n`, answer.headers.get('lklapi-signature') ?? '');
    return { status: answer.status, json: JSON.parse(raw) as Json, proven };
  };
  /** Asks, and insists on a signed answer. */
  const ask = async (path: string, data: object): Promise<Json> => {
    const { json, proven } = await send(path, data);
    expect(proven, JSON.stringify(json)).to.equal(true);
    return json;
  };
  const order = (number: string, more: object = {}) => ({
    out_trade_no: number,
    total_amount: '1999',
    subject: 'Tea 茶',
    location_info: { request_ip: '203.0.113.9' },
    notify_url: `${shop.url}/lakala`,
    ...more,
  });
  const scan = (number: string, more: object = {}) => order(number, { account_type: 'ALIPAY', trans_type: '41', ...more });
  const query = async (number: string) => (await ask('labs/query/tradequery', { out_trade_no: number })).resp_data as Json;
  const refund = (number: string, of: string, amount: string) =>
    ask('rfd/refund_front/refund', {
      out_trade_no: number,
      refund_amount: amount,
      origin_trade_no: of,
      location_info: { request_ip: '203.0.113.9' },
    });

  it('makes an order, is paid, calls back, and gives it back in parts', async () => {
    const made = await ask('labs/trans/preorder', scan('FLOW1'));
    expect(made).to.have.property('code', 'BBS00000');
    expect(await query('FLOW1')).to.include({ trade_state: 'CREATE', total_amount: '1999', merchant_no: config.merchant_no });
    await stage.control('POST', '/_pay', { target: made.resp_data.acc_resp_fields.code });
    const [callback] = await shop.got(1);
    const proof = /timestamp="(\d+)",nonce_str="(\w+)",signature="(.+)"$/.exec(callback?.headers.authorization ?? '');
    expect(rsaVerify(config.notify_certificate ?? '', `${proof?.[1]}\n${proof?.[2]}\n${callback?.body}\n`, proof?.[3] ?? '')).to.equal(
      true,
    );
    const tradeNo = made.resp_data.trade_no as string;
    expect(JSON.parse(callback?.body ?? '')).to.include({
      out_trade_no: 'FLOW1',
      trade_no: tradeNo,
      total_amount: '1999',
      trade_status: 'SUCCESS',
    });
    expect(await query('FLOW1')).to.include({ trade_state: 'SUCCESS' });
    expect((await refund('R1', tradeNo, '999')).resp_data).to.include({ trade_state: 'SUCCESS', refund_amount: '999' });
    expect(await query('FLOW1')).to.include({ trade_state: 'PART_REFUND' });
    expect((await refund('R1', tradeNo, '999')).code, 'its number again').to.match(/^RFD/);
    expect((await refund('R2', tradeNo, '1001')).code, 'too much').to.match(/^RFD/);
    expect((await refund('R2', tradeNo, '1000')).code).to.equal('000000');
    expect(await query('FLOW1')).to.include({ trade_state: 'REFUND' });
    const told = await ask('rfd/refund_front/refund_query', { out_trade_no: 'R1' });
    expect(told.resp_data).to.include({ trade_state: 'SUCCESS', refund_amount: '999', origin_out_trade_no: 'FLOW1' });
    const { entries } = (await stage.control('GET', '/_truth')).json;
    expect(entries.map(({ kind, amount }: Json) => [kind, amount])).to.deep.equal([
      ['charge', 1999],
      ['refund', 999],
      ['refund', 1000],
    ]);
  });

  it('closes what is unpaid, and nothing else', async () => {
    await ask('labs/trans/preorder', scan('CLOSE1'));
    const closing = { origin_out_trade_no: 'CLOSE1', location_info: { request_ip: '203.0.113.9' } };
    expect(await ask('labs/relation/close', closing)).to.have.property('code', 'BBS00000');
    expect(await query('CLOSE1')).to.include({ trade_state: 'CLOSE' });
    expect((await ask('labs/relation/close', { ...closing, origin_out_trade_no: 'FLOW1' })).code).to.match(/^BBS9/);
  });

  it('takes a payment code at once, waits for a password, or finds no money', async () => {
    const micropay = (number: string, code: string) => ask('labs/trans/micropay', order(number, { auth_code: code }));
    expect((await micropay('BAR1', barCode)).resp_data).to.include({ total_amount: '1999', out_trade_no: 'BAR1' });
    const waiting = barCode.replace(/.{4}$/, '0003');
    expect(await micropay('BAR2', waiting)).to.have.property('code', 'BBS10000');
    expect(await query('BAR2')).to.include({ trade_state: 'DEAL' });
    await stage.control('POST', '/_pay', { target: waiting });
    expect(await query('BAR2')).to.include({ trade_state: 'SUCCESS' });
    expect((await micropay('BAR3', barCode.replace(/.{4}$/, '0051'))).code).to.match(/^BBS9/);
    expect(await query('BAR3')).to.include({ trade_state: 'FAIL' });
  });

  it('answers nothing that is not proven, and signs no such refusal', async () => {
    for (const doubt of [{ spoil: 'x' }, { serial: '00dfba8194c41b99' }, { ageSec: 301 }, { ageSec: -301 }]) {
      const { status, proven } = await send('labs/trans/preorder', scan('BAD1'), doubt);
      expect({ status, proven }, JSON.stringify(doubt)).to.deep.equal({ status: 401, proven: false });
    }
    expect((await ask('labs/query/tradequery', { out_trade_no: 'BAD1' })).code).to.not.equal('BBS00000');
  });

  it('refuses what is incomplete, wrong, unknown, or taken already', async () => {
    for (const change of [
      { total_amount: '19.99' },
      { total_amount: '0' },
      { total_amount: 1999 },
      { out_trade_no: 'a b' },
      { location_info: {} },
      { subject: '茶'.repeat(43) },
      { notify_url: 'x' },
      { stranger: '1' },
      { account_type: 'WECHAT' },
      { trans_type: '51' },
      { acc_busi_fields: { timeout_express: '16' } },
      { term_no: 'D0000000' },
    ]) {
      expect((await ask('labs/trans/preorder', scan('BAD2', change))).code, JSON.stringify(change)).to.match(/^BBS9/);
    }
    await ask('labs/trans/preorder', scan('TWICE1'));
    expect((await ask('labs/trans/preorder', scan('TWICE1'))).code).to.match(/^BBS9/);
  });

  it('knows nothing of the other merchant’s orders', async () => {
    await ask('labs/trans/preorder', scan('MINE1'));
    const mine = config;
    config = configOf(stage, 'lakala', 1);
    try {
      expect((await ask('labs/query/tradequery', { out_trade_no: 'MINE1' })).code).to.not.equal('BBS00000');
    } finally {
      config = mine;
    }
  });
});
