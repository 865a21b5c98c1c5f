import { expect } from 'chai';
import { abilityFaults, manifestFaults } from '../../core/channels/manifest.ts';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import type { VendorModule } from '../../simulator/types.ts';
import { proofFaults } from '../kit/proof.ts';
import type { Sample } from '../kit/shopper.ts';
import { callbackCases } from './callbacks.ts';
import { moneyCases } from './money.ts';
import { payingCases } from './payments.ts';
import { refundCases } from './refunds.ts';
import { openChannel, openStage, type Stage } from './stage.ts';
import { statementCases } from './statements.ts';

/** The vendor that a channel is held against, and where it is. */
type JudgedBy = VendorModule<unknown> & { readonly vendorFolder: string };

/** Declares all cases for one channel: they follow from its manifest, and nothing here knows a vendor. */
export function describeChannel(plugin: ChannelPlugin, own: readonly Sample[], vendor: JudgedBy): void {
  let stage: Stage;
  const get = () => stage;
  const before_ = Object.getOwnPropertyNames(Object.prototype).join();

  before(async function () {
    this.timeout(30_000);
    stage = await openStage(plugin, vendor.vendorFolder);
  });
  beforeEach(() => stage.behave());
  after(() => stage?.stop());

  describe('its manifest', () => manifestCases(get, plugin));
  for (const sample of own) {
    describe(sample.method.id, () => {
      payingCases(get, sample, (behaviour, operation) => vendor.shows[behaviour].includes(operation as never));
      refundCases(get, sample);
      moneyCases(get, sample);
    });
  }
  describe('callbacks', () => callbackCases(get, own[0] as Sample));

  if (plugin.manifest.abilities.statement === 'api') describe('statement', () => statementCases(get, own));

  // A block of its own: a suite's own tests run before its blocks, when nothing has been said yet.
  describe('afterwards', () => {
    it('nothing that it said in all this holds a secret', () => {
      const said = JSON.stringify(stage.said, (_key, value) =>
        value instanceof Error ? `${value.stack} ${JSON.stringify(value)}` : value,
      );
      for (const secret of stage.secrets) expect(said.includes(JSON.stringify(secret).slice(1, -1))).to.equal(false);
    });

    it('left the world as it was', () => {
      expect(Object.getOwnPropertyNames(Object.prototype).join()).to.equal(before_);
    });
  });
}

function manifestCases(get: () => Stage, plugin: ChannelPlugin): void {
  const { config } = plugin.manifest;

  it('is valid, and an opened channel does what it declares', () => {
    expect(manifestFaults(plugin.manifest.id, plugin)).to.deep.equal([]);
    expect(abilityFaults(plugin.manifest, get().channel)).to.deep.equal([]);
  });

  it('is beta, or names the word of the vendor that its requests were held against', () => {
    if (plugin.manifest.maturity !== 'beta') expect(proofFaults(plugin.manifest)).to.deep.equal([]);
  });

  it('is pure data', () => {
    expect(JSON.parse(JSON.stringify(plugin.manifest))).to.deep.equal(plugin.manifest);
  });

  for (const name of config.required) {
    it(`${name}: missing, empty or of another type is refused by its name, without its value`, () => {
      const [whole = {}] = get().configs;
      const { [name]: value, ...others } = whole;
      const wrong =
        typeof value === 'string' ? [others, { ...others, [name]: '' }, { ...others, [name]: 7 }] : [others, { ...others, [name]: 'x' }];
      for (const one of wrong) {
        const message = faultOf(() => openChannel(plugin, one));
        expect(message).to.include(name);
        if (config.properties[name]?.secret) expect(message.includes(String(value))).to.equal(false);
      }
    });
  }

  it('a test account is not opened as a live one without a word, where the keys tell', () => {
    const [whole = {}] = get().configs;
    const message = faultOf(() => openChannel(plugin, whole, true));
    for (const secret of get().secrets) expect(message.includes(secret)).to.equal(false);
  });
}

function faultOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
