import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { hasMariadb, type Mariadb, startMariadb } from './mariadb.ts';

const libraries = ['/usr/lib/galera/libgalera_smm.so', '/usr/lib/libgalera_smm.so', '/usr/lib64/galera-4/libgalera_smm.so'];
const findLibrary = () => libraries.find((path) => existsSync(path)) ?? null;

export function hasGalera(): boolean {
  return hasMariadb() && findLibrary() !== null && existsSync('/usr/bin/rsync');
}

/** Three databases that are one. */
export interface Galera {
  readonly nodes: readonly [Mariadb, Mariadb, Mariadb];
  /** The address of one database as a node has it. */
  addressAt(node: number, name: string): string;
  /** Waits until a node has all that the others have. */
  untilSynced(node: number): Promise<void>;
  stop(): Promise<void>;
}

/** Failure is seen within two seconds instead of fifteen, so that a test need not wait for it. */
const impatient = 'evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT1.5S;evs.inactive_timeout=PT3S;evs.install_timeout=PT3S';

export async function startGalera(): Promise<Galera> {
  const user = 'mysql';
  const gossip = [await freePort(), await freePort(), await freePort()];
  const address = `gcomm://${gossip.map((port) => `127.0.0.1:${port}`).join(',')}`;
  const optionsOf = async (node: number) => {
    const [incremental, copy] = [await freePort(), await freePort()];
    const listen = `gmcast.listen_addr=tcp://127.0.0.1:${gossip[node]};ist.recv_addr=127.0.0.1:${incremental}`;
    return [
      '--binlog-format=ROW',
      '--innodb-autoinc-lock-mode=2',
      '--wsrep-on=ON',
      `--wsrep-provider=${findLibrary()}`,
      '--wsrep-cluster-name=paymux',
      `--wsrep-cluster-address=${address}`,
      `--wsrep-node-name=n${node}`,
      '--wsrep-node-address=127.0.0.1',
      '--wsrep-sst-method=rsync',
      `--wsrep-sst-receive-address=127.0.0.1:${copy}`,
      '--wsrep-slave-threads=2',
      `--wsrep-provider-options=${listen};gcache.size=32M;${impatient}`,
    ];
  };
  const first = await startMariadb(await optionsOf(0), { user, onlyFirst: ['--wsrep-new-cluster'] });
  const second = await startMariadb(await optionsOf(1), { user });
  const third = await startMariadb(await optionsOf(2), { user });
  const nodes = [first, second, third] as const;
  const untilSynced = (node: number) => untilIs(nodes[node] as Mariadb, 'wsrep_local_state_comment', 'Synced');
  for (const node of [0, 1, 2]) await untilSynced(node);
  return {
    nodes,
    addressAt: (node, name) => `mysql://root@127.0.0.1:${nodes[node]?.port}/${name}`,
    untilSynced,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

async function untilIs(node: Mariadb, status: string, wanted: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const rows = (await node.query(`SHOW STATUS LIKE '${status}'`).catch(() => [])) as readonly { readonly Value: string }[];
    if (rows[0]?.Value === wanted) return;
    await wait(100);
  }
  throw new Error(`${status} did not become ${wanted} within a minute`);
}
