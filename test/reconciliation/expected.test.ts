import { expect } from 'chai';
import { createExpected, type Expectation } from '../../core/reconciliation/expected.ts';

/** More than two of the parts in which they are held, with numbers of all lengths up to 64. */
const rows: readonly Expectation[] = Array.from({ length: 40_000 }, (_, index) => ({
  kind: index % 3 === 0 ? 'refund' : 'payment',
  number: `${index}`.padStart(5 + (index % 60), 'N'),
  amount: index % 3 === 0 ? -index : Number.MAX_SAFE_INTEGER - index,
  currency: ['CNY', 'USD', 'KWD'][index % 7] ?? 'EUR',
  fee: index > 20_000 && index % 5 > 0 ? (index % 5) - 2 : null,
  at: 1_767_283_200_000 + index,
}));

describe('What a day expects', () => {
  it('is found by kind and number, with all that was said of it, however much there is', () => {
    const expected = createExpected();
    for (const row of rows) expected.add(row);
    expect(expected.count).to.equal(rows.length);
    const wrong = rows.filter((row, place) => expected.find(row.kind, row.number) !== place);
    expect(wrong).to.deep.equal([]);
    for (const place of [0, 1, 16_383, 16_384, 20_001, 32_767, 32_768, 39_999]) expect(expected.get(place)).to.deep.equal(rows[place]);
    expect(rows.filter((row, place) => expected.get(place).number !== row.number)).to.deep.equal([]);
    expect(rows.filter((row, place) => expected.valuesOf(place).amount !== row.amount)).to.deep.equal([]);
    expect(rows.filter((row, place) => expected.valuesOf(place).fee !== row.fee)).to.deep.equal([]);
  });

  it('is not found by another kind, nor by what is no number of the day', () => {
    const expected = createExpected();
    for (const row of rows.slice(0, 100)) expected.add(row);
    for (const { kind, number } of rows.slice(0, 100))
      expect(expected.find(kind === 'payment' ? 'refund' : 'payment', number)).to.equal(-1);
    for (const number of ['', '0', 'NNN99', '茶', `${rows[1]?.number} `]) expect(expected.find('payment', number)).to.equal(-1);
  });

  it('remembers how often each was named, and refuses a second row of one name', () => {
    const expected = createExpected();
    for (const row of rows.slice(0, 20_000)) expected.add(row);
    for (const place of [3, 16_384, 16_384]) expected.see(place);
    const seen = Array.from({ length: expected.count }, (_, place) => expected.timesSeen(place));
    expect(seen.flatMap((times, place) => (times === 0 ? [] : [[place, times]]))).to.deep.equal([
      [3, 1],
      [16_384, 2],
    ]);
    expect(() => rows[7] && expected.add(rows[7])).to.throw(`two rows of one day are numbered ${rows[7]?.number}`);
  });
});
