import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAccount } from '../../core/access/admin/accounts.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { type OpenDatabase, openDatabase } from '../../core/store/open.ts';
import { eventually } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { changeKettle, type KettleVendor, kettleAccount, startKettleVendor, takeKettle } from './kettle.ts';

describe('The channel without code in the guide, in a server', function () {
  this.timeout(30_000);
  let folder: string;
  let stored: OpenDatabase;
  let paymux: Paymux;
  let vendor: KettleVendor;
  let accountId: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'paymux-kettle-'));
    const channels = join(folder, 'channels');
    mkdirSync(join(channels, 'kettle'), { recursive: true });
    writeFileSync(join(channels, 'kettle/channel.yaml'), takeKettle());
    vendor = await startKettleVendor();
    const dataDir = join(folder, 'data');
    stored = await openDatabase({ dataDir });
    await migrate(stored);
    const environment = { PAYMUX_CHANNELS_FOLDER: channels };
    paymux = await startPaymux({ database: { ...stored, options: { dataDir } }, environment, channels: ['epay'] });
    const { plugins, faults } = await discoverChannels(channels);
    expect(faults).to.deep.equal([]);
    const config = { base_url: vendor.url, ...kettleAccount };
    accountId = must(await createAccount({ ...paymux.admin, plugins }, { channel: 'kettle', livemode: false, config })).id;
    await eventually(async () => (await paymux.call('GET', '/v1/methods')).text.includes('kettle_qr'));
  });
  after(async () => {
    await paymux?.stop();
    await stored?.close();
    await vendor?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As editors and deployments do: written beside, then renamed. */
  const write = (text: string) => {
    const path = join(folder, 'channels/kettle/channel.yaml');
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const create = async () => {
    const order = { merchant_order_no: orderNo(), amount: 1999, currency: 'CNY', subject: 'Tea', method: 'kettle_qr' };
    const { body, status, text } = await paymux.call('POST', '/v1/payments', order);
    expect(status, text).to.equal(201);
    return body;
  };
  const read = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body;
  const isFaulty = async () => (await paymux.call('GET', '/readyz')).body.checks.channel_accounts.includes(accountId);
  const definitions = async () => (await paymux.call('GET', '/readyz')).body.checks.channel_definitions;

  it('takes a payment and gives a part of it back', async () => {
    const payment = await create();
    const number = (await read(payment.id)).attempts[0].number;
    expect(payment.action).to.deep.include({ type: 'qr', qr_content: `kettle://${number}` });
    expect(vendor.orders.get(number)).to.include({ total: '19.99' });
    expect(await vendor.pay(number)).to.equal('OK');
    expect((await read(payment.id)).state).to.equal('success');
    const refund = await paymux.call('POST', `/v1/payments/${payment.id}/refunds`, { merchant_refund_no: 'r-1', amount: 500 });
    expect(refund.body, refund.text).to.include({ state: 'success', amount: 500 });
  });

  it('is taken over anew when its file changes, without a restart', async () => {
    const payment = await create();
    write(changeKettle({ 'pay.0.answer.action': 'order' }));
    await eventually(async () => (await create()).action.qr_content.startsWith('K'), undefined, 5000);
    expect(await definitions()).to.equal('ok');
    const number = (await read(payment.id)).attempts[0].number;
    expect(await vendor.pay(number), 'an order of the definition before').to.equal('OK');
    expect((await read(payment.id)).state).to.equal('success');
  });

  it('ends a call that is under way on the old definition', async () => {
    write(takeKettle());
    await eventually(async () => (await create()).action.qr_content.startsWith('kettle:'), undefined, 5000);
    const release = vendor.hold();
    const asked = vendor.orders.size;
    const underWay = create();
    await eventually(() => vendor.orders.size > asked);
    write(changeKettle({ 'pay.0.answer.action': 'order', 'methods.0.name.en': 'Kettle of another day' }));
    await eventually(async () => (await paymux.call('GET', '/v1/methods')).text.includes('Kettle of another day'), undefined, 5000);
    release();
    expect((await underWay).action.qr_content).to.match(/^kettle:/);
    await eventually(async () => (await create()).action.qr_content.startsWith('K'), undefined, 5000);
  });

  it('leaves the old definition serving when the new one has a fault, and shows that', async () => {
    write(changeKettle({ 'pay.0.answer.action': 'order', 'query.sign': 'nothing' }));
    await eventually(async () => (await definitions()) === 'not as written: kettle', undefined, 5000);
    expect((await create()).action.qr_content).to.match(/^K\d+$/);
    write(takeKettle());
    await eventually(async () => (await definitions()) === 'ok', undefined, 5000);
    await eventually(async () => (await create()).action.qr_content.startsWith('kettle://'));
  });

  it('leaves the old instance serving an account that the new definition cannot open', async () => {
    write(
      changeKettle({
        'config.required': ['base_url', 'merchant', 'key', 'terminal'],
        'config.properties.terminal': { type: 'string', description: 'Terminal' },
      }),
    );
    await eventually(isFaulty, undefined, 5000);
    expect((await create()).action.qr_content).to.match(/^kettle:/);
    write(takeKettle());
    await eventually(async () => !(await isFaulty()), undefined, 5000);
  });
});
