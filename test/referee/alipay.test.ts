import { expect } from 'chai';
import alipay from '../../plugins/channels/alipay/index.ts';
import type { Json, Received } from '../simulator/kit.ts';
import { asRaw, call, faultOf, loadSdk, newNumber, openPlugin, openRing, type Ring, requestOf } from './kit.ts';

describe('referee: alipay-sdk', () => {
  let ring: Ring;
  let client: Json;
  let AlipaySdk: Json;

  before(async function () {
    ({ AlipaySdk } = await loadSdk(this, 'alipay-sdk'));
    ring = await openRing('alipay');
    client = connect({});
  });
  after(() => ring?.end());

  /** The SDK wants keys without their first and last lines. */
  const bare = (pem: string) => pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '');

  function connect(overrides: Json): Json {
    const { app_id: appId, private_key, alipay_public_key, gateway_url: gateway } = ring.config;
    const keys = { privateKey: bare(private_key), keyType: 'PKCS8', alipayPublicKey: bare(alipay_public_key) };
    return Reflect.construct(AlipaySdk as never, [{ appId, gateway, ...keys, ...overrides }]);
  }
  const content = (number: string, more: Json = {}) => ({ out_trade_no: number, total_amount: '19.99', subject: 'Tea 茶', ...more });
  const ask = (method: string, bizContent: Json, options: Json = {}): Promise<Json> =>
    client.exec(method, { notify_url: ring.callbackUrl, bizContent }, { validateSign: true, ...options });
  const paramsOf = ({ body }: Received): Json => Object.fromEntries(new URLSearchParams(body));
  const toldOf = (number: string) => ring.told(({ body }) => body.includes(number));

  it('sells by a code that is shown: made, scanned, queried, refunded in parts', async () => {
    const number = newNumber();
    const made = await ask('alipay.trade.precreate', content(number));
    expect(made).to.include({ code: '10000', outTradeNo: number });
    await ring.pay(made.qrCode);
    const read = await ask('alipay.trade.query', { out_trade_no: number });
    expect(read).to.include({ code: '10000', tradeStatus: 'TRADE_SUCCESS', totalAmount: '19.99' });
    const part = await ask('alipay.trade.refund', { trade_no: read.tradeNo, refund_amount: '5.00', out_request_no: 'R1' });
    expect(part).to.include({ code: '10000', fundChange: 'Y', refundFee: '5.00' });
    const found = await ask('alipay.trade.fastpay.refund.query', { out_trade_no: number, out_request_no: 'R1' });
    expect(found).to.include({ code: '10000', refundStatus: 'REFUND_SUCCESS', refundAmount: '5.00' });
    const excess = await ask('alipay.trade.refund', { trade_no: read.tradeNo, refund_amount: '15.00', out_request_no: 'R2' });
    expect(excess).to.include({ code: '40004', subCode: 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL' });
    expect(await ring.truthOf(number)).to.deep.equal(['charge 1999']);
  });

  for (const [method, product] of [
    ['alipay.trade.page.pay', 'FAST_INSTANT_TRADE_PAY'],
    ['alipay.trade.wap.pay', 'QUICK_WAP_WAY'],
  ] as const) {
    it(`sells through ${method}, by the address and by the form`, async () => {
      const number = newNumber();
      const params = { notify_url: ring.callbackUrl, bizContent: content(number, { product_code: product }) };
      expect(await ring.pay(client.pageExecute(method, 'GET', params))).to.include({ paid: true, number });
      const form: string = client.pageExecute(method, 'POST', {
        ...params,
        bizContent: { ...params.bizContent, out_trade_no: `${number}F` },
      });
      const fields = Object.fromEntries(
        [...form.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)].map(([, name, value]) => [
          name,
          value!.replaceAll('&quot;', '"'),
        ]),
      );
      const [, action] = /action="([^"]+)"/.exec(form)!;
      expect(await ring.pay({ url: action!.replaceAll('&amp;', '&'), fields })).to.include({ paid: true, number: `${number}F` });
      expect(client.checkNotifySignV2(paramsOf(await toldOf(number)))).to.equal(true);
    });
  }

  it('signs what a mobile app hands on', async () => {
    const number = newNumber();
    const order = client.sdkExecute('alipay.trade.app.pay', { bizContent: content(number, { product_code: 'QUICK_MSECURITY_PAY' }) });
    expect(await ring.pay(order)).to.include({ paid: true, number });
  });

  it('takes a bar code, and closes and cancels what is not paid', async () => {
    const number = newNumber();
    const bar = { product_code: 'FACE_TO_FACE_PAYMENT', scene: 'bar_code', auth_code: '281234567890123456' };
    expect(await ask('alipay.trade.pay', content(number, bar))).to.include({ code: '10000', outTradeNo: number, totalAmount: '19.99' });
    const open = newNumber();
    const page = { bizContent: content(open, { product_code: 'FAST_INSTANT_TRADE_PAY' }) };
    await fetch(client.pageExecute('alipay.trade.page.pay', 'GET', page), { redirect: 'manual' });
    expect(await ask('alipay.trade.close', { out_trade_no: open })).to.include({ code: '10000', outTradeNo: open });
    expect(await ask('alipay.trade.cancel', { out_trade_no: newNumber() })).to.include({ code: '10000' });
  });

  it('asks where the bill of a day lies', async () => {
    const number = newNumber();
    await ring.pay((await ask('alipay.trade.precreate', content(number))).qrCode);
    const { sendPayDate } = await ask('alipay.trade.query', { out_trade_no: number });
    const bill = { bill_type: 'trade', bill_date: sendPayDate.slice(0, 10) };
    const found = await ask('alipay.data.dataservice.bill.downloadurl.query', bill);
    expect(found).to.include({ code: '10000' }).and.have.property('billDownloadUrl').that.matches(/^http/);
  });

  it('verifies every answer, also one that refuses, and no answer of a stranger', async () => {
    expect(await ask('alipay.trade.query', { out_trade_no: 'NONE' })).to.include({ code: '40004', subCode: 'ACQ.TRADE_NOT_EXIST' });
    await ring.misbehave('query', 'bad_signature');
    expect((await faultOf(ask('alipay.trade.query', { out_trade_no: 'NONE' }))).message).to.include('验签失败');
    const stranger = connect({ appId: '2021000000000000' });
    expect(await stranger.exec('alipay.trade.query', { bizContent: { out_trade_no: 'NONE' } })).to.include({
      subCode: 'isv.invalid-app-id',
    });
  });

  it('verifies what the simulator sends, and refuses what is forged or changed on the way', async () => {
    const number = newNumber();
    await ring.pay((await ask('alipay.trade.precreate', content(number))).qrCode);
    const told = paramsOf(await toldOf(number));
    expect(client.checkNotifySignV2(told)).to.equal(true);
    expect(client.checkNotifySign(told)).to.equal(true);
    expect(client.checkNotifySignV2({ ...told, total_amount: '0.01' })).to.equal(false);
    const other = newNumber();
    await ring.misbehave('callback', 'forged');
    await ring.pay((await ask('alipay.trade.precreate', content(other))).qrCode);
    expect(client.checkNotifySignV2(paramsOf(await toldOf(other)))).to.equal(false);
  });

  it('reads what the plugin made', async () => {
    const channel = openPlugin(alipay, ring);
    const request = requestOf(ring, { product: 'precreate', money: { amount: 2501, currency: 'CNY' } });
    const made: Json = await channel.pay(request, call);
    await ring.pay(made.action.qrContent);
    expect(await ask('alipay.trade.query', { out_trade_no: request.number })).to.include({
      tradeStatus: 'TRADE_SUCCESS',
      totalAmount: '25.01',
    });
    const told = await toldOf(request.number);
    expect(client.checkNotifySignV2(paramsOf(told))).to.equal(true);
    expect(await channel.parseCallback(asRaw(ring, told), call)).to.include({ kind: 'event', trust: 'signed' });
  });
});
