import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { discoverChannels } from '../../core/channels/discover.ts';
import { renderChannelsPage } from '../../scripts/lib/channels-page.ts';

describe('The page about channels', () => {
  it('is what their manifests say: npm run channels:docs writes it', async () => {
    const { plugins } = await discoverChannels('plugins/channels');
    const manifests = [...plugins.values()].map(({ manifest }) => manifest);
    expect(readFileSync('docs/channels.md', 'utf8')).to.equal(renderChannelsPage(manifests));
  });
});
