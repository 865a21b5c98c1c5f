import { expect } from 'chai';
import fc from 'fast-check';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import { choose, missingPayerFields, type Wanted } from '../../core/channels/choose.ts';
import type { MethodManifest } from '../../core/contract/manifest.ts';
import { makePlugin, openAccount, type RecordChanges } from './kit.ts';

const qr: MethodManifest = { id: 'toy_qr', product: 'qr', name: { en: 'QR', zh: '扫码' }, action: 'qr', currencies: ['CNY', 'JPY'] };
const page: MethodManifest = { ...qr, id: 'toy_page', product: 'page', action: 'redirect', currencies: ['CNY'] };
const limited: MethodManifest = { ...qr, id: 'toy_small', product: 'small', min: 10, max: 99 };
const needy: MethodManifest = { ...qr, id: 'toy_sdk', product: 'sdk', needs: ['openid', 'clientIp'] };
const toy = makePlugin({ methods: [qr, page, limited, needy] });
const rival = makePlugin({ id: 'rival', methods: [{ ...qr, id: 'rival_qr' }] });

const at = (id: string, changes: RecordChanges = {}, plugin = toy): OpenAccount => openAccount(plugin, { id, ...changes });
const wanted = (changes: Partial<Wanted> = {}): Wanted => ({
  methods: ['toy_qr'],
  merchantId: 'mch_1',
  livemode: false,
  amount: 500,
  currency: 'CNY',
  lines: 0,
  payer: {},
  ...changes,
});
const allUp = () => false;
const idsOf = (want: Wanted, accounts: readonly OpenAccount[], turn = 0, isDown: (id: string) => boolean = allUp) =>
  choose(want, accounts, turn, isDown).map(({ account, method }) => `${account.id} ${method.id}`);

