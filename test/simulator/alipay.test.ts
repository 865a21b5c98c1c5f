import { expect } from 'chai';
import { askAlipay, type Config, configOf, openShop, type Shop, type Stage, setStage, signAlipay, verifyAlipayNotice } from './kit.ts';

describe('simulator: Alipay', () => {
  let stage: Stage;
  let shop: Shop;
  let config: Config;
  const page = 'alipay.trade.page.pay';
  const content = (number: string, amount = '19.99') => ({
    out_trade_no: number,
    total_amount: amount,
    subject: 'Tea 茶',
    product_code: 'FAST_INSTANT_TRADE_PAY',
  });
  const pageUrl = (number: string, amount?: string) =>
    `${config.gateway_url}?${new URLSearchParams(signAlipay(config, page, content(number, amount), { notify_url: `${shop.url}/alipay`, return_url: `${shop.url}/back?a=1` }))}`;
  const pay = (target: unknown) => stage.control('POST', '/_pay', { target });
  const query = (number: string) => askAlipay(config, 'alipay.trade.query', { out_trade_no: number });
  const refund = (number: string, request: string, amount: string) =>
    askAlipay(config, 'alipay.trade.refund', { out_trade_no: number, out_request_no: request, refund_amount: amount });

  before(async () => {
    [stage, shop] = await Promise.all([setStage({ channels: ['alipay'] }), openShop()]);
    config = configOf(stage, 'alipay');
  });
  after(() => Promise.all([stage.end(), shop.end()]));

  it('makes a trade when the shopper opens the page, is paid, calls back, refunds and calls back again', async () => {
    expect((await query('FLOW1')).json).to.include({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    const opened = await fetch(pageUrl('FLOW1'), { redirect: 'manual' });
    expect(opened.status).to.equal(302);
    const waiting = await query('FLOW1');
    expect(waiting.verified).to.equal(true);
    expect(waiting.json).to.include({ code: '10000', trade_status: 'WAIT_BUYER_PAY', total_amount: '19.99' });

    const pressed = await fetch(opened.headers.get('location')!, {
      method: 'POST',
      body: new URLSearchParams({ do: 'pay' }),
      redirect: 'manual',
    });
    const back = new URL(pressed.headers.get('location')!);
    expect(`${back.origin}${back.pathname}`).to.equal(`${shop.url}/back`);
    expect([back.searchParams.get('a'), back.searchParams.get('out_trade_no')]).to.deep.equal(['1', 'FLOW1']);
    const [callback] = await shop.got(1);
    expect(verifyAlipayNotice(config, callback!.body)).to.equal(true);
    const told = Object.fromEntries(new URLSearchParams(callback!.body));
    expect(told).to.include({
      trade_status: 'TRADE_SUCCESS',
      out_trade_no: 'FLOW1',
      total_amount: '19.99',
      app_id: config.app_id,
      seller_id: config.seller_id,
    });
    expect((await query('FLOW1')).json).to.include({ trade_status: 'TRADE_SUCCESS', trade_no: told.trade_no });

    expect((await refund('FLOW1', 'R1', '5.00')).json).to.include({ code: '10000', fund_change: 'Y', refund_fee: '5.00' });
    expect((await refund('FLOW1', 'R1', '5.00')).json).to.include({ code: '10000', fund_change: 'N', refund_fee: '5.00' });
    expect((await refund('FLOW1', 'R1', '6.00')).json.sub_code).to.equal('ACQ.DISCORDANT_REPEAT_REQUEST');
    expect((await refund('FLOW1', 'R2', '15.00')).json.sub_code).to.equal('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
    const second = Object.fromEntries(new URLSearchParams((await shop.got(2))[1]!.body));
    expect(second).to.include({ trade_status: 'TRADE_SUCCESS', out_biz_no: 'R1', refund_fee: '5.00' });
    expect((await refund('FLOW1', 'R2', '14.99')).json).to.include({ fund_change: 'Y', refund_fee: '19.99' });
    expect((await query('FLOW1')).json.trade_status).to.equal('TRADE_CLOSED');
    const { entries } = (await stage.control('GET', '/_truth')).json;
    expect(entries.map((entry: Config) => [entry.kind, entry.number, entry.amount])).to.deep.equal([
      ['charge', 'FLOW1', 1999],
      ['refund', 'R1', 500],
      ['refund', 'R2', 1499],
    ]);
  });

  it('says nothing about a refund that it does not know, and all about one that it does', async () => {
    await pay(pageUrl('RQ1'));
    await refund('RQ1', 'A', '1.50');
    const ask = (request: string) =>
      askAlipay(config, 'alipay.trade.fastpay.refund.query', { out_trade_no: 'RQ1', out_request_no: request });
    expect((await ask('A')).json).to.include({
      code: '10000',
      refund_status: 'REFUND_SUCCESS',
      refund_amount: '1.50',
      total_amount: '19.99',
    });
    expect((await ask('B')).json).to.deep.equal({ code: '10000', msg: 'Success' });
  });

  it('pays from the address of a form with its fields, whether as text or as the action itself', async () => {
    expect((await pay(pageUrl('FORM1'))).json).to.deep.equal({ paid: true, channel: 'alipay', number: 'FORM1' });
    const fields = signAlipay(config, page, content('FORM2'));
    expect((await pay({ type: 'form', url: config.gateway_url, fields })).json).to.include({ paid: true, number: 'FORM2' });
    const posted = await fetch(config.gateway_url!, {
      method: 'POST',
      body: new URLSearchParams(signAlipay(config, page, content('FORM3'))),
      redirect: 'manual',
    });
    expect(posted.status).to.equal(302);
  });

  it('knows the trade of a QR code only once it has been scanned', async () => {
    const asked = { out_trade_no: 'QR1', total_amount: '1.00', subject: 'Tea' };
    const made = await askAlipay(config, 'alipay.trade.precreate', asked, { notify_url: `${shop.url}/alipay` });
    expect(made.verified).to.equal(true);
    expect((await query('QR1')).json.sub_code).to.equal('ACQ.TRADE_NOT_EXIST');
    expect((await askAlipay(config, 'alipay.trade.close', { out_trade_no: 'QR1' })).json.sub_code).to.equal('ACQ.TRADE_NOT_EXIST');
    expect(await (await fetch(made.json.qr_code)).text()).to.include('1.00 CNY');
    expect((await query('QR1')).json.trade_status).to.equal('WAIT_BUYER_PAY');
    expect((await askAlipay(config, 'alipay.trade.precreate', asked)).json.qr_code).to.equal(made.json.qr_code);
    expect((await pay(made.json.qr_code)).json).to.include({ paid: true });
    expect((await askAlipay(config, 'alipay.trade.precreate', asked)).json.sub_code).to.equal('ACQ.TRADE_HAS_SUCCESS');
  });

  const payCode = (number: string, code: string) =>
    askAlipay(config, 'alipay.trade.pay', { ...content(number), product_code: 'FACE_TO_FACE_PAYMENT', scene: 'bar_code', auth_code: code });
  const cancel = (number: string) => askAlipay(config, 'alipay.trade.cancel', { out_trade_no: number });

  it('takes the money behind a bar code at once, once, and from no other wallet', async () => {
    const paid = await payCode('BAR1', '284567890123456789');
    expect(paid.verified).to.equal(true);
    expect(paid.json).to.include({ code: '10000', out_trade_no: 'BAR1', total_amount: '19.99' });
    expect((await query('BAR1')).json).to.include({ trade_status: 'TRADE_SUCCESS', trade_no: paid.json.trade_no });
    expect((await payCode('BAR1', '284567890123456789')).json.sub_code).to.equal('ACQ.TRADE_HAS_SUCCESS');
    expect((await payCode('BAR2', '134567890123456789')).json.sub_code).to.equal('ACQ.PAYMENT_AUTH_CODE_INVALID');
    expect((await payCode('BAR2', '284567890123450051')).json.sub_code).to.equal('ACQ.BUYER_BALANCE_NOT_ENOUGH');
  });

  it('cancels a bar code: unpaid it is closed, paid it is refunded, and twice is once', async () => {
    expect((await payCode('BAR3', '284567890123450003')).json.code).to.equal('10003');
    expect((await cancel('BAR3')).json).to.include({ code: '10000', action: 'close', retry_flag: 'N' });
    expect((await pay('284567890123450003')).json).to.include({ paid: false, reason: 'closed' });
    await payCode('BAR4', '284567890123456789');
    expect((await cancel('BAR4')).json).to.include({ action: 'refund', retry_flag: 'N' });
    expect((await cancel('BAR4')).json).to.include({ action: 'refund' });
    expect((await query('BAR4')).json.trade_status).to.equal('TRADE_CLOSED');
    expect((await cancel('BAR5')).json).to.not.have.property('action');
    const { entries } = (await stage.control('GET', '/_truth')).json;
    const kinds = entries.filter((entry: Config) => entry.number?.startsWith('BAR4')).map((entry: Config) => entry.kind);
    expect(kinds).to.deep.equal(['charge', 'refund']);
  });

  it('takes the order string of a mobile app from the shopper, and from no server', async () => {
    const params = signAlipay(config, 'alipay.trade.app.pay', { ...content('APP1'), product_code: 'QUICK_MSECURITY_PAY' });
    const orderStr = new URLSearchParams(params).toString();
    expect((await pay(orderStr.replace('APP1', 'APP9'))).status, 'not what was signed').to.equal(404);
    expect((await pay(JSON.stringify({ orderStr }))).json).to.include({ paid: true, number: 'APP1' });
    const asked = await askAlipay(config, 'alipay.trade.app.pay', content('APP2'));
    expect(asked.json.sub_code).to.equal('isv.invalid-method');
  });

  it('closes an unpaid trade, and no paid one', async () => {
    const close = (number: string) => askAlipay(config, 'alipay.trade.close', { out_trade_no: number });
    await fetch(pageUrl('CLOSE1'), { redirect: 'manual' });
    expect((await close('CLOSE1')).json.code).to.equal('10000');
    expect((await close('CLOSE1')).json.sub_code).to.equal('ACQ.TRADE_STATUS_ERROR');
    const late = await pay(pageUrl('CLOSE1'));
    expect([late.status, late.json]).to.deep.equal([409, { paid: false, reason: 'closed', channel: 'alipay', number: 'CLOSE1' }]);
    await pay(pageUrl('CLOSE2'));
    expect((await close('CLOSE2')).json.sub_code).to.equal('ACQ.TRADE_STATUS_ERROR');
  });

  it('lets itself be paid although the merchant gave addresses that are none', async () => {
    const params = signAlipay(config, page, content('NOWHERE1'), { notify_url: 'nowhere', return_url: 'nowhere either' });
    const opened = await fetch(`${config.gateway_url}?${new URLSearchParams(params)}`, { redirect: 'manual' });
    const pressed = await fetch(opened.headers.get('location')!, { method: 'POST', body: new URLSearchParams({ do: 'pay' }) });
    expect([pressed.status, await pressed.text()]).to.satisfy(
      ([status, text]: [number, string]) => status === 200 && text.includes('Paid'),
    );
  });

  it('refuses another trade under the same number', async () => {
    await fetch(pageUrl('SAME1'), { redirect: 'manual' });
    const other = await fetch(pageUrl('SAME1', '20.00'), { redirect: 'manual' });
    expect([other.status, await other.text()]).to.satisfy(
      ([status, text]: [number, string]) => status === 200 && text.includes('ACQ.CONTEXT_INCONSISTENT'),
    );
  });

  const envelopes: Readonly<Record<string, readonly [Config, string]>> = {
    'a changed amount': [{ biz_content: '{"out_trade_no":"X1"}' }, 'isv.invalid-signature'],
    'a stranger’s app_id': [{ app_id: '2021000000000999' }, 'isv.invalid-app-id'],
    'the app_id of another merchant': [{ app_id: '2021000000000102' }, 'isv.invalid-signature'],
    'RSA instead of RSA2': [{ sign_type: 'RSA' }, 'isv.invalid-signature-type'],
    'a time that is none': [{ timestamp: '2026-13-01' }, 'isv.invalid-timestamp'],
    'no signature': [{ sign: '' }, 'isv.missing-signature'],
  };
  for (const [name, [change, code]] of Object.entries(envelopes)) {
    it(`refuses ${name}`, async () => {
      const params = { ...signAlipay(config, 'alipay.trade.query', { out_trade_no: 'X2' }), ...change };
      const answer = await fetch(config.gateway_url!, { method: 'POST', body: new URLSearchParams(params) });
      expect(JSON.parse(await answer.text()).alipay_trade_query_response.sub_code).to.equal(code);
    });
  }

  for (const amount of ['0', '0.001', '-1', '1e2', '1.', '01.00', 'abc', '1,00']) {
    it(`refuses the amount ${amount}`, async () => {
      const answer = await askAlipay(config, 'alipay.trade.precreate', { out_trade_no: 'AMOUNT', total_amount: amount, subject: 'Tea' });
      expect(answer.json).to.include({ code: '40004', sub_code: 'ACQ.INVALID_PARAMETER' });
    });
  }
});
