import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, good, list, number, openRazorpay, orderId, paymentId, refundId, refundNumber } from './fixture.ts';

const paid = {
  ...{ entity_id: paymentId, type: 'payment', debit: 0, credit: 97100, amount: 100000, currency: 'INR', fee: 2900, tax: 442 },
  ...{ settled: true, created_at: 1_767_323_045, settled_at: 1_767_400_000, credit_type: 'default', notes: '{}', dispute_id: null },
  ...{ order_id: orderId, order_receipt: number },
};
const returned = {
  ...paid,
  ...{ entity_id: refundId, type: 'refund', debit: 500, credit: 0, amount: 500, fee: 0, tax: 0, payment_id: paymentId },
  notes: JSON.stringify({ refund_number: refundNumber }),
};

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const razorpay = openRazorpay();
  const outcome = await razorpay.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of razorpay.readStatement(document)) lines.push(line);
  }
  return { kind: outcome.kind, lines, asked: requests.map(({ url }) => new URL(url).searchParams) };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(...steps).then(
    () => 'none',
    (error: Error) => error.message,
  );

async function readText(text: string) {
  const content = (async function* () {
    yield Buffer.from(text);
  })();
  for await (const _ of openRazorpay().readStatement({ name: 'x', content }));
}

describe('Razorpay: what was settled on a day', () => {
  it('names payments and refunds by our numbers, with fees, taxes in them, and net', async () => {
    const { lines } = await fetchLines(list(paid, returned), list());
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: paymentId, gross: { amount: 100000, currency: 'INR' } });
    expect(lines[0]).to.deep.include({ fee: { amount: 2900, currency: 'INR' }, net: { amount: 97100, currency: 'INR' } });
    expect(lines[1]).to.deep.include({ kind: 'refund', number: refundNumber, channelNo: refundId, net: { amount: -500, currency: 'INR' } });
    expect(lines[1]?.gross.amount).to.equal(-500);
  });

  it('finds the number of a refund in notes that are an object too, and none where there are none', async () => {
    const notes = { refund_number: refundNumber };
    const { lines } = await fetchLines(
      list({ ...returned, notes }, { ...returned, notes: 'by hand' }, { ...paid, order_receipt: null }),
      list(),
    );
    expect(lines.map((line) => line.number)).to.deep.equal([refundNumber, null, null]);
  });

  it('is asked for page by page until one is empty', async () => {
    const { lines, asked } = await fetchLines(list(paid, paid), list(returned), list());
    expect(lines).to.have.length(3);
    expect(asked.map((one) => one.get('skip'))).to.deep.equal(['0', '2', '3']);
    expect(['year', 'month', 'day'].map((name) => asked[0]?.get(name))).to.deep.equal(['2026', '01', '02']);
  });

  it('holds transfers, corrections and disputes', async () => {
    const transfer = { ...paid, entity_id: 'trf_1', type: 'transfer', debit: 100296, credit: 0, fee: 296, tax: 46 };
    const correction = {
      ...paid,
      entity_id: 'adj_1',
      type: 'adjustment',
      debit: 0,
      credit: 1012,
      amount: 1012,
      fee: 0,
      credit_type: undefined,
    };
    const { lines } = await fetchLines(list(transfer, correction, { ...correction, dispute_id: 'disp_1' }), list());
    expect(lines.map(({ kind }) => kind)).to.deep.equal(['adjustment', 'adjustment', 'chargeback']);
    expect(lines[0]?.net?.amount).to.equal(-100296);
  });

  it('lets a fee be paid with credits, and nothing else that does not add up', async () => {
    expect((await fetchLines(list({ ...paid, credit: 100000, credit_type: 'fee_credits' }), list())).lines).to.have.length(1);
    expect(await failureOf(list({ ...paid, credit: 100000 }), list())).to.include('do not add up');
    expect(await failureOf(list({ ...paid, amount: 1.5 }), list())).to.include('cannot be read');
    expect(await failureOf(list({ ...paid, debit: 5 }), list())).to.include('at once');
    expect(await failureOf(list({ ...paid, created_at: 'today' }), list())).to.include('without an id or a time');
  });

  it('is none when a page is lost, or none is empty, or one has not what it says', async () => {
    expect(await failureOf(list(paid), answered(500, ''))).to.equal('the list of settled items breaks off');
    expect(await failureOf(list(paid), good({ items: 'none' }))).to.equal('the list of settled items breaks off');
    const page = JSON.stringify({ entity: 'collection', count: 1, items: [paid] });
    expect(await readText(`${page}\n`).catch((error: Error) => error.message)).to.equal('the list of settled items breaks off');
    expect(await failureOf(good({ entity: 'collection', count: 2, items: [paid] }), list())).to.equal('line 1 is no page of settled items');
  });

  it('is empty on a day without any, and refused with a key that is none', async () => {
    expect((await fetchLines(list())).kind).to.equal('empty');
    expect((await fetchLines(bad(401, 'BAD_REQUEST_ERROR', 'Authentication failed'))).kind).to.equal('rejected');
  });
});
