import { expect } from 'chai';
import { abilityFaults, manifestFaults } from '../../core/channels/manifest.ts';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import { declines } from '../../core/errors/declines.ts';
import type { VendorModule } from '../../simulator/types.ts';
import { proofFaults } from '../kit/proof.ts';
import type { Sample } from '../kit/shopper.ts';
import { callbackCases } from './callbacks.ts';
import { moneyCases } from './money.ts';
import { payingCases } from './payments.ts';
import { refundCases } from './refunds.ts';
import { openChannel, openStage, type Shows, type Stage } from './stage.ts';
import { statementCases } from './statements.ts';

/** The vendor that a channel is held against, and where it is. */
type JudgedBy = VendorModule<unknown> & { readonly vendorFolder: string };

/** Declares all cases for one channel: they follow from its manifest, and nothing here knows a vendor. */
export function describeChannel(plugin: ChannelPlugin, own: readonly Sample[], vendor: JudgedBy): void {
  let stage: Stage;
  const get = () => stage;
  const shows: Shows = (behaviour, operation) => vendor.shows[behaviour].includes(operation as never);
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
      payingCases(get, sample, shows);
      refundCases(get, sample, shows);
      moneyCases(get, sample);
    });
  }
  describe('callbacks', () => callbackCases(get, own[0] as Sample, vendor.refusesOldCallbacks === true));

  if (plugin.manifest.abilities.statement === 'api') describe('statement', () => statementCases(get, own));

  // A block of its own: a suite's own tests run before its blocks, when nothing has been said yet.
  describe('afterwards', () => {
    it('nothing that it said in all this holds a secret', () => {
      const said = JSON.stringify(stage.said, (_key, value) =>
        value instanceof Error ? `${value.stack} ${JSON.stringify(value)}` : value,
      );
      for (const form of stage.secrets.flatMap(formsOf)) expect(said.includes(form)).to.equal(false);
    });

    it('every decline and failure that it told has one of our codes', () => {
      for (const code of codesOf(stage.said)) expect(code).to.be.oneOf(Object.keys(declines));
    });

    it('left the world as it was', () => {
      expect(Object.getOwnPropertyNames(Object.prototype).join()).to.equal(before_);
    });
  });
}

/** The codes of what was declined, and of refunds and payments that failed. */
function codesOf(said: readonly unknown[]): readonly string[] {
  return said.flatMap((one) => {
    const { kind, code, report } = (one ?? {}) as { kind?: string; code?: string; report?: { state?: string; code?: string } };
    if (kind === 'declined') return [String(code)];
    return kind === 'ok' && report?.state === 'failed' ? [String(report.code)] : [];
  });
}

/** A text as it is, and as it stands in JSON, in addresses, in hexadecimal, and in base64 wherever it begins in it. */
function formsOf(secret: string): readonly string[] {
  const coded = [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    // What shares its sixth of a byte with neighbours is left out.
    const text = bytes
      .toString('base64')
      .replaceAll('=', '')
      .slice(before === 0 ? 0 : before + 1, -1);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...coded];
}

function manifestCases(get: () => Stage, plugin: ChannelPlugin): void {
  const { config } = plugin.manifest;

  it('is valid, and an opened channel does what it declares', () => {
    expect(manifestFaults(plugin.manifest.id, plugin)).to.deep.equal([]);
    expect(abilityFaults(plugin.manifest, get().channel)).to.deep.equal([]);
  });

  it('is beta, or names the word of the vendor that its requests were held against', () => {
    expect(proofFaults(plugin.manifest)).to.deep.equal([]);
  });

  it('lets only codes of ours lead to another account', () => {
    for (const code of plugin.manifest.failoverCodes) expect(code).to.be.oneOf(Object.keys(declines));
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
