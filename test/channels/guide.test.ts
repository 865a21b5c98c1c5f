import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { createAccount } from '../../core/access/admin/accounts.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { type OpenDatabase, openDatabase } from '../../core/store/open.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { pluginsSeeTheContractOnly } from '../tidy/rules/imports.ts';
import { functionsAreShort } from '../tidy/rules/sizes.ts';
import { openSource } from '../tidy/source.ts';
import { startTeapotVendor, type TeapotVendor } from './teapot.ts';

const root = resolve(import.meta.dirname, '../..');
const path = 'plugins/channels/teapot/index.ts';
const account = { merchant: '1200345', key: 'canary-teapot-key-1' };

/** The block of code that begins with the file's name. */
function takeExample(): string {
  const guide = readFileSync(join(root, 'docs/plugin-guide.md'), 'utf8');
  const blocks = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)];
  expect(blocks.map(([, name]) => name)).to.deep.equal([path]);
  return blocks[0]?.[2] ?? '';
}

describe('The channel in the plugin guide', function () {
  this.timeout(60_000);
  let folder: string;
  let example: string;

  before(() => {
    example = takeExample();
    folder = mkdtempSync(join(tmpdir(), 'paymux-guide-'));
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), example);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    symlinkSync(join(root, 'core'), join(folder, 'core'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has the types of the contract, by the repository’s own settings', async () => {
    const options = { extends: join(root, 'tsconfig.json'), include: ['plugins'], compilerOptions: { preserveSymlinks: true } };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
    const found = await promisify(execFile)('tsc', ['--noEmit', '-p', folder]).catch((error: { stdout: string }) => error);
    expect(found.stdout).to.equal('');
  });

  it('keeps the rules that the repository’s channels keep', () => {
    const files = [openSource(path, example)];
    expect([...pluginsSeeTheContractOnly(files), ...functionsAreShort(files)]).to.deep.equal([]);
  });

  describe('in a server', () => {
    let stored: OpenDatabase;
    let paymux: Paymux;
    let vendor: TeapotVendor;
    let shop: Merchant;

    before(async () => {
      vendor = await startTeapotVendor(account);
      shop = await startMerchant();
      const dataDir = join(folder, 'data');
      stored = await openDatabase({ dataDir });
      await migrate(stored);
      const channels = join(folder, 'plugins/channels');
      const environment = { PAYMUX_CHANNELS_FOLDER: channels };
      paymux = await startPaymux({ database: { ...stored, options: { dataDir } }, environment });
      const { plugins, faults } = await discoverChannels(channels);
      expect(faults).to.deep.equal([]);
      const config = { base_url: vendor.url, ...account };
      must(await createAccount({ ...paymux.admin, plugins }, { channel: 'teapot', livemode: false, config }));
      await eventually(async () => (await paymux.call('GET', '/v1/methods')).text.includes('teapot_page'));
    });
    after(async () => {
      await paymux?.stop();
      await stored?.close();
      await shop?.stop();
      await vendor?.stop();
    });
    afterEach(() => {
      vendor.mood = 'well';
    });

    const create = async () => {
      const order = {
        merchant_order_no: orderNo(),
        amount: 1999,
        currency: 'CNY',
        subject: 'Tea',
        method: 'teapot_page',
        notify_url: shop.url,
      };
      const { body, status, text } = await paymux.call('POST', '/v1/payments', order);
      expect(status, text).to.equal(201);
      return body;
    };
    const read = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body;
    const numberOf = async (id: string): Promise<string> => (await read(id)).attempts[0].number;
    const paidInTheEnd = (id: string) => eventually(async () => (await read(id)).state === 'success');

    it('takes a payment: the shopper is sent to the vendor, the callback settles it, the shop is told', async () => {
      const payment = await create();
      const number = await numberOf(payment.id);
      expect(payment).to.deep.include({ state: 'pending', action: { type: 'redirect', url: `${vendor.url}/pay/${number}` } });
      expect(vendor.orders.get(number)).to.include({ amount: 1999, currency: 'CNY' });
      expect(await vendor.pay(number)).to.equal(200);
      expect((await read(payment.id)).state).to.equal('success');
      await shop.waitFor((one) => one.body.type === 'payment.succeeded' && one.body.data.object['id'] === payment.id);
    });

    it('asks by itself when the callback is lost', async () => {
      const payment = await create();
      await vendor.pay(await numberOf(payment.id), { tells: false });
      await paidInTheEnd(payment.id);
    });

    it('believes no callback that another key signed', async () => {
      const payment = await create();
      const number = await numberOf(payment.id);
      const order = vendor.orders.get(number);
      expect(await vendor.pay(number, { key: 'a forger’s key' })).to.equal(400);
      if (order) order.status = 'open';
      expect((await read(payment.id)).state).to.equal('pending');
    });

    it('reads no success out of a status that it does not know', async () => {
      const payment = await create();
      expect(await vendor.pay(await numberOf(payment.id), { changes: { status: 'brewing' } })).to.equal(400);
    });

    it('leaves it to the kernel to notice another amount, and asks', async () => {
      const payment = await create();
      await vendor.pay(await numberOf(payment.id), { changes: { amount: 1 } });
      await paidInTheEnd(payment.id);
      expect((await read(payment.id)).exception).to.equal(null);
    });

    it('knows no outcome of an answer that is signed wrongly, and never fails the payment over it', async () => {
      vendor.mood = 'forging';
      const payment = await create();
      expect(payment.state).to.equal('processing');
      vendor.mood = 'well';
      await eventually(async () => (await read(payment.id)).state === 'pending');
    });

    it('says why the vendor declined', async () => {
      vendor.mood = 'over_limit';
      const payment = await create();
      expect(payment.state).to.equal('failed');
      expect(payment.failure).to.include({ code: 'limit_exceeded' });
    });

    const refund = async (id: string, amount: number) => {
      const asked = { merchant_refund_no: orderNo(), amount, reason: 'cold' };
      const { body, status, text } = await paymux.call('POST', `/v1/payments/${id}/refunds`, asked);
      expect(status, text).to.equal(201);
      return body;
    };
    const refundIs = (id: string, state: string) =>
      eventually(async () => (await paymux.call('GET', `/v1/refunds/${id}`)).body.state === state);
    const refundsOf = (number: string) => [...vendor.refunds.values()].filter((one) => one.number === number);

    it('closes what nobody has paid, and finds out what was paid before that', async () => {
      const unpaid = await create();
      await paymux.call('POST', `/v1/payments/${unpaid.id}/close`);
      expect((await read(unpaid.id)).state).to.equal('closed');
      expect(vendor.orders.get(await numberOf(unpaid.id))?.status).to.equal('expired');
      const paid = await create();
      await vendor.pay(await numberOf(paid.id), { tells: false });
      await paymux.call('POST', `/v1/payments/${paid.id}/close`);
      await paidInTheEnd(paid.id);
    });

    it('refunds a part, and the callback ends it; of the next the kernel asks', async () => {
      const payment = await create();
      const number = await numberOf(payment.id);
      await vendor.pay(number);
      const first = await refund(payment.id, 999);
      expect(first.state).to.equal('processing');
      const [{ refund: firstNo } = { refund: '' }] = refundsOf(number);
      expect(await vendor.endRefund(firstNo, { key: 'a forger’s key' })).to.equal(400);
      expect(await vendor.endRefund(firstNo)).to.equal(200);
      await refundIs(first.id, 'success');
      const second = await refund(payment.id, 1000);
      expect(refundsOf(number).map(({ amount }) => amount)).to.deep.equal([999, 1000]);
      await vendor.endRefund(refundsOf(number)[1]?.refund ?? '', { tells: false });
      await refundIs(second.id, 'success');
      expect((await read(payment.id)).state).to.equal('refunded');
    });
  });
});
