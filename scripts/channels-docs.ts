import { writeFileSync } from 'node:fs';
import { discoverChannels } from '../core/channels/discover.ts';
import { renderChannelsPage } from './lib/channels-page.ts';

/** Writes docs/channels.md out of the manifests. */
const { plugins, faults } = await discoverChannels('plugins/channels');
for (const { folder, reason } of faults) process.stderr.write(`${folder}: ${reason}\n`);
writeFileSync('docs/channels.md', renderChannelsPage([...plugins.values()].map(({ manifest }) => manifest)));
