import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { discoverChannels } from '../../core/channels/discover.ts';
import { manifestFaults } from '../../core/channels/manifest.ts';
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

describe('What a channel says was verified', () => {
  for (const [id, { manifest }] of plugins) {
    it(`${id} is ${manifest.maturity}${manifest.maturity === 'beta' ? '' : ', and names what of its vendor it was held against'}`, () => {
      expect(manifest.verified, 'it says so, or says nothing was').to.be.an('array');
      if (manifest.maturity !== 'beta') expect(proofFaults(manifest)).to.deep.equal([]);
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
    expect(proofFaults(makeManifest({ verified: [signatures, library] }))).to.deep.equal([]);
    expect(proofFaults(makeManifest({ verified: [signatures, others] }))).to.have.length(1);
    expect(proofFaults(makeManifest({ verified: [library] }))).to.have.length(1);
    expect(proofFaults(makeManifest())).to.have.length(2);
    expect(proofFaults(makeManifest({ confirmedBy: 'operator' }))).to.deep.equal([]);
  });

  for (const [name, verified, fault] of [
    ['an unknown part', [{ what: 'colours', against: 'vendor_schema', source: 'x' }], 'manifest.verified.0.what'],
    ['an unknown kind of source', [{ what: 'requests', against: 'hearsay', source: 'x' }], 'manifest.verified.0.against'],
    ['no source', [{ what: 'requests', against: 'vendor_schema', source: '' }], 'manifest.verified.0.source'],
    ['a word of its own', [{ what: 'requests', against: 'vendor_schema', source: 'x', by: 'me' }], 'manifest.verified.0'],
  ] as const) {
    it(`with ${name} is refused when the channel is loaded`, () => {
      const plugin = makePlugin({ verified: verified as never });
      expect(manifestFaults('toy', plugin).join()).to.include(fault);
    });
  }
});
