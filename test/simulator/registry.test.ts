import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { listBroughtAlong } from '../../simulator/vendor-folder.ts';
import { readXml, textsOf } from '../../simulator/xml.ts';
import { type Json, openShop, type Shop, type Stage, setStage } from './kit.ts';

import { refundWorkMs } from './vendors/tollgate/index.ts';

const vendorsDir = join(import.meta.dirname, 'vendors');

describe('simulator: a vendor of one folder', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Json;

  const ask = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(config.base_url + path, {
      method,
      headers: { authorization: `Bearer ${config.secret}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Json };
  };
  const create = (number: string, product: string, more: Json = {}, headers = {}) =>
    ask('POST', '/v1/orders', { number, product, amount: 500, ...more }, headers);
  const pay = (body: Json) => stage.control('POST', '/_pay', body);
  const truth = async () =>
    (await stage.control('GET', '/_truth')).json.entries.map(({ kind, number, amount }: Json) => `${kind} ${number} ${amount}`);
  const told = () =>
    shop.received.map(({ path }) => new URL(path, shop.url).searchParams).map((query) => `${query.get('event')} ${query.get('number')}`);

  beforeEach(async () => {
    [stage, shop] = await Promise.all([setStage({ vendorsDir }), openShop()]);
    config = stage.simulator.credentials.tollgate![0]!.config;
    await stage.control('POST', '/_callbacks', { channel: 'tollgate', account: 'one', url: `${shop.url}/toll?shop=1` });
  });
  afterEach(() => Promise.all([stage.end(), shop.end()]));

  it('is found, has accounts with values of every kind, and keeps its keys under its own name', async () => {
    const { json } = await stage.control('GET', '/_accounts');
    expect(Object.keys(json)).to.deep.equal(['tollgate']);
    expect(json.tollgate[1].config).to.include({ merchant: 'two', sandbox: true, timeout_sec: 30 });
    expect(config.base_url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/tollgate$/);
    const files = ['tollgate-one.ed25519', 'tollgate-secret-one.txt', 'tollgate-secret-two.txt', 'tollgate-two.ed25519'];
    expect(readdirSync(join(stage.dataDir, 'keys')).sort()).to.deep.equal(files);
  });

  it('has its name on the pay page, and its own addresses beside those', async () => {
    const { json } = await create('T1', 'redirect');
    expect(await (await fetch(json.url)).text()).to.include('Pay with Tollgate');
    const missing = await fetch(`${stage.simulator.url}/tollgate/pay/nothing`);
    expect([missing.status, (await missing.text()).includes('There is no such order')]).to.deep.equal([404, true]);
    expect((await fetch(`${stage.simulator.url}/nobody/pay/nothing`)).status).to.equal(404);
  });

  it('is paid by redirect, and calls back with parameters in the registered address', async () => {
    const { json } = await create('T1', 'redirect');
    expect((await pay({ target: json.url })).json).to.deep.equal({ paid: true, channel: 'tollgate', number: 'T1' });
    expect(shop.received[0]!.path).to.match(/^\/toll\?shop=1&event=paid&number=T1&proof=/);
  });

  it('is paid by the text of SDK parameters, given as text or as an object', async () => {
    const [one, two] = [await create('T1', 'sdk'), await create('T2', 'sdk')];
    expect((await pay({ target: JSON.stringify(one.json.sdk) })).json.paid).to.equal(true);
    expect((await pay({ target: two.json.sdk })).json.paid).to.equal(true);
  });

  it('is paid by a form that a browser sends, and follows where it leads', async () => {
    const fields = { secret: config.secret, number: 'T1', amount: '500' };
    const url = `${config.base_url}/pay/form`;
    expect((await pay({ target: url, fields })).json).to.deep.equal({ paid: true, channel: 'tollgate', number: 'T1' });
    expect((await pay({ target: { url, fields: { ...fields, number: 'T2' } } })).json.paid).to.equal(true);
    expect((await pay({ target: url, fields: { ...fields, secret: 'wrong' } })).status).to.equal(404);
    expect((await pay({ target: url, fields: { amount: 5 } })).status).to.equal(400);
    const sent = await fetch(url, { method: 'POST', body: new URLSearchParams({ ...fields, number: 'T3' }), redirect: 'manual' });
    expect([sent.status, sent.headers.get('location')?.startsWith(`${stage.simulator.url}/tollgate/pay/`)]).to.deep.equal([302, true]);
    expect(await truth()).to.deep.equal(['charge T1 500', 'charge T2 500']);
  });

  it('moves no money when the shopper approves, and all of it when the merchant captures', async () => {
    const { json } = await create('T1', 'approve');
    expect(await (await fetch(json.url)).text()).to.include('>Approve<');
    expect((await ask('POST', `/v1/orders/${json.id}/capture`)).json.error).to.equal('is open');
    expect((await pay({ target: json.url })).json).to.deep.equal({ paid: false, approved: true, channel: 'tollgate', number: 'T1' });
    await shop.got(1);
    expect([await truth(), told()]).to.deep.equal([[], ['approved T1']]);
    expect((await pay({ target: json.url })).json).to.include({ paid: false, reason: 'already_approved' });
    expect((await ask('GET', `/v1/orders/${json.id}`)).json.state).to.equal('approved');
    expect((await ask('POST', `/v1/orders/${json.id}/capture`)).json.state).to.equal('paid');
    expect(await truth()).to.deep.equal(['charge T1 500']);
    await shop.got(2);
    expect(told()).to.deep.equal(['approved T1', 'paid T1']);
  });

  it('sends the browser back after approving on the page', async () => {
    const { json } = await create('T1', 'approve');
    const answer = await fetch(json.url, { method: 'POST', body: new URLSearchParams({ do: 'pay' }), redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, 'http://127.0.0.1/back']);
  });

  it('charges a bar code at once, or declines it', async () => {
    expect((await create('T1', 'code', { code: 'good' })).json.state).to.equal('paid');
    expect((await create('T2', 'code', { code: 'bad' })).status).to.equal(402);
    await shop.got(2);
    expect([await truth(), told()]).to.deep.equal([['charge T1 500'], ['paid T1', 'failed T2']]);
  });

  it('says the same again for an idempotency key, charges once, and refuses other content', async () => {
    const key = { 'idempotency-key': 'K1' };
    const [first, again] = [await create('T1', 'code', { code: 'good' }, key), await create('T1', 'code', { code: 'good' }, key)];
    expect(again.json).to.deep.equal(first.json);
    expect([first, again].map(({ headers }) => headers.get('x-replayed'))).to.deep.equal([null, 'true']);
    expect((await create('T1', 'code', { code: 'other' }, key)).status).to.equal(409);
    expect(await truth()).to.deep.equal(['charge T1 500']);
  });

  it('remembers an answer together with what it did, and finishes a refund, after a start anew', async () => {
    const key = { 'idempotency-key': 'K1' };
    const { json } = await create('T1', 'code', { code: 'good' }, key);
    await shop.got(1);
    shop.answerWith(500, '');
    await ask('POST', `/v1/orders/${json.id}/refunds`, { number: 'R1', amount: 200 });
    await stage.simulator.stop();
    const before = shop.received.length;
    shop.answerWith(200, '');
    stage = await setStage({ vendorsDir, dataDir: stage.dataDir });
    config = stage.simulator.credentials.tollgate![0]!.config;
    expect((await create('T1', 'code', { code: 'good' }, key)).json).to.deep.equal(json);
    expect(await truth()).to.deep.equal(['charge T1 500', 'refund R1 200']);
    await shop.got(before + 1);
    // By now the stopped run has come to the end of its refund too, and must have kept silent.
    await new Promise((resolve) => setTimeout(resolve, 3 * refundWorkMs));
    expect(told().slice(before)).to.deep.equal(['refunded R1']);
  });

  it('keeps the ports of accounts, also those of data directories that name no channel', async () => {
    const addresses = () => stage.simulator.credentials.tollgate!.map((one) => one.config.base_url);
    const before = addresses();
    await stage.simulator.stop();
    const path = join(stage.dataDir, 'ports.json');
    const { main, accounts } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ main, accounts: { two: accounts['tollgate/two'], one: accounts['tollgate/one'] } }));
    stage = await setStage({ vendorsDir, dataDir: stage.dataDir });
    expect(addresses()).to.deep.equal(before);
  });

  it('keeps no answer of a fault for a key', async () => {
    const key = { 'idempotency-key': 'K1' };
    expect((await create('T1', 'code', { code: 'bad' }, key)).status).to.equal(402);
    expect((await create('T2', 'code', { code: 'good' }, key)).status).to.equal(201);
  });

  it('takes refunds in parts, tells their end by callback, and never gives back too much', async () => {
    const { json } = await create('T1', 'code', { code: 'good' });
    const refund = (number: string, amount: number) => ask('POST', `/v1/orders/${json.id}/refunds`, { number, amount });
    expect((await refund('R1', 200)).json).to.deep.equal({ status: 'received' });
    expect((await refund('R2', 301)).status).to.equal(422);
    expect((await refund('R3', 300)).status).to.equal(202);
    await shop.got(3);
    expect(told()).to.have.members(['paid T1', 'refunded R1', 'refunded R3']);
    expect(await truth()).to.deep.equal(['charge T1 500', 'refund R1 200', 'refund R3 300']);
  });

  it('closes what nobody has paid', async () => {
    const { json } = await create('T1', 'redirect');
    await ask('POST', `/v1/orders/${json.id}/close`);
    expect((await pay({ target: json.url })).json).to.include({ paid: false, reason: 'closed' });
    expect(await truth()).to.deep.equal(['close T1 500']);
  });

  it('says what its answers can show of a scenario, and takes no channel that is not there', async () => {
    const scenario = (channel: string, operation: string, behaviour: string) =>
      stage.control('POST', '/_scenario', { channel, operation, behaviour });
    expect((await scenario('tollgate', 'query', 'wrong_amount')).json.effective).to.equal(true);
    expect((await scenario('tollgate', 'pay', 'wrong_amount')).json.effective).to.equal(false);
    expect((await scenario('wechat', 'pay', 'hang')).json.error).to.equal('channel must be one of tollgate');
  });

  it('knows its merchant by basic authentication too, and answers in forms and in XML', async () => {
    await create('T1', 'redirect', {}, { authorization: `Basic ${Buffer.from(`one:${config.secret}`).toString('base64')}` });
    const statement = (query: string) =>
      fetch(`${config.base_url}/v1/statement${query}`, { headers: { authorization: `Bearer ${config.secret}` } });
    expect(readXml(await (await statement('')).text())!.children.map(textsOf)).to.deep.equal([{ number: 'T1' }]);
    expect(await (await statement('?as=form')).text()).to.equal('rows=1');
  });
});

describe('simulator: finding vendors', () => {
  it('opens only those that are asked for, and none that is not there', async () => {
    const stage = await setStage({ channels: ['stripe'] });
    const { json } = await stage.control('GET', '/_accounts');
    await stage.end();
    expect(Object.keys(json)).to.deep.equal(['stripe']);
    const error = await setStage({ vendorsDir, channels: ['gate'] }).catch((reason: Error) => reason);
    expect(error).to.be.an('error').with.property('message', 'there is no vendor gate');
  });

  it('refuses to start with a vendor that says it is another', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vendors-'));
    mkdirSync(join(dir, 'toll'));
    writeFileSync(join(dir, 'toll', 'index.ts'), "export default { channel: 'gate' };");
    const error = await setStage({ vendorsDir: dir }).catch((reason: Error) => reason);
    rmSync(dir, { recursive: true });
    expect(error).to.be.an('error').with.property('message', 'vendors/toll/index must export the vendor toll');
  });

  describe('that channels bring along', () => {
    let folder: string;
    /** Plain JavaScript that knows no path to the simulator: it is given its tools. */
    const inPackage = (channel: string) => `export default ({ answers }) => ({
      channel: '${channel}', title: 'Toll', shows: { bad_signature: [], wrong_amount: [], wrong_account: [] },
      loadKeys: async () => ({}), accounts: () => [{ id: 'one', configure: (base_url) => ({ base_url, merchant: 'one' }) }],
      open: () => ({ identify: () => ({ operation: 'pay', account: 'one' }), execute: async () => ({ answer: answers.jsonAnswer(200, { tea: 1 }) }) }),
    });`;
    const put = (name: string, text: string) => {
      mkdirSync(join(folder, name, 'simulator'), { recursive: true });
      writeFileSync(join(folder, name, 'simulator/index.js'), text);
    };

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'channels-'));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('are those with a folder simulator/, and play beside the others', async () => {
      put('bridge', inPackage('bridge'));
      mkdirSync(join(folder, 'plain'));
      expect(listBroughtAlong(folder)).to.deep.equal([join(folder, 'bridge/simulator')]);
      const stage = await setStage({ vendorsDir, vendorFolders: listBroughtAlong(folder) });
      const { json } = await stage.control('GET', '/_accounts');
      const answer = await fetch(`${json.bridge[0].config.base_url}/pay`);
      const said = await answer.json();
      await stage.end();
      expect(Object.keys(json)).to.deep.equal(['bridge', 'tollgate']);
      expect(said).to.deep.equal({ tea: 1 });
    });

    it('cannot be a vendor that is there already', async () => {
      put('bridge', inPackage('tollgate'));
      const error = await setStage({ vendorsDir, vendorFolders: listBroughtAlong(folder) }).catch((reason: Error) => reason);
      expect(error)
        .to.be.an('error')
        .with.property('message', `the vendor tollgate is there twice, once in ${join(folder, 'bridge/simulator')}`);
    });

    it('are refused by their folder when they export nothing', async () => {
      put('bridge', 'export const vendor = 1;');
      const error = await setStage({ vendorsDir, vendorFolders: listBroughtAlong(folder) }).catch((reason: Error) => reason);
      expect(error).to.be.an('error').with.property('message').that.includes('bridge/simulator/index.js must export a vendor');
    });
  });
});
