import { expect } from 'chai';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import { readVendor } from '../../simulator/registry.ts';
import { discoverAll, type Sample, samplesOf, vendorFolderOf } from '../kit/shopper.ts';
import { describeChannel } from './suite.ts';

const packages = process.env['CHANNEL_PACKAGES']?.split(',') ?? [];
const found = await discoverAll(packages);
const { plugins, origins } = found;
const packaged = [...origins].flatMap(([id, { kind }]) => (kind === 'package' ? [id] : []));
const named = [...(process.env['CHANNELS']?.split(',') ?? []), ...packaged];
const only = named.length > 0 ? named : null;

const byChannel = Object.groupBy(samplesOf(found), ({ channel }) => channel.id);
for (const id of only ?? []) {
  if (byChannel[id] !== undefined) continue;
  const lack = plugins.has(id) ? 'a vendor: neither simulator/vendors nor its own folder simulator has one' : 'a channel';
  it(`contract: ${id} has ${lack}`, () => expect.fail(`there is none for ${id}`));
}
for (const [id, own] of Object.entries(byChannel)) {
  if (only !== null && !only.includes(id)) continue;
  const vendorFolder = vendorFolderOf(id, origins) ?? '';
  const vendor = await readVendor(vendorFolder);
  describe(`contract: ${id}`, () =>
    describeChannel(plugins.get(id) as ChannelPlugin, own as readonly Sample[], { ...vendor, vendorFolder }));
}