describe('Choosing where a payment is tried', () => {
  it('begins with the lowest priority number', () => {
    const accounts = [at('c', { priority: 300 }), at('a', { priority: 1 }), at('b', { priority: 20 })];
    expect(idsOf(wanted(), accounts)).to.deep.equal(['a toy_qr', 'b toy_qr', 'c toy_qr']);
  });

  it('spreads payments over one priority by weight, exactly over each full round of turns', () => {
    const accounts = [at('a', { weight: 5 }), at('b', { weight: 3 }), at('c', { weight: 2 }), at('low', { priority: 900, weight: 100 })];
    const firsts = new Map<string, number>();
    for (let turn = 1; turn <= 1000; turn += 1) {
      const first = choose(wanted(), accounts, turn, allUp)[0]?.account.id ?? 'none';
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    expect(Object.fromEntries(firsts)).to.deep.equal({ a: 500, b: 300, c: 200 });
  });

  it('sends nothing first to an account of weight 0 while another has weight, and still falls back to it', () => {
    const accounts = [at('spare', { weight: 0 }), at('main', { weight: 1 })];
    for (let turn = 0; turn < 10; turn += 1) expect(idsOf(wanted(), accounts, turn)).to.deep.equal(['main toy_qr', 'spare toy_qr']);
  });

  it('takes accounts without any weight in the order they come in', () => {
    const accounts = [at('a', { weight: 0 }), at('b', { weight: 0 })];
    for (let turn = 0; turn < 3; turn += 1) expect(idsOf(wanted(), accounts, turn)).to.deep.equal(['a toy_qr', 'b toy_qr']);
  });

  it('puts what is down last, and does not leave it out: it may be up again', () => {
    const accounts = [at('a', { priority: 1 }), at('b', { priority: 2 }), at('c', { priority: 3 })];
    expect(idsOf(wanted(), accounts, 0, (id) => id === 'a')).to.deep.equal(['b toy_qr', 'c toy_qr', 'a toy_qr']);
    expect(idsOf(wanted(), accounts, 0, () => true)).to.deep.equal(['a toy_qr', 'b toy_qr', 'c toy_qr']);
  });

  it('prefers a fallback that is up to a first choice that is down', () => {
    const accounts = [at('a'), at('r', {}, rival)];
    const want = wanted({ methods: ['toy_qr', 'rival_qr'] });
    expect(idsOf(want, accounts)).to.deep.equal(['a toy_qr', 'r rival_qr']);
    expect(idsOf(want, accounts, 0, (id) => id === 'a')).to.deep.equal(['r rival_qr', 'a toy_qr']);
  });

  it('tries all accounts of the chosen method before the first fallback, and fallbacks in the merchant’s order', () => {
    const accounts = [at('r', { priority: 1 }, rival), at('a', { priority: 7 }), at('b', { priority: 8 })];
    const want = wanted({ methods: ['toy_page', 'rival_qr', 'toy_qr'] });
    expect(idsOf(want, accounts)).to.deep.equal(['a toy_page', 'b toy_page', 'r rival_qr', 'a toy_qr', 'b toy_qr']);
  });

  it('knows no account for a method that no channel has', () => {
    expect(idsOf(wanted({ methods: ['toy_gone', 'gone_qr'] }), [at('a')])).to.deep.equal([]);
  });

  it('keeps test and live apart, both ways', () => {
    const accounts = [at('test'), at('live', { livemode: true })];
    expect(idsOf(wanted(), accounts)).to.deep.equal(['test toy_qr']);
    expect(idsOf(wanted({ livemode: true }), accounts)).to.deep.equal(['live toy_qr']);
  });

  it('uses a merchant’s own accounts and the shared ones, and nobody else’s', () => {
    const accounts = [at('own', { merchantId: 'mch_1' }), at('foreign', { merchantId: 'mch_2' }), at('shared')];
    const chosen = choose(wanted(), accounts, 0, allUp).map(({ account }) => account.id);
    expect(chosen).to.have.members(['own', 'shared']);
  });

  it('leaves out a method that does not take the currency', () => {
    const want = wanted({ methods: ['toy_page', 'toy_qr'], currency: 'JPY' });
    expect(idsOf(want, [at('a')])).to.deep.equal(['a toy_qr']);
    expect(idsOf(wanted({ currency: 'USD' }), [at('a')])).to.deep.equal([]);
  });

  it('holds amounts to the limits of the method, both ends included', () => {
    const taken = [9, 10, 99, 100].filter((amount) => idsOf(wanted({ methods: ['toy_small'], amount }), [at('a')]).length > 0);
    expect(taken).to.deep.equal([10, 99]);
    const unlimited = [0, 1, Number.MAX_SAFE_INTEGER].filter((amount) => idsOf(wanted({ amount }), [at('a')]).length > 0);
    expect(unlimited).to.deep.equal([1, Number.MAX_SAFE_INTEGER]);
  });

  it('holds amounts to the rule of their currency, where it has one: what that leaves out is the method’s', () => {
    const whole: MethodManifest = { ...limited, id: 'toy_own', product: 'own', inCurrency: { JPY: { step: 5, max: 50 } } };
    const account = at('a', {}, makePlugin({ methods: [whole] }));
    const taken = (currency: string) =>
      [5, 10, 11, 50, 55, 99].filter((amount) => idsOf(wanted({ methods: ['toy_own'], amount, currency }), [account]).length > 0);
    expect(taken('CNY')).to.deep.equal([10, 11, 50, 55, 99]);
    expect(taken('JPY')).to.deep.equal([10, 50]);
  });

  it('leaves out a method whose steps the amount is not made of, or that pays another number of orders', () => {
    const stepped: MethodManifest = { ...qr, id: 'toy_whole', product: 'whole', step: 100 };
    const several: MethodManifest = { ...qr, id: 'toy_several', product: 'several', orderLines: { min: 2, max: 3 } };
    const account = at('a', {}, makePlugin({ methods: [stepped, several] }));
    const amounts = [100, 150, 1000].filter((amount) => idsOf(wanted({ methods: ['toy_whole'], amount }), [account]).length > 0);
    expect(amounts).to.deep.equal([100, 1000]);
    const lines = [0, 1, 2, 3, 4].filter((count) => idsOf(wanted({ methods: ['toy_several'], lines: count }), [account]).length > 0);
    expect(lines).to.deep.equal([2, 3]);
  });

  it('leaves out a method that needs what the payer did not give', () => {
    const offered = (payer: Readonly<Record<string, unknown>>) => idsOf(wanted({ methods: ['toy_sdk'], payer }), [at('a')]);
    expect(offered({ openid: 'o' })).to.deep.equal([]);
    expect(offered({ openid: 'o', clientIp: '203.0.113.9' })).to.deep.equal(['a toy_sdk']);
    expect(missingPayerFields(needy, { openid: 'o' })).to.deep.equal(['clientIp']);
    expect(missingPayerFields(qr, {})).to.deep.equal([]);
  });

  it('names each way once and forgets none, whatever the priorities, weights and turns', () => {
    const account = fc.record({ priority: fc.integer({ min: 1, max: 3 }), weight: fc.integer({ min: 0, max: 4 }), down: fc.boolean() });
    fc.assert(
      fc.property(fc.array(account, { maxLength: 6 }), fc.nat(), (given, turn) => {
        const accounts = given.map(({ priority, weight }, index) => at(`acc_${index}`, { priority, weight }));
        const isDown = (id: string) => given[Number(id.slice('acc_'.length))]?.down === true;
        const chosen = choose(wanted(), accounts, turn, isDown).map((one) => one.account);
        expect(chosen.map((one) => one.id)).to.have.members(accounts.map((one) => one.id));
        const ranks = chosen.map((one) => (isDown(one.id) ? 1000 : 0) + one.record.priority);
        expect(ranks).to.deep.equal([...ranks].sort((a, b) => a - b));
      }),
    );
  });
});
