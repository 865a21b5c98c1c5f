import { expect } from 'chai';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import teapot from './channel/index.ts';
import { judge } from './suite.ts';

describe('The contract suite', function () {
  this.timeout(60_000);

  it('finds no fault with a channel that has none', async () => {
    const { passed, failed } = await judge(teapot as unknown as ChannelPlugin);
    expect([...failed], 'a correct channel').to.deep.equal([]);
    expect(passed.length).to.be.at.least(55);
  });
});
