import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { discoverChannels } from '../../core/channels/discover.ts';
import type { ChannelManifest } from '../../core/contract/manifest.ts';
import { makeManifest } from './kit.ts';

const root = resolve(import.meta.dirname, '../..');

const write = (plugin: string) => `export default ${plugin};\n`;
const withManifest = (changes: Readonly<Record<string, unknown>>, more = 'contract: 1, open() {}') =>
  write(`{ ${more}, manifest: ${JSON.stringify({ ...makeManifest(), ...changes })} }`);
const method = (changes: Readonly<Record<string, unknown>>) => ({ methods: [{ ...makeManifest().methods[0], ...changes }] });

interface Case {
  readonly source: string;
  readonly reason: RegExp;
  readonly file?: string;
}

/** Each is the only file of the folder `toy`. */
const cases: Readonly<Record<string, Case>> = {
  'adds a member to a built-in prototype': {
    source: `Object.defineProperty(Array.prototype, 'toyLast', { configurable: true, value: 1 });\n${withManifest({})}`,
    reason: /^changes what every program relies on: Array\.prototype\.toyLast$/,
  },
  'throws when it is imported': { source: "throw new Error('no licence');", reason: /^cannot be loaded: no licence$/ },
  'throws something that is no error': { source: "throw 'no licence';", reason: /^cannot be loaded: no licence$/ },
  'rejects while it is imported': { source: "await Promise.reject(new Error('no file'));", reason: /^cannot be loaded: no file$/ },
  'imports what does not exist': { source: "import './gone.ts';", reason: /^cannot be loaded: Cannot find module/ },
  'holds a syntax error': { source: 'export default {', reason: /^cannot be loaded: / },
  'is written in what Node cannot strip': { source: 'enum A { B }\nexport default A;', reason: /^cannot be loaded: / },
  'has no default export': { source: 'export const channel = {};', reason: /^has no default export that is a channel$/ },
  'exports null': { source: write('null'), reason: /^has no default export that is a channel$/ },
  'exports a function': { source: write('() => {}'), reason: /^has no default export that is a channel$/ },
  'is written for another contract': {
    source: withManifest({}, 'contract: 2, open() {}'),
    reason: /^is written for contract 2, this kernel speaks contract 1$/,
  },
  'says nothing of the contract': { source: withManifest({}, 'open() {}'), reason: /^is written for contract undefined/ },
  'has no open': { source: withManifest({}, 'contract: 1'), reason: /^has no function open$/ },
  'has no manifest': { source: write('{ contract: 1, open() {} }'), reason: /^manifest\.: / },
  'calls itself otherwise than its folder': {
    source: withManifest({ id: 'other', methods: [{ ...makeManifest().methods[0], id: 'other_qr' }] }),
    reason: /^manifest\.id is other, the folder is toy$/,
  },
  'names a method after another channel': {
    source: withManifest(method({ id: 'wechat_qr' })),
    reason: /^method wechat_qr must be called toy_qr$/,
  },
  'names a method after another product': {
    source: withManifest(method({ product: 'page' })),
    reason: /^method toy_qr must be called toy_page$/,
  },
  'names a method in capitals': { source: withManifest(method({ id: 'toy_QR' })), reason: /^manifest\.methods\.0\.id: / },
  'declares a method twice': {
    source: withManifest({ methods: [...makeManifest().methods, ...makeManifest().methods] }),
    reason: /^methods declared twice: toy_qr$/,
  },
  'has an underscore in its id': {
    source: withManifest({ id: 'to_y' }),
    reason: /manifest\.id to_y must be lower-case letters and digits/,
  },
  'takes no amount at all': { source: withManifest(method({ min: 2, max: 1 })), reason: /^method toy_qr takes no amount/ },
  'has a pattern that is none': {
    source: withManifest({
      config: { type: 'object', required: [], properties: { key: { type: 'string', description: 'Key', pattern: '(' } } },
    }),
    reason: /^config\.key has a pattern that is no regular expression$/,
  },
  'has no method': { source: withManifest({ methods: [] }), reason: /^manifest\.methods: / },
  'takes a currency that does not exist': {
    source: withManifest(method({ currencies: ['CNY', 'XYZ'] })),
    reason: /^manifest\.methods\.0\.currencies\.1: is not an ISO 4217 code$/,
  },
  'has decimals for a currency that does not exist': {
    source: withManifest({ money: { notation: 'major_string', exponents: { XYZ: 2 } } }),
    reason: /^manifest\.money\.exponents\.XYZ: /,
  },
  'has a limit that is no integer': { source: withManifest(method({ max: 10.5 })), reason: /^manifest\.methods\.0\.max: / },
  'requires a field that it does not declare': {
    source: withManifest({ config: { type: 'object', required: ['app_id'], properties: {} } }),
    reason: /^config requires app_id, which it does not declare$/,
  },
  'declares a field of an unknown type': {
    source: withManifest({ config: { type: 'object', required: [], properties: { a: { type: 'number', description: 'A' } } } }),
    reason: /^manifest\.config\.properties\.a\.type: /,
  },
  'claims an ability that does not exist': {
    source: withManifest({ abilities: { ...makeManifest().abilities, teleport: 'full' } }),
    reason: /^manifest\.abilities: .*teleport/,
  },
  'claims a trust that does not exist': { source: withManifest({ callback: { trust: 'blind' } }), reason: /^manifest\.callback\.trust: / },
  'has a member that nobody knows': { source: withManifest({ colour: 'red' }), reason: /^manifest\.: .*colour/ },
  'has no index': {
    source: withManifest({}),
    reason: /^has no index\.ts, index\.js, index\.mjs, channel\.yaml or channel\.json$/,
    file: 'main.ts',
  },
};

