import { expect } from 'chai';
import { readFacts } from '../admin/command.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { listSamples, payAsShopper, type Sample } from '../kit/shopper.ts';

/** Payments of each engine's day; a full one is 10,000. */
const count = Number(process.env['PAYMUX_DAY'] ?? 48);
const workers = 8;
const channels = ['wechat', 'alipay', 'yeepay', 'stripe', 'paypal', 'square', 'paystack', 'xendit'];
const samples = (await listSamples()).filter(
  ({ channel, method }, index, all) =>
    channels.includes(channel.id) &&
    method.action !== 'none' &&
    all.findIndex((one) => one.channel.id === channel.id && one.method.action !== 'none') === index,
);

/** What goes wrong, each for a share of what it happens to. */
const faults = [
  { operation: 'pay', behaviour: 'drop_after_execute', probability: 0.05 },
  { operation: 'callback', behaviour: 'drop_before_execute', probability: 0.1 },
  { operation: 'callback', behaviour: 'duplicate', probability: 0.1 },
  { operation: 'callback', behaviour: 'late', probability: 0.1, delay_ms: 500 },
  { operation: 'query', behaviour: 'http_500', probability: 0.05 },
  { operation: 'refund', behaviour: 'drop_after_execute', probability: 0.05 },
] as const;

interface Sum {
  readonly class: string;
  readonly kind: string;
  readonly entries_there: number;
  readonly entries_here: number;
  readonly amount_there: number;
  readonly amount_here: number;
}

describe('A whole day over eight channels with faults', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;

    before(async function () {
      this.timeout(60_000);
      expect(samples.length).to.equal(channels.length);
      paymux = await startPaymux({ database: await open(), channels });
      for (const [index, channel] of channels.entries())
        for (const fault of faults) {
          const said = await paymux.control('/_scenario', { channel, seed: index + 1, ...fault });
          expect(said.body, said.text).to.include({ effective: true });
        }
    });
    after(() => paymux.stop());

    it(`ends balanced: ${count} payments and every third refunded, at the vendors, here and in their statements`, async function () {
      this.timeout(60_000 + count * 500);
      const left = Array.from({ length: count }, (_, index) => index);
      await Promise.all(
        Array.from({ length: workers }, async () => {
          for (let index = left.pop(); index !== undefined; index = left.pop())
            await buy(paymux, samples[index % samples.length] as Sample, index % 3 === 0);
        }),
      );
      await paymux.control('/_scenario', undefined, 'DELETE');
      await untilAtRest(paymux);

      const sums: Sum[] = [];
      for (const { channel } of samples) {
        const day = new Intl.DateTimeFormat('sv-SE', { timeZone: channel.statements?.zone ?? 'UTC' }).format(new Date());
        const { accounts } = await readFacts(paymux.environment, 'reconcile', '--day', day, '--channel', channel.id);
        for (const one of accounts as { state: string; classes: readonly Sum[] }[]) if (one.state === 'done') sums.push(...one.classes);
      }
      const compared = sums.filter(({ class: name }) => name !== 'not_compared');
      expect(compared.filter(({ class: name }) => name !== 'matched')).to.deep.equal([]);
      const { entries } = (await paymux.control('/_truth?since=0')).body;
      const moved = (kind: string) => (entries as { kind: string }[]).filter((entry) => entry.kind === kind).length;
      expect(matched(compared, 'payment')).to.equal(moved('charge'));
      expect(matched(compared, 'refund')).to.equal(moved('refund'));
      // Whose create was lost is often unpaid for ever: its shopper has seen no next step.
      expect(moved('charge')).to.be.at.least(Math.floor(count / 2));
      expect(await checkMoney(paymux.stored.database, entries)).to.deep.equal([]);
    });
  }));

const matched = (sums: readonly Sum[], of: string) =>
  sums.filter(({ kind }) => kind === of).reduce((total, { entries_there }) => total + entries_there, 0);

/** The shopper pays where there is a step to be taken; of what is paid, some goes back. */
async function buy(paymux: Paymux, { method, currency, amount, payer }: Sample, goesBack: boolean): Promise<void> {
  const asked = { merchant_order_no: orderNo(), amount, currency, subject: 'Tea', method: method.id, payer };
  const { body: made } = await paymux.call('POST', '/v1/payments', { ...asked, return_url: 'https://shop.example/done' });
  const stateOf = async () => (await paymux.call('GET', `/v1/payments/${made.id}`)).body;
  if (made.action) await payAsShopper(paymux, made.action);
  if (!made.action || !goesBack) return;
  await eventually(
    async () => (await stateOf()).state === 'success',
    () => `${made.id} is not paid`,
    60_000,
  );
  await paymux.call('POST', `/v1/payments/${made.id}/refunds`, { merchant_refund_no: orderNo(), amount });
}

/** Nothing is asked or waited for any more but what no shopper paid. */
async function untilAtRest({ stored: { database }, control }: Paymux): Promise<void> {
  const atRest = async () => {
    const { entries } = (await control('/_truth?since=0')).body;
    const charged = (entries as { kind: string }[]).filter(({ kind }) => kind === 'charge').length;
    const [paid] = await database.all("SELECT COUNT(*) AS n FROM attempts WHERE state IN ('succeeded', 'succeeded_late')");
    const [open] = await database.all("SELECT COUNT(*) AS n FROM refunds WHERE state NOT IN ('succeeded', 'failed')");
    return Number(paid?.['n']) === charged && Number(open?.['n']) === 0;
  };
  await eventually(atRest, () => 'money that is not booked', 60_000);
}
