import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { discoverChannels } from '../../core/channels/discover.ts';
import { type DefinitionWatch, watchDefinitions } from '../../core/channels/watch.ts';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import { eventually } from '../kit/merchant.ts';
import { changeKettle, takeKettle } from './kettle.ts';
import { makePlugin } from './kit.ts';

describe('Watching the definitions of channels', () => {
  let folder: string;
  let watch: DefinitionWatch;
  let plugins: Map<string, ChannelPlugin>;
  let origins: Awaited<ReturnType<typeof discoverChannels>>['origins'];
  let changed: string[];
  let faulty: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'paymux-watch-'));
    put('kettle/channel.yaml', takeKettle());
    ({ plugins, origins } = await discoverChannels(folder));
    changed = [];
    faulty = [];
    const onChange = (channel: string) => void changed.push(channel);
    const onFault = (channel: string) => void faulty.push(channel);
    watch = await watchDefinitions({ folder, plugins, origins, pollMs: 10, onChange, onFault });
  });
  afterEach(async () => {
    await watch.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const faultOf = (channel: string) => eventually(() => watch.faults().get(channel));

  it('exchanges the channel whose file changed, and no other', async () => {
    const before = plugins.get('kettle');
    put('kettle/channel.yaml', changeKettle({ 'name.en': 'Kettle Pay of another day' }));
    await eventually(() => changed.length > 0);
    expect(changed).to.deep.equal(['kettle']);
    expect(before?.manifest.name.en).to.equal('Kettle Pay');
    expect(plugins.get('kettle')?.manifest.name.en).to.equal('Kettle Pay of another day');
  });

  it('takes in a channel that was not there before', async () => {
    put('pot/channel.json', changeKettle({ id: 'pot' }));
    await eventually(() => plugins.has('pot'));
    expect(plugins.get('pot')?.manifest.methods[0]?.id).to.equal('pot_qr');
  });

  it('leaves the channel of a package alone when a folder of its name appears', async () => {
    const packaged = makePlugin({ id: 'pot' });
    plugins.set('pot', packaged);
    origins.set('pot', { kind: 'package', name: '@acme/pot', version: '1.0.0', folder: '/pot' });
    put('pot/channel.json', changeKettle({ id: 'pot' }));
    expect(await faultOf('pot')).to.equal('has the id pot, which the package @acme/pot has already');
    expect(plugins.get('pot')).to.equal(packaged);
  });

  it('keeps the last good one and says why: a fault, a lost file, code beside it', async () => {
    const good = plugins.get('kettle');
    put('kettle/channel.yaml', takeKettle().replace('zone: ', 'zones: '));
    expect(await faultOf('kettle')).to.match(
      /^has faults in channel\.yaml:\n {2}the file: knows no zones\n {2}the last good one is served$/,
    );
    rmSync(join(folder, 'kettle/channel.yaml'));
    await eventually(() => watch.faults().get('kettle')?.startsWith('has lost its definition'));
    put('kettle/index.ts', 'export default 1;');
    put('kettle/channel.yaml', takeKettle());
    await eventually(() => watch.faults().get('kettle')?.startsWith('has code and channel.yaml'));
    expect(plugins.get('kettle')).to.equal(good);
    expect(changed).to.deep.equal([]);
  });

  for (const [what, path, text] of [
    ['was never good', 'pot/channel.yaml', takeKettle().replace('zone: ', 'zones: ')],
    ['stood beside a channel with code', 'tea/channel.yaml', takeKettle()],
    ['clashed with a package', 'can/channel.yaml', changeKettle({ id: 'can' })],
  ] as const) {
    it(`forgets a definition that ${what} when it is gone`, async () => {
      put('tea/index.ts', 'export default 1;');
      plugins.set('tea', makePlugin({ id: 'tea' })).set('can', makePlugin({ id: 'can' }));
      origins.set('tea', { kind: 'folder', name: 'tea', version: null, folder: join(folder, 'tea') });
      origins.set('can', { kind: 'package', name: '@acme/can', version: '1.0.0', folder: '/can' });
      put(path, text);
      await eventually(() => watch.faults().size === 1);
      rmSync(join(folder, path));
      await eventually(() => watch.faults().size === 0);
      expect(faulty).to.have.length(1);
    });
  }

  it('says nothing of secrets in a fault, and forgets the fault once it is mended', async () => {
    put('kettle/channel.yaml', takeKettle().replace('max: 5000000', 'max: canary-in-a-file'));
    expect(await faultOf('kettle'))
      .to.include('methods.0.max')
      .and.not.include('canary');
    put('kettle/channel.yaml', takeKettle());
    await eventually(() => watch.faults().size === 0);
    expect(changed).to.deep.equal(['kettle']);
  });
});
