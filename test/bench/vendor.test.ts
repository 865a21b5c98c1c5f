import { expect } from 'chai';
import { openMerchants } from '../../scripts/bench/merchants.ts';
import { openVendor, type Vendor } from '../../scripts/bench/vendor.ts';
import { freePort } from '../kit/free-port.ts';

describe('The vendor of the benchmark', () => {
  let vendor: Vendor;
  beforeEach(async () => {
    vendor = await openVendor(await freePort());
  });
  afterEach(() => vendor.close());

  const ask = (number: string) => fetch(`http://127.0.0.1:${vendor.port}/pay`, { method: 'POST', body: JSON.stringify({ number }) });

  it('remembers what it charged, as often as it did', async () => {
    await ask('A1');
    await ask('A1');
    expect(vendor.charged).to.deep.equal(['A1', 'A1']);
  });

  it('charges nothing while it is broken, and counts the calls since then', async () => {
    await ask('A1');
    await vendor.behave('broken');
    expect((await ask('A2')).status).to.equal(500);
    expect([vendor.charged, vendor.calls()]).to.deep.equal([['A1'], 1]);
  });

  it('refuses connections while it is not there, and takes them again afterwards', async () => {
    await vendor.behave('refuse');
    const refused = await ask('A1').then(
      () => false,
      () => true,
    );
    expect(refused).to.equal(true);
    await vendor.behave('healthy');
    expect((await ask('A2')).status).to.equal(200);
  });
});

describe('The merchants of the benchmark', () => {
  it('count a payment once however often they are told, and nothing but its success', async () => {
    const merchants = await openMerchants(1, 0);
    const tell = (type: string) =>
      fetch(merchants.urls[0] ?? '', { method: 'POST', body: JSON.stringify({ type, data: { id: 'pay_01JZ8Q0V5M3T9A7K2B4C6D8E0F' } }) });
    await tell('payment.processing');
    expect(merchants.told.size).to.equal(0);
    await tell('payment.succeeded');
    await tell('payment.succeeded');
    expect([...merchants.told]).to.deep.equal(['pay_01JZ8Q0V5M3T9A7K2B4C6D8E0F']);
    merchants.close();
  });
});
