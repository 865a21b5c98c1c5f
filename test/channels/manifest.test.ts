import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { describeChannel } from '../../core/channels/describe.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { manifestFaults } from '../../core/channels/manifest.ts';
import type { ChannelManifest } from '../../core/contract/manifest.ts';
import { proofFaults } from '../kit/proof.ts';
import { makeManifest, makePlugin } from './kit.ts';

const { plugins } = await discoverChannels('plugins/channels');

describe('The zone of a statement’s days', () => {
  const inZone = (zone: string) =>
    makePlugin({ abilities: { ...makeManifest().abilities, statement: 'api' }, statements: { zone, readyAt: '10:00' } });

  for (const zone of ['UTC', 'Asia/Shanghai', 'asia/shanghai', 'Asia/Calcutta', '+08:00']) {
    it(`may be ${zone}`, () => expect(manifestFaults('toy', inZone(zone))).to.deep.equal([]));
  }

  for (const zone of ['Asia/Atlantis', '', 'utc+8']) {
    it(`is refused as ${JSON.stringify(zone)}`, () => expect(manifestFaults('toy', inZone(zone)).join()).to.include('is no time zone'));
  }
});

describe('The cut-off of a statement’s days', () => {
  const faultsWith = (cutOff: string, readyAt: string) =>
    manifestFaults(
      'toy',
      makePlugin({ abilities: { ...makeManifest().abilities, statement: 'api' }, statements: { zone: 'UTC', cutOff, readyAt } }),
    ).join();

  it('may be any time of the day, if the statement is asked for after it', () => {
    for (const [cutOff, readyAt] of [
      ['23:00', '00:00'],
      ['00:00', '00:00'],
      ['05:00', '05:00'],
    ] as const)
      expect(faultsWith(cutOff, readyAt)).to.equal('');
    expect(faultsWith('05:00', '04:59')).to.equal('manifest.statements.readyAt 04:59 is before the day ends at 05:00');
  });

  for (const cutOff of ['24:00', '5:00', '23:60', '']) {
    it(`is refused as ${JSON.stringify(cutOff)}`, () => expect(faultsWith(cutOff, '10:00')).to.include('must be a time such as 10:00'));
  }
});

describe('The amounts that a method takes in a currency', () => {
  const [first] = makeManifest().methods;
  const withRule = (inCurrency: object) => manifestFaults('toy', makePlugin({ methods: [{ ...first, inCurrency } as never] })).join();

  it('are refused where they are none, or of a currency that it does not take', () => {
    expect(withRule({ CNY: { min: 100, step: 10 } })).to.equal('');
    expect(withRule({ CNY: { min: 11, max: 19, step: 10 } })).to.include('takes no amount in CNY');
    expect(withRule({ BHD: { step: 10 } })).to.include('has amounts in BHD, which it does not take');
    expect(withRule({ CNY: { steps: 10 } })).to.include('inCurrency');
  });

  it('leave out forint and dollars of Taiwan in coins at PayPal, and Kuwait’s third decimal at Checkout.com', () => {
    const rulesOf = (id: string) => plugins.get(id)?.manifest.methods[0]?.inCurrency;
    expect(rulesOf('paypal')).to.deep.equal({ HUF: { step: 100 }, TWD: { step: 100 } });
    expect(rulesOf('checkoutcom')).to.include.keys('BHD', 'JOD', 'KWD', 'OMR');
  });
});

describe('What a channel says was verified', () => {
  for (const [id, { manifest }] of plugins) {
    it(`${id} is ${manifest.maturity}${manifest.maturity === 'beta' ? '' : ', and names what of its vendor it was held against'}`, () => {
      expect(manifest.verified, 'it says so, or says nothing was').to.be.an('array');
      expect(proofFaults(manifest)).to.deep.equal([]);
    });

    it(`${id} names simulators that exist`, () => {
      for (const { against, source } of manifest.verified ?? []) {
        if (against === 'simulator') expect(existsSync(source), source).to.equal(true);
      }
    });
  }

  it('is not enough for more than beta without requests that were held against the vendor', () => {
    const signatures = { what: 'signatures', against: 'vendor_vector', source: 'a sample' } as const;
    const library = { what: 'requests', against: 'vendor_library', source: 'a library' } as const;
    const others = { what: 'requests', against: 'other_code', source: 'another program' } as const;
    const claim = (more: Partial<ChannelManifest>) => proofFaults(makeManifest({ maturity: 'stable', ...more }));
    expect(claim({ verified: [signatures, library] })).to.deep.equal([]);
    expect(claim({ verified: [signatures, others] })).to.have.length(1);
    expect(claim({ verified: [library] })).to.have.length(1);
    expect(claim({})).to.have.length(2);
    expect(claim({ confirmedBy: 'operator' })).to.deep.equal([]);
    expect(claim({ maturity: 'beta' })).to.deep.equal([]);
  });

  it('is held against each method: one that nobody checked is beta in a channel that is not', () => {
    const [method] = makeManifest().methods;
    if (method === undefined) throw new Error('the toy has a method');
    const proven = { what: 'requests', against: 'vendor_document', source: 'a document', methods: ['toy_first'] } as const;
    const withSecond = (maturity: 'stable' | 'beta' | undefined, whole: 'stable' | 'beta') => {
      const second = { ...method, id: 'toy_second', product: 'second', ...(maturity && { maturity }) };
      return makeManifest({ maturity: whole, verified: [proven], methods: [{ ...method, id: 'toy_first', product: 'first' }, second] });
    };
    expect(proofFaults(withSecond('beta', 'stable'))).to.deep.equal([]);
    const fault = 'toy does not say which word of its vendor the requests of toy_second were held against';
    expect(proofFaults(withSecond(undefined, 'stable'))).to.deep.equal([fault]);
    expect(proofFaults(withSecond('stable', 'beta'))).to.deep.equal([fault]);
    expect(describeChannel(withSecond('beta', 'stable')).methods.map(({ maturity }) => maturity)).to.deep.equal(['stable', 'beta']);
  });

  for (const [name, verified, fault] of [
    ['an unknown part', [{ what: 'colours', against: 'vendor_schema', source: 'x' }], 'manifest.verified.0.what'],
    ['an unknown kind of source', [{ what: 'requests', against: 'hearsay', source: 'x' }], 'manifest.verified.0.against'],
    ['no source', [{ what: 'requests', against: 'vendor_schema', source: '' }], 'manifest.verified.0.source'],
    ['a method that is none', [{ what: 'requests', against: 'vendor_schema', source: 'x', methods: ['toy_other'] }], 'toy_other'],
    ['a word of its own', [{ what: 'requests', against: 'vendor_schema', source: 'x', by: 'me' }], 'manifest.verified.0'],
  ] as const) {
    it(`with ${name} is refused when the channel is loaded`, () => {
      const plugin = makePlugin({ verified: verified as never });
      expect(manifestFaults('toy', plugin).join()).to.include(fault);
    });
  }
});
