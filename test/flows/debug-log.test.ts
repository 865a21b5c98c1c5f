import { expect } from 'chai';
import { secretNames } from '../../core/channels/config-schema.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { createLog } from '../../core/log.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';

const methods: readonly (readonly [string, string])[] = [
  ['wechat_native', 'CNY'],
  ['alipay_precreate', 'CNY'],
  ['stripe_payment_intent', 'USD'],
];
const canary = 'canary81d4token';

describe('The log at debug', () => {
  forEachDatabase((_name, open) => {
    const lines: string[] = [];
    let paymux: Paymux;
    let shop: Merchant;
    let endpointSecret: string;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      const log = createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } });
      paymux = await startPaymux({ database: await open(), log });
      endpointSecret = (await paymux.addEndpoint(`${shop.url}?token=${canary}`)).secret;
      for (const [method, currency] of methods) await payAndRefund(method, currency);
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    async function payAndRefund(method: string, currency: string): Promise<void> {
      const order = { merchant_order_no: orderNo(), amount: 1999, currency, subject: 'Tea', method };
      const more = { payer: { email: `${canary}@shop.example` }, notify_url: `${shop.url}?token=${canary}` };
      const created = await paymux.call('POST', '/v1/payments', { ...order, ...more });
      expect(created.status, created.text).to.equal(201);
      await paymux.control('/_pay', { target: targetOf(created.body.action) });
      const path = `/v1/payments/${created.body.id}`;
      await eventually(async () => (await paymux.call('GET', path)).body.state === 'success');
      const refunded = await paymux.call('POST', `${path}/refunds`, { merchant_refund_no: orderNo(), amount: 500 });
      expect(refunded.status, refunded.text).to.equal(201);
      await eventually(async () => (await paymux.call('GET', `/v1/refunds/${refunded.body.id}`)).body.state === 'success');
    }

    const entries = (message: string) =>
      lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['message'] === message);

    it('tells each exchange with a vendor by method, host, path, status and time', () => {
      for (const [method] of methods) {
        const [channel] = method.split('_');
        const told = entries('vendor exchange').filter((line) => line['channel'] === channel && line['operation'] === 'pay');
        expect(told, channel).to.have.length(1);
        expect(told[0]).to.include({ level: 'debug', status: 200, lost: null });
        expect(told[0]?.['path']).to.match(/^\/[^?]*$/);
        expect(told[0]?.['duration_ms']).to.be.a('number');
      }
    });

    it('tells each decision about a payment and a refund', () => {
      const settled = entries('settled').filter((line) => line['payment_to'] === 'success' && line['changed'] === true);
      expect(settled.map((line) => line['evidence'])).to.deep.equal(['paid', 'paid', 'paid']);
      expect(entries('refund settled').length).to.be.at.least(methods.length);
    });

    it('holds no secret of anybody: keys, account secrets, notification secrets, tokens of shoppers and shops', async () => {
      const { plugins } = await discoverChannels('plugins/channels');
      const offered = (await paymux.control('/_accounts')).body as Record<string, { config: Record<string, string> }[]>;
      const secrets = [...plugins.values()].flatMap(({ manifest }) =>
        (offered[manifest.id] ?? []).flatMap(({ config }) =>
          secretNames(manifest.config).flatMap((name) => (config[name] ?? '').split('\n')),
        ),
      );
      const known = [paymux.key, endpointSecret, canary, ...secrets].filter((secret) => secret.length >= 12 && !secret.startsWith('-----'));
      expect(known.length).to.be.greaterThan(10);
      const text = lines.join('');
      for (const secret of known) expect(text.includes(secret), `${secret.slice(0, 4)}…`).to.equal(false);
    });
  });
});
