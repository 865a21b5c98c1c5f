import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { sm2 } from 'sm-crypto-v2';
import { type Config, configOf, type Json, openShop, type Shop, type Stage, setStage } from './kit.ts';

/** A client of the bank's gateway, written from its document. Whatever is given in `changes` is sent in place of what is right. */
async function ask(config: Config, path: string, content: Json, changes: { members?: Json; headers?: Record<string, string> } = {}) {
  const members: Json = { biz_content: JSON.stringify(content), encoding: 'UTF-8', signMethod: '02', version: '0.0.1' };
  const signed = { ...members, sign: sign(config, members), ...changes.members };
  const timestamp = String(Math.floor(Date.now() / 1000));
  const proof = `appid=${config['app_id']}&secret=${config['app_secret']}&sign=${signed.sign}&timestamp=${timestamp}`;
  const apisign = createHash('md5').update(proof).digest('hex');
  const headers = { 'content-type': 'application/json', appid: config['app_id']!, timestamp, apisign, ...changes.headers };
  const url = `${config['base_url']}/polypay/v1.0/mchorders/${path}`;
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(signed) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

const textOf = (members: Json) =>
  Object.keys(members)
    .filter((name) => name !== 'sign')
    .sort()
    .map((name) => `${name}=${members[name]}`)
    .join('&');

function sign(config: Config, members: Json): string {
  const der = sm2.doSignature(new Uint8Array(Buffer.from(textOf(members))), config['private_key']!, { hash: true, der: true });
  return Buffer.from(der, 'hex').toString('base64');
}

function isBanks(config: Config, members: Json): boolean {
  const point = Buffer.from(config['bank_public_key']!, 'base64').subarray(-65).toString('hex');
  const der = Buffer.from(members.sign, 'base64').toString('hex');
  return sm2.doVerifySignature(new Uint8Array(Buffer.from(textOf(members))), der, point, { hash: true, der: true });
}

describe('The simulated e-CNY of China Merchants Bank', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;
  let count = 0;

  before(async () => {
    stage = await setStage({ channels: ['cmbecny'] });
    shop = await openShop();
    config = configOf(stage, 'cmbecny');
  });
  after(async () => {
    await stage.end();
    await shop.end();
  });

  const makeOrder = (changes: Json = {}): Json => {
    count += 1;
    const soon = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 19);
    const who = { merId: config['merchant_no'], userId: config['user_id'], orderId: `ORDER${count}`, notifyUrl: `${shop.url}/told` };
    const what = { currencyCode: '156', transactionType: 'TT01', txnAmt: '888', goodsName: '咖啡', orderTimeExpire: soon };
    return { ...who, ...what, terminalNo: 'T1', terminalIp: '203.0.113.7', tradePlace: '深圳', ...changes };
  };

  it('takes an order, has it paid, and calls back in a signed form', async () => {
    const order = makeOrder();
    const { json } = await ask(config, 'ecny/unifiedOrder', order);
    expect(json).to.include({ returnCode: 'SUCCESS', respCode: 'SUCCESS' });
    expect(isBanks(config, json)).to.equal(true);
    const created = JSON.parse(json.biz_content);
    expect(created).to.include({ merId: config['merchant_no'], orderId: order.orderId });
    expect((await stage.control('POST', '/_pay', { target: created.qrCode })).json).to.include({ paid: true });
    const [told] = await shop.got(1);
    const members = Object.fromEntries(new URLSearchParams(told?.body));
    expect(isBanks(config, members)).to.equal(true);
    expect(JSON.parse(members['biz_content']!)).to.include({ orderId: order.orderId, txnAmt: '888', currencyCode: '156' });
  });

  it('refuses what is not signed by the merchant, sent by its app, or sent now', async () => {
    const order = makeOrder();
    const code = async (changes: Parameters<typeof ask>[3]) => (await ask(config, 'ecny/unifiedOrder', order, changes)).json.errCode;
    const cheap = JSON.stringify({ ...order, txnAmt: '1' });
    expect(await code({ members: { biz_content: cheap } })).to.equal('SIGN_ERROR');
    for (const written of ['', 'AAAA', sign({ ...config, private_key: '1'.repeat(64) }, {})])
      expect(await code({ members: { sign: written } })).to.equal('SIGN_ERROR');
    expect(await code({ headers: { apisign: '0'.repeat(32) } })).to.equal('SIGN_ERROR');
    expect(await code({ headers: { timestamp: '1528882455' } })).to.equal('SIGN_ERROR');
    expect(await code({ members: { version: '0.0.2' } })).to.equal('VERSION_ERROR');
    expect(await code({ members: { signMethod: '01' } })).to.equal('SIGNMETHOD_ERROR');
    expect(await code({ members: { added: 'x' } })).to.equal('JSON_FORMAT_ERROR');
    expect((await ask(config, 'ecny/unifiedOrder', order, { headers: { appid: 'nobody' } })).status).to.equal(403);
    expect((await ask(config, 'orderquery', { merId: order.merId, userId: order.userId, orderId: order.orderId })).json.errCode).to.equal(
      'CMBORDERID_NOT_EXIST',
    );
  });

  it('refuses fields that the document does not allow, by the name of the field', async () => {
    const faults: readonly [Json, string][] = [
      [{ txnAmt: '8.88' }, 'TXNAMT_NOT_LAWFUL'],
      [{ txnAmt: 888 }, 'TXNAMT_NOT_LAWFUL'],
      [{ currencyCode: '840' }, 'CURRENCYCODE_NOT_LAWFUL'],
      [{ goodsName: 'a=b' }, 'GOODSNAME_NOT_LAWFUL'],
      [{ terminalNo: '终端' }, 'TERMINALNO_NOT_LAWFUL'],
      [{ transactionType: 'TT02' }, 'TRANSACTIONTYPE_NOT_LAWFUL'],
      [{ orderTimeExpire: '2020-01-01T00:00:00' }, 'ORDERTIMEEXPIRE_NOT_LAWFUL'],
      [{ tradePlace: undefined }, 'TRADEPLACE_NOT_LAWFUL'],
      [{ invented: 'x' }, 'UNDEFINED_PRAM'],
      [{ merId: '308999150570002' }, 'MERID_NOT_EXIST'],
    ];
    for (const [changes, errCode] of faults) {
      const { json } = await ask(config, 'ecny/unifiedOrder', makeOrder(changes));
      expect(json, errCode).to.include({ returnCode: 'FAIL', errCode });
      expect(isBanks(config, json)).to.equal(true);
    }
  });

  it('answers a repeated order alike, and takes no other order, and none that is closed, under its number', async () => {
    const order = makeOrder();
    const data = async (content: Json) => (await ask(config, 'ecny/unifiedOrder', content)).json;
    const first = await data(order);
    expect((await data(order)).biz_content).to.equal(first.biz_content);
    expect(await data({ ...order, txnAmt: '889' })).to.include({ respCode: 'FAIL', errCode: 'ORDERID_DUPLICATION' });
    await ask(config, 'close', { merId: order.merId, userId: order.userId, origOrderId: order.orderId });
    expect(await data(order)).to.include({ respCode: 'FAIL', errCode: 'ORDERID_DUPLICATION' });
  });
});
