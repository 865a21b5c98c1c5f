import { expect } from 'chai';
import { listOffers, readDevice } from '../../core/checkout/offers.ts';
import { createRecentSuccess, unknownTenths } from '../../core/payments/recent-success.ts';

const hourMs = 3_600_000;

function learn() {
  let now = 0;
  const recent = createRecentSuccess({ now: () => new Date(now) });
  const note = (method: string, isPaid: boolean, times = 1) => {
    for (let count = 0; count < times; count += 1) recent.note(method, isPaid);
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { recent, note, pass };
}

describe('What ended well lately', () => {
  it('is eight of ten for a method that nobody tried, and one refusal changes little', () => {
    const { recent, note } = learn();
    expect(recent.tenthsOf('a')).to.equal(unknownTenths);
    note('a', false);
    expect(recent.tenthsOf('a')).to.equal(7);
  });

  it('is the share of those that were paid, once there are some', () => {
    const { recent, note } = learn();
    note('good', true, 50);
    note('bad', false, 50);
    note('half', true, 100);
    note('half', false, 100);
    expect(['good', 'bad', 'half', 'other'].map((method) => recent.tenthsOf(method))).to.deep.equal([10, 1, 5, 8]);
  });

  it('is forgotten by half each hour, and a clock that steps back forgets nothing twice', () => {
    const { recent, note, pass } = learn();
    note('a', false, 40);
    pass(2 * hourMs);
    expect(recent.tenthsOf('a')).to.equal(3);
    pass(-hourMs);
    expect(recent.tenthsOf('a')).to.be.at.most(3);
    pass(20 * hourMs);
    expect(recent.tenthsOf('a')).to.equal(unknownTenths);
  });
});

describe('The order of methods at the checkout', () => {
  const method = (id: string, action: string) => ({ id, product: id.slice(4), name: { en: id, zh: id }, action, currencies: ['CNY'] });
  const methods = [method('toy_qr', 'qr'), method('toy_page', 'redirect'), method('toy_form', 'form')];
  const accountOf = (priority: number, own: readonly object[], id: string) =>
    ({ id, channelId: 'toy', manifest: { methods: own }, channel: {}, record: { priority, livemode: false, merchantId: null } }) as never;
  const payment = { amount: 100, currency: 'CNY', request: JSON.stringify({ payer: {}, orderLines: [] }) } as never;
  const app = { merchantId: 'mch_1', livemode: false } as never;
  const list = (
    accounts: readonly never[],
    recentSuccess: ReturnType<typeof learn>['recent'],
    isDown = false,
    userAgent = 'Mozilla/5.0',
  ) => {
    const kernel = { channels: { payable: () => accounts }, caller: { isOpen: () => isDown, isQuarantined: () => false }, recentSuccess };
    return listOffers(kernel as never, app, payment, readDevice({ 'user-agent': userAgent })).map((offer) => offer.method);
  };

  it('is that of the channel while nothing is known, and then what succeeds comes first', () => {
    const { recent, note } = learn();
    const account = accountOf(1, methods, 'acc_1');
    expect(list([account], recent)).to.deep.equal(['toy_qr', 'toy_page', 'toy_form']);
    note('toy_qr', false, 20);
    note('toy_form', true, 20);
    expect(list([account], recent)).to.deep.equal(['toy_form', 'toy_page', 'toy_qr']);
  });

  it('is the operator’s before that: a lower priority number stays in front, whatever became of it lately', () => {
    const { recent, note } = learn();
    note('toy_qr', false, 20);
    expect(list([accountOf(1, methods.slice(0, 1), 'acc_1'), accountOf(2, methods.slice(1), 'acc_2')], recent)[0]).to.equal('toy_qr');
  });

  it('keeps a code behind what a phone can open, however well it does', () => {
    const { recent, note } = learn();
    note('toy_qr', true, 20);
    expect(list([accountOf(1, methods, 'acc_1')], recent, false, 'iPhone Mobile').at(-1)).to.equal('toy_qr');
  });
});
