import { expect } from 'chai';
import { createChannels } from '../../core/channels/accounts.ts';
import type { Channel, ChannelPlugin } from '../../core/contract/channel.ts';
import type { Abilities } from '../../core/contract/manifest.ts';
import { makeChannel, makeManifest, makePlugin, makeRecord } from './kit.ts';

const noneOff: ReadonlySet<string> = new Set();
const pluginsOf = (...all: readonly ChannelPlugin[]) => new Map(all.map((plugin) => [plugin.manifest.id, plugin]));
const absent = makeManifest().abilities;

describe('Taking over the accounts of a channel', () => {
  it('opens each account once, and keeps the instance while its version stays', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    expect(channels.reload([makeRecord()], noneOff)).to.deep.equal([]);
    const before = channels.account('acc_1');
    channels.reload([makeRecord({ priority: 5, weight: 9, status: 'draining' })], noneOff);
    const after = channels.account('acc_1');
    expect(after?.channel).to.be.an('object').and.equal(before?.channel);
    expect(after?.record).to.include({ priority: 5, weight: 9, status: 'draining' });
  });

  it('opens anew when the version changes, and never serves an instance of test keys as live', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    channels.reload([makeRecord()], noneOff);
    const first = channels.account('acc_1');
    channels.reload([makeRecord({ version: 2 })], noneOff);
    const second = channels.account('acc_1');
    expect(second?.channel).to.not.equal(first?.channel);
    channels.reload([makeRecord({ version: 2, livemode: true })], noneOff);
    expect(channels.account('acc_1')?.channel).to.not.equal(second?.channel);
  });

  it('keeps the instance before a configuration that cannot be opened, and names the account without its values', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    channels.reload([makeRecord()], noneOff);
    const before = channels.account('acc_1');
    const faults = channels.reload([makeRecord({ version: 2, secret: 'bad-canary-secret' })], noneOff);
    expect(faults).to.deep.equal([{ accountId: 'acc_1', reason: 'api_secret is not a key of this vendor' }]);
    expect(channels.faults()).to.deep.equal(faults);
    expect(channels.account('acc_1')?.channel).to.equal(before?.channel);
    expect(channels.payable()).to.have.length(1);
    expect(channels.reload([makeRecord({ version: 3 })], noneOff), 'after it was mended').to.deep.equal([]);
    expect(channels.account('acc_1')?.channel).to.not.equal(before?.channel);
  });

  it('tries a bad configuration again at each reload, because its version was never served', () => {
    let tries = 0;
    const plugin = makePlugin({}, () => {
      tries += 1;
      if (tries === 2) throw new Error('the vendor’s certificate is not there yet');
      return makeChannel();
    });
    const channels = createChannels(pluginsOf(plugin));
    channels.reload([makeRecord()], noneOff);
    const old = channels.account('acc_1')?.channel;
    expect(channels.reload([makeRecord({ version: 2 })], noneOff)).to.have.length(1);
    expect(channels.account('acc_1')?.channel).to.equal(old);
    expect(channels.reload([makeRecord({ version: 2 })], noneOff)).to.deep.equal([]);
    expect(channels.account('acc_1')?.channel).to.not.equal(old);
  });

  it('does not serve a new account that cannot be opened, and serves the others', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    const faults = channels.reload([makeRecord({ id: 'acc_bad', secret: 'bad-secret' }), makeRecord({ id: 'acc_good' })], noneOff);
    expect(faults.map((fault) => fault.accountId)).to.deep.equal(['acc_bad']);
    expect(channels.account('acc_bad')).to.equal(undefined);
    expect(channels.payable().map((account) => account.id)).to.deep.equal(['acc_good']);
  });

  it('names an account of a channel that is not installed', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    expect(channels.reload([makeRecord({ channel: 'gone' })], noneOff)).to.deep.equal([
      { accountId: 'acc_1', reason: 'there is no channel gone' },
    ]);
  });

  it('checks the configuration against the manifest before the plugin sees it, every fault at once and no value', () => {
    const plugin: ChannelPlugin = { ...makePlugin(), open: () => expect.fail('opened with a bad configuration') };
    const channels = createChannels(pluginsOf(plugin));
    const record = { ...makeRecord(), config: () => ({ api_secret: 'canary', merchant_nr: 'canary' }) };
    const [fault] = channels.reload([record], noneOff);
    expect(fault?.reason).to.equal(
      '"merchant_nr" is not a field of this channel; merchant_no is required; api_secret must have at least 8 characters',
    );
  });

  it('forgets an account that is gone from the configuration', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    channels.reload([makeRecord({ id: 'acc_a' }), makeRecord({ id: 'acc_b' })], noneOff);
    channels.reload([makeRecord({ id: 'acc_b' })], noneOff);
    expect(channels.account('acc_a')).to.equal(undefined);
    expect(channels.payable().map((account) => account.id)).to.deep.equal(['acc_b']);
  });

  it('offers for new payments only what is enabled, and answers by id for the rest', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    const statuses = ['enabled', 'draining', 'receive_only', 'retired'];
    channels.reload(
      statuses.map((status) => makeRecord({ id: `acc_${status}`, status })),
      noneOff,
    );
    expect(channels.payable().map((account) => account.id)).to.deep.equal(['acc_enabled']);
    for (const status of statuses) expect(channels.account(`acc_${status}`)?.record.status).to.equal(status);
  });

  it('offers nothing of a channel that is switched off, and still knows its accounts', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    channels.reload([makeRecord()], new Set(['toy']));
    expect(channels.payable()).to.deep.equal([]);
    expect(channels.account('acc_1')?.id).to.equal('acc_1');
    channels.reload([makeRecord()], noneOff);
    expect(channels.payable()).to.have.length(1);
  });

  it('tells a merchant without any account from one whose accounts are off or broken', () => {
    const channels = createChannels(pluginsOf(makePlugin()));
    const isConfigured = () => channels.isConfigured(['toy'], 'mch_1', false);
    expect(isConfigured()).to.equal(false);
    for (const status of ['enabled', 'draining', 'receive_only']) {
      channels.reload([makeRecord({ status })], new Set(['toy']));
      expect(isConfigured(), status).to.equal(true);
    }
    const broken = makeRecord({ secret: 'bad-secret', version: 2 });
    expect(channels.reload([broken], noneOff)).to.have.length(1);
    expect(isConfigured(), 'broken').to.equal(true);
    const useless = [makeRecord({ status: 'retired' }), makeRecord({ livemode: true }), makeRecord({ merchantId: 'mch_2' })];
    for (const record of useless) {
      channels.reload([record], noneOff);
      expect(isConfigured(), JSON.stringify(record)).to.equal(false);
    }
    expect(channels.isConfigured(['other'], 'mch_1', false)).to.equal(false);
  });

  it('lets a call in flight end on the instance that it began on', async () => {
    const ends = new Map<number, () => void>();
    let opened = 0;
    const plugin = makePlugin({}, () => {
      opened += 1;
      const own = opened;
      return makeChannel({
        pay: () =>
          new Promise((resolve) => ends.set(own, () => resolve({ kind: 'action', action: { type: 'qr', qrContent: `by ${own}` } }))),
      });
    });
    const channels = createChannels(pluginsOf(plugin));
    const payOn = () => channels.account('acc_1')?.channel.pay({} as never, {} as never);
    channels.reload([makeRecord()], noneOff);
    const onOld = payOn();
    channels.reload([makeRecord({ version: 2 })], noneOff);
    const onNew = payOn();
    channels.reload([], noneOff);
    ends.get(2)?.();
    ends.get(1)?.();
    expect(await onOld).to.deep.equal({ kind: 'action', action: { type: 'qr', qrContent: 'by 1' } });
    expect(await onNew).to.deep.equal({ kind: 'action', action: { type: 'qr', qrContent: 'by 2' } });
  });

  it('says whose rules settle an attempt, and careful ones for an account that is gone', () => {
    const channels = createChannels(pluginsOf(makePlugin({ settle: { notFoundIsFinalAfterSec: 7, settlingSec: 9 } })));
    channels.reload([makeRecord()], noneOff);
    expect(channels.settleRules('acc_1')).to.deep.equal({ notFoundIsFinalAfterMs: 7000, settlingMs: 9000 });
    expect(channels.settleRules('acc_gone')).to.deep.equal({ notFoundIsFinalAfterMs: 600_000, settlingMs: 3_600_000 });
  });

  describe('refuses a channel whose manifest lies', () => {
    const functions: Readonly<Record<Exclude<keyof Abilities, 'statement'>, Partial<Channel>>> = {
      query: { query: async () => ({ kind: 'unknown', reason: 'timeout' }) },
      close: { close: async () => ({ kind: 'closed' }) },
      capture: { capture: async () => ({ kind: 'unknown', reason: 'timeout' }) },
      refund: { refund: async () => ({ kind: 'unknown', reason: 'timeout' }) },
      queryRefund: { queryRefund: async () => ({ kind: 'unknown', reason: 'timeout' }) },
    };
    const statements: Required<Pick<Channel, 'fetchStatement' | 'readStatement'>> = {
      fetchStatement: async () => ({ kind: 'notYet' }),
      readStatement: async function* () {},
    };
    const shanghai = { zone: 'Asia/Shanghai', readyAt: '10:00' };
    const claims: Abilities = {
      query: 'by_number',
      close: 'unpaid',
      capture: 'full',
      refund: 'partial',
      queryRefund: 'by_number',
      statement: 'api',
    };
    const reasonOf = (plugin: ChannelPlugin) =>
      createChannels(pluginsOf(plugin))
        .reload([makeRecord()], noneOff)
        .find(({ isLie }) => isLie)?.reason;

    for (const ability of Object.keys(functions) as (keyof typeof functions)[]) {
      it(`${ability} declared without its function`, () => {
        const plugin = makePlugin({ abilities: { ...absent, [ability]: claims[ability] } });
        expect(reasonOf(plugin)).to.equal(`declares ${ability}: ${claims[ability]}, but has no ${ability}()`);
      });

      it(`${ability} without its declaration`, () => {
        const plugin = makePlugin({}, () => makeChannel(functions[ability]));
        expect(reasonOf(plugin)).to.equal(`has ${ability}(), but declares ${ability}: none`);
      });
    }

    it('statements that are declared as asked for or as read, and the other is there', () => {
      const opened = (declared: Abilities['statement'], has: Partial<Channel>) =>
        reasonOf(
          makePlugin({ abilities: { ...absent, statement: declared }, ...(declared === 'api' && { statements: shanghai }) }, () =>
            makeChannel(has),
          ),
        );
      expect(opened('api', { readStatement: statements.readStatement })).to.equal('declares statement: api, but has no fetchStatement()');
      expect(opened('file', {})).to.equal('declares statement: file, but has no readStatement()');
      expect(opened('file', statements)).to.equal('declares statement: file, and has fetchStatement()');
      expect(opened('none', statements)).to.include('declares statement: none, and has fetchStatement()');
    });

    it('but not one that tells the truth of them all', () => {
      const plugin = makePlugin({ abilities: claims, statements: shanghai }, () =>
        makeChannel(Object.assign({}, statements, ...Object.values(functions))),
      );
      expect(reasonOf(plugin)).to.equal(undefined);
    });

    for (const name of ['pay', 'parseCallback'] as const) {
      it(`no ${name}`, () => {
        const plugin = makePlugin({}, () => ({ ...makeChannel(), [name]: undefined }) as unknown as Channel);
        expect(reasonOf(plugin)).to.equal(`has no ${name}()`);
      });
    }
  });
});
