import { expect } from 'chai';
import { type OpenAccount, openOne } from '../../core/channels/accounts.ts';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import { attendDay, listDueDays } from '../../core/reconciliation/due.ts';
import { importGiven } from '../../core/reconciliation/import.ts';
import { type ReconcileDeps, reconcileDay } from '../../core/reconciliation/reconcile.ts';
import adyen from '../../plugins/channels/adyen/index.ts';
import { config as adyenConfig } from '../../plugins/channels/adyen/test/fixture.ts';
import stripe from '../../plugins/channels/stripe/index.ts';
import { config as stripeConfig } from '../../plugins/channels/stripe/test/fixture.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { bankDocument, openBank } from '../kit/payout-shop.ts';
import { openStatementShop, type StatementShop } from '../kit/statement-shop.ts';

const [sentOn, cameOn] = ['2026-01-30', '2026-02-02'];

/** As Stripe lists it among a day's balance transactions, the payout itself expanded. */
const stripePayout = {
  ...{ id: 'txn_1NpayoutA', object: 'balance_transaction', amount: -50_000, currency: 'cny', fee: 0, net: -50_000 },
  ...{ type: 'payout', reporting_category: 'payout', created: Date.parse(`${sentOn}T23:10:00Z`) / 1000, status: 'available' },
  source: {
    id: 'po_1NpayoutA',
    object: 'payout',
    amount: 50_000,
    currency: 'cny',
    arrival_date: Date.parse(cameOn) / 1000,
    status: 'paid',
  },
};
const stripeDay = JSON.stringify({ object: 'list', data: [stripePayout], has_more: false });

const adyenColumns = [
  ...['Company Account', 'Merchant Account', 'Psp Reference', 'Merchant Reference', 'Payment Method', 'Creation Date', 'TimeZone', 'Type'],
  ...['Modification Reference', 'Gross Currency', 'Gross Debit (GC)', 'Gross Credit (GC)', 'Exchange Rate', 'Net Currency'],
  ...['Net Debit (NC)', 'Net Credit (NC)', 'Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)', 'Batch Number'],
];
const adyenShop = adyenConfig.merchant_account;
const adyenBatch = [
  adyenColumns.join(','),
  `Shop,${adyenShop},993617894903480A,other,visa,${sentOn} 10:00:00,CET,Settled,993617894903480A,CNY,,500.5,1,CNY,,500,0.5,,,,7`,
  `Shop,${adyenShop},,,,${sentOn} 23:55:40,CET,MerchantPayout,"Batch 7, ${adyenShop}",CNY,,,,CNY,500,,,,,,7`,
].join('\n');

const vendors = [
  { vendor: 'Stripe', channel: 'stripe', plugin: stripe, config: stripeConfig, text: stripeDay },
  { vendor: 'Adyen', channel: 'adyen', plugin: adyen, config: adyenConfig, text: adyenBatch },
] as const;

function openVendor({ channel, plugin, config }: (typeof vendors)[number]): OpenAccount {
  const standing = { merchantId: null, livemode: false, status: 'enabled', priority: 1, weight: 1, version: 1 };
  const record = { id: `acc_${channel}`, channel, ...standing, terms: { payouts_to: 'acc_bank' }, config: () => ({ ...config }) };
  const opened = openOne(plugin as unknown as ChannelPlugin, record);
  if ('reason' in opened) throw new Error(opened.reason);
  return opened;
}

const documentOf = (text: string) => ({
  name: 'statement',
  content: (async function* () {
    yield Buffer.from(text);
  })(),
});

describe('A payout, as vendors and banks write it', () =>
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    let shop: StatementShop;
    let deps: ReconcileDeps;
    const bank = openBank('acc_bank');

    beforeEach(async () => {
      stored = await open();
      shop = openStatementShop(stored.database);
    });
    afterEach(async () => expect(await checkMoney(stored.database)).to.deep.equal([]));

    const give = async (account: OpenAccount, day: string, document: Parameters<typeof importGiven>[3]) => {
      await importGiven(deps, account, day, document);
      const done = await reconcileDay(deps, { account, day });
      return done.kind === 'done' ? done.sums.map((sum) => `${sum.class} ${sum.kind} ${sum.amount_there}`) : [done.reason];
    };
    const payouts = () => stored.database.all('SELECT account_id, amount, paid_on, state FROM payouts');

    for (const one of vendors) {
      describe(`by ${one.vendor}`, () => {
        let account: OpenAccount;

        beforeEach(() => {
          account = openVendor(one);
          // Neither is asked for statements here: their days are due because another's said so.
          const known = [account, bank].map((each) => ({ ...each, channel: { ...each.channel, fetchStatement: undefined } as never }));
          deps = { ...shop.deps, kernel: { ...shop.kernel, channels: { ...shop.kernel.channels, accounts: () => known } } };
        });

        it('is found on the bank’s statement, over the end of the month', async () => {
          expect(await give(account, sentOn, documentOf(one.text))).to.include('missing_there payout -50000');
          const rows = [{ day: cameOn, number: 'TRF-77', amount: 50_000, text: one.vendor.toUpperCase() }];
          expect(await give(bank, cameOn, bankDocument(cameOn, rows))).to.deep.equal(['matched payout 50000']);
          expect(await payouts()).to.deep.equal([{ account_id: account.id, amount: 50_000, paid_on: sentOn, state: 'arrived' }]);
        });

        it('is found by the job too, where the bank’s statement was given first', async () => {
          const rows = [{ day: cameOn, number: 'TRF-77', amount: 50_000 }];
          expect(await give(bank, cameOn, bankDocument(cameOn, rows))).to.deep.equal(['missing_here payment 50000']);
          expect(await listDueDays(deps.kernel)).to.deep.equal([]);
          await give(account, sentOn, documentOf(one.text));
          const due = await listDueDays(deps.kernel);
          expect(due.map(({ account: { id }, day }) => `${id} ${day}`)).to.deep.equal([`acc_bank ${cameOn}`]);
          shop.turn(1);
          for (const day of due) expect(await attendDay(deps, day)).to.equal('done');
          expect((await payouts()).map(({ state }) => state)).to.deep.equal(['arrived']);
        });
      });
    }
  }));
