import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAccount, updateAccount } from '../../core/access/admin/accounts.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { makeManifest } from '../channels/kit.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

const token = 'a-token-for-the-scrape';
const ways = [
  ...['fine', 'throw', 'leak', 'timer', 'tick', 'flood', 'hang', 'nonsense'],
  ...['exit', 'late_exit', 'abort', 'kill', 'pollute', 'bigint', 'cycle', 'huge', 'script'],
] as const;

/** A channel in plain JavaScript with a method for each way to misbehave. */
const rogue = `
const manifest = ${JSON.stringify({
  ...makeManifest({ id: 'rogue' }),
  methods: ways.map((product) => ({ ...makeManifest().methods[0], id: `rogue_${product}`, product })),
})};
const boom = () => { throw new Error('the rogue fails'); };
const good = { kind: 'action', action: { type: 'qr', qrContent: 'q' } };
const pay = {
  fine: async () => good,
  throw: boom,
  leak: async () => { Promise.reject(new Error('nobody waits for it')); return good; },
  timer: async () => { setTimeout(boom, 1); return good; },
  tick: async () => { process.nextTick(boom); return good; },
  flood: async (call) => { for (let n = 0; n < 10000; n += 1) call.log('error', 'flood'); return good; },
  hang: () => new Promise(() => {}),
  nonsense: async () => 'paid',
  exit: () => process.exit(0),
  late_exit: async () => { setTimeout(() => process.exit(0), 1); return good; },
  abort: () => process.abort(),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  pollute: async () => { Object.prototype.admin = true; Array.prototype.last = boom; return good; },
  bigint: async () => ({ kind: 'action', action: { type: 'sdk', params: { amount: 1n } } }),
  cycle: async () => { const params = {}; params.self = params; return { kind: 'action', action: { type: 'sdk', params } }; },
  huge: async () => ({ kind: 'action', action: { type: 'qr', qrContent: 'q'.repeat(2e6) } }),
  script: async () => ({ kind: 'action', action: { type: 'redirect', url: 'javascript:alert(1)' } }),
};
export default { contract: 1, manifest, open: () => ({
  merchantNo: null,
  pay: (request, call) => pay[request.product](call),
  parseCallback: boom,
}) };
`;

describe('A channel that misbehaves, beside one that does not', function () {
  this.timeout(60_000);

  forEachDatabase((_name, open) => {
    let folder: string;
    let paymux: Paymux;
    let server: ServerProcess;
    let accountId: string;
    let plugins: Awaited<ReturnType<typeof discoverChannels>>['plugins'];

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'paymux-rogue-'));
      writeFileSync(join(folder, 'package.json'), '{"name":"@acme/rogue","version":"0.0.1","type":"module"}');
      writeFileSync(join(folder, 'index.js'), rogue);
      const environment = {
        PAYMUX_CHANNELS_PACKAGES: folder,
        PAYMUX_CHANNELS_QUARANTINE_AFTER_BUGS: '6',
        PAYMUX_CHANNELS_TIMEOUT_MS: '2000',
        PAYMUX_METRICS_TOKEN: token,
      };
      paymux = await startPaymux({ database: await open(), channels: ['wechat'], serves: false, environment });
      ({ plugins } = await discoverChannels('plugins/channels', [folder]));
      const config = { merchant_no: '1900', api_secret: 'a-long-secret' };
      accountId = must(await createAccount({ ...paymux.admin, plugins }, { channel: 'rogue', livemode: false, config })).id;
      server = serverProcess(paymux.environment);
      await server.start();
    });
    after(async () => {
      await server.kill();
      await paymux.stop();
      rmSync(folder, { recursive: true });
    });

    const create = async (method: string) => {
      const order = { merchant_order_no: orderNo(), amount: 1999, currency: 'CNY', subject: 'Tea', method };
      return (await paymux.call('POST', '/v1/payments', order)).body;
    };
    const channel = async (id: string) => {
      const { data } = (await paymux.call('GET', '/v1/channels')).body;
      return data.find((one: { id: string }) => one.id === id);
    };
    const checks = async () => (await paymux.call('GET', '/readyz')).body.checks;
    const metrics = async () => (await paymux.call('GET', '/metrics', undefined, { authorization: `Bearer ${token}` })).text;
    const neighbours = (count: number) => Promise.all(Array.from({ length: count }, async () => (await create('wechat_native')).state));

    it('takes neither the process nor the neighbour along, whatever it leaves behind', async () => {
      for (const way of ways) {
        const [states] = await Promise.all([neighbours(5), create(`rogue_${way}`)]);
        expect(new Set(states), way).to.deep.equal(new Set(['pending']));
        expect((await create('rogue_fine')).state, `after ${way}`).to.equal('pending');
      }
      expect((await paymux.call('GET', '/livez')).status).to.equal(200);
      expect((await channel('wechat')).health).to.equal('up');
      expect(await metrics()).to.match(
        new RegExp(`paymux_channel_bugs_total\\{channel="rogue",account="${accountId}",operation="pay"\\} 14`),
      );
    });

    it('is quarantined after so many bugs in a row, where everybody can see it, while its neighbour is under load', async () => {
      const [states] = await Promise.all([
        neighbours(60),
        (async () => {
          for (let count = 0; count < 8; count += 1) await create('rogue_throw');
        })(),
      ]);
      expect(new Set(states)).to.deep.equal(new Set(['pending']));
      expect(await channel('rogue')).to.deep.include({ quarantined: true, health: 'down' });
      expect(await channel('wechat')).to.deep.include({ quarantined: false, health: 'up' });
      expect((await checks()).channel_code).to.equal(`quarantined: rogue ${accountId}`);
      expect((await paymux.call('GET', '/readyz')).status, 'the others are served').to.equal(200);
      expect(await metrics()).to.include(`paymux_channel_quarantined{channel="rogue",account="${accountId}"} 1`);
      expect((await create('rogue_flood')).code).to.equal('method_unavailable');
    });

    it('is let out when an operator opens its account anew', async () => {
      must(await updateAccount({ ...paymux.admin, plugins }, { id: accountId }));
      await eventually(async () => (await checks()).channel_code === 'ok');
      expect(await channel('rogue')).to.deep.include({ quarantined: false });
      expect((await create('rogue_flood')).state).to.equal('pending');
      expect(await metrics()).to.not.include('paymux_channel_quarantined{channel="rogue"');
    });
  });
});
