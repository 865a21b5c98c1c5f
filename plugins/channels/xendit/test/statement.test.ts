import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import type { Config } from '../index.ts';
import { config, fault, number, ok, openXendit, refundId, refundNumber } from './fixture.ts';

const idr = (amount: number) => ({ amount, currency: 'IDR' });
const fee = { xendit_fee: 4500, value_added_tax: 495, xendit_withholding_tax: 0, third_party_withholding_tax: 0, status: 'COMPLETED' };
const paid = {
  ...{ id: 'txn_1', product_id: 'py-1', type: 'PAYMENT', status: 'SUCCESS', reference_id: number, currency: 'IDR' },
  ...{
    amount: 15_000,
    net_amount: 10_005,
    cashflow: 'MONEY_IN',
    business_id: config.business_id,
    created: '2026-01-02T07:54:33.600Z',
    fee,
  },
};
const returned = {
  ...{ ...paid, id: 'txn_2', product_id: refundId, type: 'REFUND', reference_id: refundNumber, amount: 5000, net_amount: 5000 },
  ...{ cashflow: 'MONEY_OUT', fee: { ...fee, xendit_fee: 0, value_added_tax: 0 } },
};
const page = (data: readonly object[], hasMore = false) => ok({ data, has_more: hasMore, links: [] });

async function fetchLines(steps: readonly HttpStep[], more: Partial<Config> = {}) {
  const { http, requests } = scriptHttp(...steps);
  const xendit = openXendit(more);
  const outcome = await xendit.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  const names: string[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) {
      names.push(document.name);
      for await (const line of xendit.readStatement(document)) lines.push(line);
    }
  }
  return { outcome, lines, names, asked: requests.map(({ url }) => new URL(url).searchParams) };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(steps).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('Xendit: the transactions of a day', () => {
  it('name payments and refunds by our numbers, with the fee and its tax', async () => {
    const { lines } = await fetchLines([page([paid, returned])]);
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: 'py-1', gross: idr(1_500_000), fee: idr(499_500) });
    expect(lines[0]?.net).to.deep.equal(idr(1_000_500));
    expect(lines[1]).to.deep.include({ kind: 'refund', number: refundNumber, channelNo: refundId, gross: idr(-500_000), net: null });
  });

  it('are asked for by the day of UTC, page by page', async () => {
    const { lines, asked } = await fetchLines([page([paid], true), page([returned])]);
    expect(lines).to.have.length(2);
    expect([asked[0]?.get('created[gte]'), asked[0]?.get('created[lte]')]).to.deep.equal([
      ...['2026-01-02T00:00:00.000Z', '2026-01-02T23:59:59.999Z'],
    ]);
    expect([asked[0]?.get('after_id'), asked[1]?.get('after_id'), asked[0]?.get('currency')]).to.deep.equal([null, 'txn_1', null]);
  });

  it('are a document for each currency where the account has several', async () => {
    const { names, asked } = await fetchLines([page([paid]), page([])], { statement_currencies: 'IDR,PHP' });
    expect(names).to.deep.equal(['transactions-IDR-2026-01-02.jsonl']);
    expect(asked.map((one) => one.get('currency'))).to.deep.equal(['IDR', 'PHP']);
  });

  it('hold payouts, chargebacks and what else moved, and leave out what did not', async () => {
    const moved = ['WITHDRAWAL', 'CHARGEBACK', 'TOPUP', 'DISBURSEMENT', 'REMITTANCE_PAYOUT'].map((type) => ({ ...paid, type }));
    const still = ['PENDING', 'FAILED', 'VOIDED', 'REVERSED'].map((status) => ({ ...paid, status }));
    const { lines } = await fetchLines([page([...moved, ...still])]);
    expect(lines.map(({ kind, number: ours }) => [kind, ours])).to.deep.equal([
      ['payout', null],
      ['chargeback', null],
      ['adjustment', null],
      ['adjustment', null],
      ['adjustment', null],
    ]);
  });

  it('have no fee until Xendit has settled on one, and take withheld taxes as they are', async () => {
    const open = { ...paid, fee: { ...fee, status: 'PENDING' }, net_amount: 15_000 };
    const withheld = { ...paid, fee: { ...fee, xendit_withholding_tax: 90 }, net_amount: 10_095 };
    const { lines } = await fetchLines([page([open, withheld])]);
    expect(lines.map((line) => line.fee?.amount ?? null)).to.deep.equal([null, 499_500]);
  });

  it('are none when they are another business’s, do not add up, or cannot be read', async () => {
    expect(await failureOf(page([{ ...paid, business_id: 'f'.repeat(24) }]))).to.equal('line 1: txn_1 is of another business');
    expect(await failureOf(page([{ ...paid, net_amount: 10_006 }]))).to.include('do not add up');
    expect(await failureOf(page([{ ...paid, amount: 15_000.005 }]))).to.include('cannot be read');
    expect(await failureOf(page([{ ...paid, cashflow: 'SIDEWAYS' }]))).to.include('is not known');
    expect(await failureOf(page([{ ...paid, id: '' }]))).to.include('without an id');
    expect(await failureOf(page([{ ...paid, fee: { ...fee, xendit_fee: 'much' } }]))).to.include('the fee of');
  });

  it('are none when a page is lost', async () => {
    expect(await failureOf(page([paid], true), answered(500, ''))).to.equal('the list of transactions breaks off');
    const content = (async function* () {
      yield Buffer.from(`${JSON.stringify({ data: [paid], has_more: true })}\n`);
    })();
    const read = async () => {
      for await (const _ of openXendit().readStatement({ name: 'x', content }));
    };
    expect(await read().catch((error: Error) => error.message)).to.equal('the list of transactions breaks off');
  });

  it('are empty on a day without any, and refused with a key that is none', async () => {
    expect((await fetchLines([page([])])).outcome).to.deep.equal({ kind: 'empty' });
    expect((await fetchLines([fault(401, 'INVALID_API_KEY')])).outcome.kind).to.equal('rejected');
  });
});
