import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { withArguments } from '../../core/config/arguments.ts';
import { printDefaults } from '../../core/config/print.ts';
import { configSchema } from '../../core/config/schema.ts';
import { listSettings } from '../../core/config/setting.ts';
import { type Config, type ConfigFault, loadConfig, printConfig, printFaults } from '../../core/config.ts';

const canary = 'canary0secret0canary';

function load(environment: Record<string, string>, files: Record<string, string> = {}): Config {
  const result = loadConfig(environment, (path) => files[path] ?? null);
  if (result.kind === 'faults') throw new Error(printFaults(result.faults));
  return result.config;
}

function faultsOf(environment: Record<string, string>, files: Record<string, string> = {}): readonly ConfigFault[] {
  const result = loadConfig(environment, (path) => files[path] ?? null);
  return result.kind === 'faults' ? result.faults : [];
}

describe('configuration', () => {
  describe('without anything written', () => {
    it('is the embedded default with the simulator beside it', () => {
      const config = load({});
      expect(config).to.deep.include({ port: 8080, publicUrl: 'http://127.0.0.1:8080', dataDir: './data', keyFile: './data/paymux.key' });
      expect(config.database.url).to.equal(null);
      expect(config.simulator).to.deep.equal({ enabled: true, port: 8090, dataDir: './data/simulator' });
      expect(config.http).to.include({ bodyBytes: 262_144, drainMs: 25_000 });
      expect(config.notifications).to.deep.equal({ timeoutMs: 15_000, fastLane: 48, slowLane: 16, allowNetworks: [] });
      expect(config.channels.breaker).to.deep.equal({ volumeThreshold: 20, errorThresholdPercentage: 50, resetTimeoutMs: 10_000 });
    });
  });

  describe('from the environment', () => {
    it('takes the names that are promised', () => {
      const config = load({
        PORT: '9000',
        PAYMUX_DATABASE_URL: 'mysql://u:p@db:3306/paymux',
        PAYMUX_DATA_DIR: '/var/lib/paymux',
        PAYMUX_SIMULATOR_PORT: '9090',
        PAYMUX_DEMO_KEY: 'sk_test_demo',
      });
      expect(config).to.deep.include({ port: 9000, publicUrl: 'http://127.0.0.1:9000', dataDir: '/var/lib/paymux' });
      expect(config.database.url).to.equal('mysql://u:p@db:3306/paymux');
      expect(config.simulator).to.include({ port: 9090, enabled: false });
      expect(config.demo.key).to.equal('sk_test_demo');
      expect(config.keyFile).to.equal('/var/lib/paymux/paymux.key');
    });

    it('wins over the file', () => {
      const files = { 'config/paymux.yaml': 'port: 1000\nhttp:\n  bodyBytes: 2000\n  drainMs: 5\n' };
      expect(load({ PAYMUX_HTTP_BODY_BYTES: '3000' }, files).http).to.include({ bodyBytes: 3000, drainMs: 5 });
      expect(load({}, files).port).to.equal(1000);
    });

    it('prefers PAYMUX_PORT to PORT', () => {
      expect(load({ PORT: '1', PAYMUX_PORT: '2' }).port).to.equal(2);
    });

    it('reads lists and switches', () => {
      const config = load({ PAYMUX_NOTIFICATIONS_ALLOW_NETWORKS: '10.0.0.0/8, fd00::/8', PAYMUX_SIMULATOR_ENABLED: 'false' });
      expect(config.notifications.allowNetworks).to.deep.equal(['10.0.0.0/8', 'fd00::/8']);
      expect(config.simulator.enabled).to.equal(false);
    });

    it('takes a secret from a file of its own, without the line end', () => {
      const config = load({ PAYMUX_METRICS_TOKEN_FILE: '/run/token' }, { '/run/token': `${canary}\n` });
      expect(config.metrics.token).to.equal(canary);
    });

    it('lets the test suite have names of its own', () => {
      expect(load({ PAYMUX_VECTORS: '../vectors', PAYMUX_TEST_SEED: '1' }).port).to.equal(8080);
    });
  });

  describe('refuses', () => {
    const wrong: Record<string, string> = {
      PAYMUX_PORT: '65536',
      PAYMUX_HTTP_BODY_BYTES: '1e5',
      PAYMUX_HTTP_DRAIN_MS: '025',
      PAYMUX_JOBS_POLL_MS: ' 1000',
      PAYMUX_SIMULATOR_ENABLED: 'yes',
      PAYMUX_LOG_LEVEL: 'loud',
      PAYMUX_PUBLIC_URL: 'pay.example.com',
      PAYMUX_DEMO_KEY: 'sk_live_demo',
      PAYMUX_DATABASE_URL: 'postgres://db/paymux',
      PAYMUX_NOTIFICATIONS_ALLOW_NETWORKS: '10.0.0.0/33',
      PAYMUX_METRICS_TOKEN: 'short',
      PAYMUX_DATA_DIR: '',
    };

    for (const [name, value] of Object.entries(wrong)) {
      it(`${name}=${JSON.stringify(value)}`, () => {
        const faults = faultsOf({ [name]: value });
        expect(faults).to.have.length(1);
        expect(faults[0]?.path).to.include(name);
        for (const part of [faults[0]?.expected, faults[0]?.got, faults[0]?.example, faults[0]?.doc]) expect(part).to.match(/\S/);
      });
    }

    it('all faults at once, from the file and from the environment', () => {
      const faults = faultsOf(
        { PAYMUX_PORT: 'x', PAYMUX_CHANELS_TIMEOUT_MS: '1' },
        { 'config/paymux.yaml': 'hosts: a\njobs:\n  pollMs: 1.5\nlog: 3\n' },
      );
      expect(faults.map(({ path }) => path)).to.have.members([
        'port (PAYMUX_PORT)',
        'PAYMUX_CHANELS_TIMEOUT_MS',
        'hosts',
        'jobs.pollMs (PAYMUX_JOBS_POLL_MS)',
        'log',
      ]);
      expect(faults.find(({ path }) => path === 'PAYMUX_CHANELS_TIMEOUT_MS')?.example).to.match(/^PAYMUX_CHANNELS_/);
    });

    it('an empty variable, and says that it is empty', () => {
      expect(faultsOf({ PAYMUX_DATABASE_URL: '' })[0]?.got).to.equal('an empty variable');
    });

    it('text where the file must hold a number', () => {
      expect(faultsOf({}, { 'config/paymux.yaml': 'port: "8080"' })[0]).to.include({ path: 'port (PAYMUX_PORT)', got: '"8080"' });
    });

    it('a number that is too large and no whole one, once', () => {
      expect(faultsOf({}, { 'config/paymux.yaml': 'port: 1e99\nhttp:\n  bodyBytes: 1e99' }).map(({ path }) => path)).to.deep.equal([
        'port (PAYMUX_PORT)',
        'http.bodyBytes (PAYMUX_HTTP_BODY_BYTES)',
      ]);
    });

    it('a secret that is given twice', () => {
      expect(faultsOf({ PAYMUX_METRICS_TOKEN: canary, PAYMUX_METRICS_TOKEN_FILE: '/run/token' })[0]?.expected).to.include('only one of');
    });

    it('a file that cannot be read', () => {
      expect(faultsOf({ PAYMUX_CONFIG: '/none.yaml' })[0]).to.include({ path: 'PAYMUX_CONFIG', got: '"/none.yaml"' });
      expect(faultsOf({ PAYMUX_METRICS_TOKEN_FILE: '/none' })[0]).to.include({ expected: 'a file that can be read' });
    });

    for (const [what, text] of Object.entries({
      'a key twice': 'port: 1\nport: 2',
      'an alias': 'port: &a 8080\nsimulator:\n  port: *a',
      'a list': '- 1',
      'broken YAML': 'a: [',
      'an own tag': 'port: !x 1',
    })) {
      it(`a file with ${what}`, () => {
        expect(faultsOf({ PAYMUX_CONFIG: 'own.yaml' }, { 'own.yaml': text })).to.have.length.at.least(1);
      });
    }
  });

  describe('never shows a secret', () => {
    it('in a fault', () => {
      const text = printFaults(
        faultsOf(
          { PAYMUX_DATABASE_URL: `postgres://u:${canary}@h/d`, PAYMUX_DEMO_KEY: canary, PAYMUX_METRICS_TOKEN: `${canary} ${canary}` },
          { 'config/paymux.yaml': 'port: x' },
        ),
      );
      expect(text).to.include('4 faults').and.not.include(canary);
    });

    for (const value of [
      `"${canary}`,
      `*${canary}`,
      `!${canary}`,
      `!<${canary}> 1`,
      `!{${canary}} 1`,
      `!${canary}!x 1`,
      `${canary}: x: y`,
    ]) {
      it(`in a fault of a file that is not YAML, with ${value} for a key`, () => {
        expect(printFaults(faultsOf({}, { 'config/paymux.yaml': `demo:\n  key: ${value}\n` })))
          .to.include('line')
          .and.not.include(canary);
      });
    }

    it('when the configuration is printed', () => {
      const text = printConfig(
        load({
          PAYMUX_DATABASE_URL: `mysql://user:${canary}@db/paymux`,
          PAYMUX_DEMO_KEY: `sk_test_${canary}`,
          PAYMUX_METRICS_TOKEN: canary,
        }),
      );
      expect(text).to.include('mysql://user:********@db/paymux').and.include('demo.key = ********').and.not.include(canary);
    });
  });

  describe('is documented', () => {
    it('by config/default.yaml, made by `npm run config -- defaults`', () => {
      expect(readFileSync('config/default.yaml', 'utf8')).to.equal(printDefaults());
    });

    it('with defaults that are the defaults', () => {
      expect(load({ PAYMUX_CONFIG: 'd' }, { d: printDefaults() })).to.deep.equal(load({}));
    });

    it('with an example that can be used', () => {
      expect(load({ PAYMUX_CONFIG: 'e' }, { e: readFileSync('config/example.yaml', 'utf8') }).publicUrl).to.equal(
        'https://pay.example.com',
      );
    });

    it('with an example for each setting that the setting accepts', () => {
      for (const { path, variable, example } of listSettings(configSchema))
        expect(faultsOf({ PAYMUX_DATABASE_URL: 'mysql://u:p@db:3306/paymux', [variable]: example }), path.join('.')).to.deep.equal([]);
    });
  });

  describe('that contradicts itself', () => {
    const url = { PAYMUX_DATABASE_URL: 'mysql://u:p@db:3306/paymux' };
    const places = (environment: Record<string, string>) => faultsOf(environment).map(({ path }) => path);

    it('is refused: the embedded database belongs to one process that does everything', () => {
      expect(places({ PAYMUX_PROCESSES: '2', PAYMUX_ROLES: 'api' })).to.deep.equal([
        'processes (PAYMUX_PROCESSES)',
        'roles (PAYMUX_ROLES)',
      ]);
      expect(places({ ...url, PAYMUX_PROCESSES: '2', PAYMUX_ROLES: 'api' })).to.deep.equal([]);
    });

    it('is refused: several processes with their metrics behind one port', () => {
      const token = { ...url, PAYMUX_PROCESSES: '2', PAYMUX_METRICS_TOKEN: 'a-long-random-text' };
      expect(places(token)).to.deep.equal(['metrics.port (PAYMUX_METRICS_PORT)']);
      expect(places({ ...token, PAYMUX_METRICS_PORT: '9464' })).to.deep.equal([]);
    });

    it('is refused: a port that is listened on twice, or is none', () => {
      const metricsPort = ['metrics.port (PAYMUX_METRICS_PORT)'];
      expect(places({ PORT: '9464', PAYMUX_METRICS_PORT: '9464' })).to.deep.equal(metricsPort);
      expect(places({ PAYMUX_METRICS_PORT: '8090' })).to.deep.equal(metricsPort);
      expect(places({ ...url, PAYMUX_METRICS_PORT: '65535', PAYMUX_PROCESSES: '2' })).to.deep.equal(metricsPort);
      expect(places({ ...url, PAYMUX_METRICS_PORT: '8079', PAYMUX_PROCESSES: '4' })).to.deep.equal(metricsPort);
      expect(places({ ...url, PAYMUX_METRICS_PORT: '8090', PAYMUX_PROCESSES: '4' })).to.deep.equal([]);
    });

    it('is refused: a server without any role', () => {
      const files = { 'config/paymux.yaml': 'roles: []\ndatabase: { url: "mysql://u:p@db:3306/paymux" }\n' };
      expect(faultsOf({}, files).map(({ path }) => path)).to.deep.equal(['roles (PAYMUX_ROLES)']);
    });
  });

  describe('on the command line', () => {
    it('takes the server’s arguments over the environment, and refuses others', () => {
      const environment = withArguments({ PAYMUX_ROLES: 'api', PORT: '9000' }, ['--role', 'worker', '--processes=4']);
      expect(environment).to.deep.equal({ PAYMUX_ROLES: 'worker', PAYMUX_PROCESSES: '4', PORT: '9000' });
      for (const wrong of [['--rôle', 'api'], ['worker'], ['--role']]) expect(withArguments({}, wrong)).to.include('--role api,worker');
    });

    it('prints itself with secrets hidden', () => {
      const out = execFileSync(process.execPath, ['scripts/config.ts', 'print'], {
        encoding: 'utf8',
        env: { PAYMUX_DEMO_KEY: `sk_test_${canary}` },
      });
      expect(out).to.include('port = 8080').and.not.include(canary);
    });

    it('ends with 78 and every fault', () => {
      const { status, stderr } = spawnSync(process.execPath, ['scripts/config.ts', 'check'], {
        encoding: 'utf8',
        env: { PORT: 'x', PAYMUX_HOST: '' },
      });
      expect(status).to.equal(78);
      expect(stderr).to.include('port (PORT)').and.include('PAYMUX_HOST');
    });
  });
});
