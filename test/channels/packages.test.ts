import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { discoverChannels } from '../../core/channels/discover.ts';
import { findPackage } from '../../core/channels/packages.ts';
import { takeKettle } from './kettle.ts';
import { makeManifest } from './kit.ts';

/** A channel in plain JavaScript, whose name comes out of a package of its own. */
const source = (id: string, dependency = '@tiny/name') => `
import { nameOf } from '${dependency}';
const manifest = ${JSON.stringify({ ...makeManifest(), id, methods: makeManifest().methods.map((one) => ({ ...one, id: `${id}_qr` })) })};
export default { contract: 1, manifest: { ...manifest, name: nameOf(manifest.id) }, open() {} };
`;
const tiny = {
  'node_modules/@tiny/name/package.json': '{"name":"@tiny/name","version":"3.0.0","type":"module","main":"name.js"}',
  'node_modules/@tiny/name/name.js': "export const nameOf = (id) => ({ en: 'Named ' + id, zh: id });",
};
const within = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
const packageOf = (name: string, more: object = {}) => JSON.stringify({ name, version: '1.2.3', ...more });

describe('Channels from outside the tree', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'paymux-outside-'));
    put({ 'channels/.keep': '' });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  const discover = (...packages: readonly string[]) => discoverChannels(join(root, 'channels'), packages);
  const faultsOf = async (...packages: readonly string[]) => (await discover(...packages)).faults.map(({ reason }) => reason);

  describe('in a mounted folder', () => {
    for (const file of ['index.js', 'index.mjs']) {
      it(`takes plain ${file} that uses its own node_modules`, async () => {
        put(within('channels/teapot', { [file]: source('teapot'), 'package.json': packageOf('teapot', { type: 'module' }), ...tiny }));
        const { plugins, origins, faults } = await discover();
        expect(faults).to.deep.equal([]);
        expect(plugins.get('teapot')?.manifest.name.en).to.equal('Named teapot');
        expect(origins.get('teapot')).to.deep.include({ kind: 'folder', name: 'teapot', version: '1.2.3' });
      });
    }

    it('takes a link to a folder, and passes over shared packages and what mounts hide', async () => {
      put(within('elsewhere', { 'index.js': source('teapot'), ...tiny }));
      symlinkSync(join(root, 'elsewhere'), join(root, 'channels/teapot'));
      put({ 'channels/node_modules/a/package.json': '{}', 'channels/..data/index.js': 'no' });
      const { plugins, origins, faults } = await discover();
      expect([faults, [...plugins.keys()]]).to.deep.equal([[], ['teapot']]);
      expect(origins.get('teapot')?.version).to.equal(null);
    });

    it('is refused when a dependency is missing, by the dependency’s name', async () => {
      put({ 'channels/teapot/index.js': source('teapot', '@tiny/absent') });
      expect((await faultsOf())[0]).to.match(/^cannot be loaded: Cannot find package '@tiny\/absent'/);
    });
  });

  describe('in a package', () => {
    const teapot = () => within('node_modules/@acme/paymux-teapot', { 'index.js': source('teapot'), 'package.json': teapotJson, ...tiny });
    const teapotJson = packageOf('@acme/paymux-teapot', { type: 'module', exports: { './other': './other.js' } });
    const at = '@acme/paymux-teapot';

    it('is found by its name in the node_modules of the working directory, before those of the server', async () => {
      put(teapot());
      const found = await findPackage(at, root);
      expect(found).to.deep.include({ name: at, version: '1.2.3', folder: join(root, 'node_modules', at) });
      expect(await findPackage('zod', root))
        .to.have.property('folder')
        .that.does.not.include(root);
    });

    it('stands beside the folders, under the id of its manifest, and says where it comes from', async () => {
      put(teapot());
      put(within('channels/kettle', { 'channel.yaml': takeKettle() }));
      const { plugins, origins, faults } = await discover(join(root, 'node_modules', at));
      expect(faults).to.deep.equal([]);
      expect([...plugins.keys()]).to.deep.equal(['kettle', 'teapot']);
      expect(origins.get('teapot')).to.deep.include({ kind: 'package', name: at, version: '1.2.3' });
    });

    it('is the file that its package.json names as main, which may be a definition', async () => {
      put(within('one', { 'dist/channel.js': source('teapot'), 'package.json': packageOf('one', { main: './dist/channel.js' }), ...tiny }));
      put(within('two', { 'rules/channel.yaml': takeKettle(), 'package.json': packageOf('two', { main: 'rules/channel.yaml' }) }));
      const { plugins, faults } = await discover(join(root, 'one'), join(root, 'two'));
      expect([faults, [...plugins.keys()]]).to.deep.equal([[], ['teapot', 'kettle']]);
    });

    it('cannot take the id of a channel in the folder, or of another package: the clash names both', async () => {
      put(teapot());
      put(within('channels/teapot', { 'index.js': source('teapot'), ...tiny }));
      const clash = await discover(join(root, 'node_modules', at));
      expect(clash.faults).to.deep.equal([
        { folder: join(root, 'node_modules', at), reason: 'has the id teapot, which the folder teapot has already' },
      ]);
      expect(clash.origins.get('teapot')?.kind).to.equal('folder');
      rmSync(join(root, 'channels/teapot'), { recursive: true });
      put(within('copy', { 'index.js': source('teapot'), 'package.json': packageOf('copy'), ...tiny }));
      const reason = `has the id teapot, which the package ${at} has already`;
      expect(await faultsOf(join(root, 'node_modules', at), join(root, 'copy'))).to.deep.equal([reason]);
    });

    it('passes the same checks of its manifest', async () => {
      put(within('bad', { 'index.js': source('tea_pot'), 'package.json': packageOf('bad'), ...tiny }));
      expect((await faultsOf(join(root, 'bad')))[0]).to.match(/^manifest\.id tea_pot must be lower-case letters and digits/);
    });

    const broken: Readonly<Record<string, readonly [files: Readonly<Record<string, string>>, reason: RegExp]>> = {
      'a package.json that is no JSON': [{ 'package.json': '{', 'index.js': '' }, /^cannot be loaded: /],
      'nothing to load': [{ 'package.json': packageOf('bad') }, /^has no index\.ts, /],
      'two channels': [
        { 'package.json': packageOf('bad'), 'index.js': '', 'channel.yaml': '' },
        /^has .* and .*: a channel is one of them$/,
      ],
      'a main file that is gone': [{ 'package.json': packageOf('bad', { main: 'gone.js' }) }, /^names gone\.js as its main file, /],
      'a main file elsewhere': [{ 'package.json': packageOf('bad', { main: '../x.js' }) }, /^names \.\.\/x\.js as its main file, /],
    };
    for (const [what, [files, reason]] of Object.entries(broken)) {
      it(`is refused with ${what}`, async () => {
        put({ 'x.js': '', ...within('bad', files) });
        expect((await faultsOf(join(root, 'bad')))[0]).to.match(reason);
      });
    }

    it('may be a path to a channel’s folder without a package.json, which then has the folder’s name', async () => {
      put(within('kettles', { 'channel.yaml': takeKettle() }));
      const { origins, faults } = await discover(join(root, 'kettles'), join(root, 'absent'));
      expect(origins.get('kettle')).to.deep.include({ kind: 'package', name: 'kettles', version: null });
      expect(faults).to.deep.equal([{ folder: join(root, 'absent'), reason: 'is no folder that can be read' }]);
    });

    it('that is not installed is named as it was configured', async () => {
      const { faults } = await discover('@acme/absent');
      expect(faults).to.deep.equal([
        { folder: '@acme/absent', reason: 'is not installed: neither the working directory nor the server has it in node_modules' },
      ]);
    });
  });
});