const good = (changes: Partial<ChannelManifest> = {}) => withManifest(changes);

describe('Finding channels on disk', () => {
  const folders: string[] = [];

  /** A folder of channels: `path inside` → text. A package.json says that .js files are modules, as ours does. */
  function makeFolder(files: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(tmpdir(), 'paymux-channels-'));
    folders.push(folder);
    for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it('takes every folder with an index, in TypeScript or JavaScript, and files beside them for nothing', async () => {
    const second = makeManifest().methods.map((one) => ({ ...one, id: 'second_qr' }));
    const folder = makeFolder({
      'toy/index.ts': `const plugin: object = {};\n${good()}`,
      'second/index.js': good({ id: 'second', methods: second }),
      'notes.md': '# Not a channel',
    });
    const { plugins, faults } = await discoverChannels(folder);
    expect(faults).to.deep.equal([]);
    expect([...plugins.keys()]).to.deep.equal(['second', 'toy']);
    expect(plugins.get('toy')?.manifest).to.deep.equal(makeManifest());
  });

  for (const [what, { source, reason, file = 'index.ts' }] of Object.entries(cases)) {
    it(`refuses one that ${what}, and names it`, async () => {
      const { plugins, faults } = await discoverChannels(makeFolder({ [`toy/${file}`]: source }));
      expect([...plugins.keys()]).to.deep.equal([]);
      expect(faults.map((fault) => fault.folder)).to.deep.equal(['toy']);
      expect(faults[0]?.reason).to.match(reason);
    });
  }

  it('reads no pipe: that might never end', async () => {
    const folder = makeFolder({});
    mkdirSync(join(folder, 'toy'));
    execFileSync('mkfifo', [join(folder, 'toy', 'channel.yaml'), join(folder, 'toy', 'package.json')]);
    expect((await discoverChannels(folder)).faults).to.deep.equal([{ folder: 'toy', reason: 'has a channel.yaml that cannot be read' }]);
  });

  it('names every bad folder at once, and every fault of each', async () => {
    const folder = makeFolder({
      'toy/index.ts': withManifest({ ...method({ id: 'wechat_qr' }), config: { type: 'object', required: ['a', 'b'], properties: {} } }),
      'absent/readme.md': '',
      'fine/index.ts': good({ id: 'fine', methods: makeManifest().methods.map((one) => ({ ...one, id: 'fine_qr' })) }),
    });
    const { plugins, faults } = await discoverChannels(folder);
    expect([...plugins.keys()]).to.deep.equal(['fine']);
    expect(faults.map((fault) => fault.folder)).to.deep.equal(['absent', 'toy']);
    expect(faults[1]?.reason.split('; ')).to.have.length(3);
  });

  describe('the server', function () {
    this.timeout(20_000);

    async function run(channelsFolder: string): Promise<{ readonly code: number | null; readonly err: string }> {
      const dataDir = makeFolder({});
      const env = {
        PATH: process.env['PATH'],
        PORT: '0',
        PAYMUX_HOST: '127.0.0.1',
        PAYMUX_DATA_DIR: dataDir,
        PAYMUX_CHANNELS_FOLDER: channelsFolder,
      };
      const child = spawn(process.execPath, ['core/main.ts'], { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, err };
    }

    it('names the channel that would end the process while it is loaded, and does not end as if all were well', async () => {
      const { code, err } = await run(makeFolder({ 'toy/index.ts': 'process.exit(0);' }));
      expect(code).to.equal(78);
      expect(err).to.equal('channel toy cannot be loaded: a channel may not call process.exit\n');
    });

    it('does not start with a bad channel: it ends with 78 and one line for each bad folder, without a stack', async () => {
      const folder = makeFolder({
        'toy/index.ts': cases['throws when it is imported']?.source ?? '',
        'shy/index.ts': 'export const channel = {};',
        'fine/index.ts': good({ id: 'fine', methods: makeManifest().methods.map((one) => ({ ...one, id: 'fine_qr' })) }),
      });
      const { code, err } = await run(folder);
      expect(code).to.equal(78);
      expect(err).to.equal('channel shy has no default export that is a channel\nchannel toy cannot be loaded: no licence\n');
    });
  });
});
