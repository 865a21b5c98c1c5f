import { expect } from 'chai';
import fc from 'fast-check';
import { matchPayouts, type Stranger } from '../../core/reconciliation/payouts/match.ts';
import type { PayoutRow } from '../../core/store/tables/payouts.ts';

const dayOf = (offset: number) => new Date(Date.UTC(2026, 4, 1 + offset)).toISOString().slice(0, 10);

interface Sent {
  readonly number: string;
  readonly on: number;
  readonly amount: number;
  readonly currency?: string;
}

const payoutOf = ({ number, on, amount, currency = 'CNY' }: Sent) =>
  ({ id: number, entry_key: number, channel_no: number, paid_on: dayOf(on), occurred_at: on, amount, currency }) as PayoutRow;

interface Came {
  readonly number: string;
  readonly on: number;
  readonly amount: number;
  readonly text?: string;
}

function strangerOf({ number, on, amount, text = '' }: Came): Stranger {
  const gross = { amount, currency: 'CNY' };
  const line = { kind: 'payment', number: null, channelNo: number, gross, fee: null, net: null, raw: `${number},${text}` } as const;
  return { entry: { line: { ...line, occurredAt: new Date(Date.UTC(2026, 4, 1 + on)) }, fileId: 'f', place: 1 }, day: dayOf(on) };
}

const matched = (sent: readonly Sent[], came: readonly Came[]) =>
  matchPayouts(sent.map(payoutOf), came.map(strangerOf)).map(
    ({ payout, stranger, class: name }) => `${payout.id} ${stranger.entry.line.channelNo} ${name}`,
  );

describe('Matching payouts with the bank', () => {
  const sent = { number: 'po_1000001', on: 0, amount: 700 };

  it('takes exactly the amount, from the day it was sent to seven days after', () => {
    for (const on of [0, 7]) expect(matched([sent], [{ number: 'B', on, amount: 700 }])).to.deep.equal(['po_1000001 B matched']);
    for (const on of [-1, 8]) expect(matched([sent], [{ number: 'B', on, amount: 700 }])).to.deep.equal([]);
    expect(matched([sent], [{ number: 'B', on: 1, amount: 699 }])).to.deep.equal([]);
    expect(matched([{ ...sent, currency: 'USD' }], [{ number: 'B', on: 1, amount: 700 }])).to.deep.equal([]);
  });

  it('takes what is named at any later time, and tells whether the money is another', () => {
    const named = { number: 'B', on: 30, amount: 700, text: 'PAYOUT po_1000001.' };
    expect(matched([sent], [named])).to.deep.equal(['po_1000001 B matched']);
    expect(matched([sent], [{ ...named, amount: 690 }])).to.deep.equal(['po_1000001 B amount_differs']);
    expect(matched([{ ...sent, currency: 'USD' }], [named])).to.deep.equal(['po_1000001 B currency_differs']);
    expect(matched([sent], [{ ...named, on: -1 }])).to.deep.equal([]);
  });

  it('knows a number only as a whole, and none that may stand there by chance', () => {
    const late = { number: 'B', on: 30, amount: 700 };
    for (const text of ['po_10000012', 'xpo_1000001', 'po_100000']) expect(matched([sent], [{ ...late, text }])).to.deep.equal([]);
    expect(matched([sent], [{ ...late, text: 'po_10000012 po_1000001' }])).to.have.length(1);
    for (const number of ['12345', 'MerchantPayout']) expect(matched([{ ...sent, number }], [{ ...late, text: number }])).to.deep.equal([]);
  });

  it('prefers what is named and the same to what is named, and that to what is the same', () => {
    const [other, same] = [
      { number: 'A', on: 0, amount: 690, text: 'po_1000001' },
      { number: 'B', on: 1, amount: 700, text: 'po_1000001' },
    ];
    expect(matched([sent], [other, same])).to.deep.equal(['po_1000001 B matched']);
    expect(
      matched(
        [sent],
        [
          { number: 'A', on: 0, amount: 700 },
          { ...other, number: 'C' },
        ],
      ),
    ).to.deep.equal(['po_1000001 C amount_differs']);
  });

  const amount = fc.constantFrom(700, 800);
  const on = fc.integer({ min: -2, max: 12 });
  const sents = fc.uniqueArray(fc.record({ number: fc.constantFrom('po_1000001', 'po_1000002', 'po_1000003', 'po_1000004'), on, amount }), {
    selector: ({ number }) => number,
  });
  const text = fc.constantFrom('', 'po_1000001', 'po_1000002 po_1000003');
  const cames = fc.uniqueArray(fc.record({ number: fc.constantFrom('A', 'B', 'C', 'D', 'E'), on, amount, text }), {
    selector: ({ number }) => number,
  });

  it('comes to the same in whatever order both sides are read, and takes each once', () => {
    const shuffled = fc.tuple(sents, cames).chain(([there, here]) =>
      fc.record({
        there: fc.constant(there),
        here: fc.constant(here),
        thereAgain: fc.shuffledSubarray(there, { minLength: there.length }),
        hereAgain: fc.shuffledSubarray(here, { minLength: here.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ there, here, thereAgain, hereAgain }) => {
        const found = matched(there, here);
        expect(matched(thereAgain, hereAgain)).to.deep.equal(found);
        for (const place of [0, 1]) expect(new Set(found.map((one) => one.split(' ')[place])).size).to.equal(found.length);
      }),
    );
  });

  it('leaves no pair that could be one', () => {
    fc.assert(
      fc.property(sents, cames, (there, here) => {
        const found = matched(there, here);
        const isLeft = (name: string) => !found.some((one) => one.split(' ').includes(name));
        for (const payout of there.filter(({ number }) => isLeft(number)))
          for (const entry of here.filter(({ number }) => isLeft(number))) expect(matched([payout], [entry])).to.deep.equal([]);
      }),
    );
  });
});
