import { mkdirSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { makeCallbacks } from './callbacks.ts';
import { type ControlDeps, serveControl } from './control.ts';
import { readBody, send, serveVendor } from './gateway.ts';
import { openPorts } from './ports.ts';
import { type Credentials, describeAccounts, type FoundVendor, findVendors } from './registry.ts';
import { makeScenarios } from './scenario.ts';
import { readPageAddress } from './shopper.ts';
import { splitTarget } from './target.ts';
import { serveTill } from './till.ts';
import { openStore } from './truth.ts';
import type { ChannelName, Order, Vendor, Wire } from './types.ts';
import { makeKeyStock, openVault, type Pair } from './vault.ts';
import type { World } from './world.ts';

export interface SimulatorOptions {
  /** 0 for any. The accounts' own ports follow it. */
  readonly port: number;
  readonly dataDir: string;
  /** Milliseconds since 1970; the system clock when absent. */
  readonly now?: () => number;
  /** A folder with a folder for each vendor; the simulator's own when absent. */
  readonly vendorsDir?: string;
  /** Further vendors, each in a folder of its own: those that channels bring along. */
  readonly vendorFolders?: readonly string[];
  /** Only these vendors; all when absent. A test that names its own does not wait for the keys of the others. */
  readonly channels?: readonly ChannelName[];
}

/** A running simulator. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  readonly credentials: Credentials;
  stop(): Promise<void>;
}

async function serve(deps: ControlDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prefix, path, query } = splitTarget(request.url ?? '/');
  const body = await readBody(request);
  if (body === null) return send(response, { status: 413, headers: {}, body: '' });
  const wire: Wire = { method: request.method ?? '', path, query, headers: request.headers, body };
  if (prefix.startsWith('_')) return send(response, await serveControl(deps, { ...wire, path: `/${prefix}${path === '/' ? '' : path}` }));
  return isPayPage(deps, prefix, wire) ? serveTill(deps, wire, prefix, response) : serveVendor(deps, prefix, wire, response);
}

/** A vendor may have addresses of its own that begin like our pay pages'. */
function isPayPage({ store, vendors }: ControlDeps, channel: ChannelName, wire: Wire): boolean {
  const address = readPageAddress(`/${channel}${wire.path}`);
  if (address === null || !vendors.has(channel)) return false;
  return store.findByToken(channel, address.token) !== undefined || !vendors.get(channel)?.identify(wire);
}

type SharedWorld = Omit<World<unknown>, 'channel' | 'keys' | 'payPage' | 'registeredUrl'>;

/** The vendors by channel, each with a world of its own. */
function openVendors(found: readonly FoundVendor[], shared: SharedWorld): Map<ChannelName, Vendor> {
  const open = ({ channel, module, keys }: FoundVendor) => {
    const payPage = ({ token }: Pick<Order, 'token'>) => `${shared.pagesUrl}/${channel}/pay/${token}`;
    const registeredUrl = (account: string) => shared.store.readSetting(`callbacks/${channel}/${account}`) ?? null;
    return module.open({ ...shared, channel, keys, payPage, registeredUrl });
  };
  return new Map(found.map((one) => [one.channel, open(one)]));
}

/** Takes up what an earlier run left undone, but for orders at vendors that are gone. */
function resume(deps: ControlDeps): void {
  for (const order of deps.store.orders.values()) {
    const vendor = deps.vendors.get(order.channel);
    if (vendor === undefined) continue;
    deps.callbacks.resume(order);
    vendor.resume?.(order);
  }
}

/** Made when it is first needed: most runs forge nothing. */
function makeForger(dataDir: string): () => Promise<Pair> {
  let pair: Promise<Pair> | undefined;
  return () => {
    pair ??= openVault(dataDir, '', makeKeyStock()).pair('forger');
    return pair;
  };
}

/** Answers with whatever `wiring` holds by now: the ports are open before the vendors are. */
function makeListener(wiring: { readonly deps?: ControlDeps }): RequestListener {
  return (request, response) => {
    if (wiring.deps === undefined) return void response.destroy();
    // A fault of the simulator must not pass for an answer of the vendor.
    serve(wiring.deps, request, response).catch((error) => {
      process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
      response.destroy();
    });
  };
}

/** Plays the vendors' gateways on loopback until it is stopped. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port, dataDir, now = Date.now, vendorsDir = join(import.meta.dirname, 'vendors') } = options;
  mkdirSync(dataDir, { recursive: true });
  const found = await findVendors({ folder: vendorsDir, more: options.vendorFolders ?? [], dataDir, only: options.channels });
  const modules = new Map(found.map(({ channel, module }) => [channel, module]));
  const store = await openStore(dataDir, now, (channel) => modules.get(channel)?.orderKey ?? 'number');
  const names = found.flatMap(({ channel, offers }) => offers.map(({ id }) => ({ channel, id })));
  const wiring: { deps?: ControlDeps } = {};
  const ports = await openPorts(dataDir, port, names, makeListener(wiring));
  const url = `http://127.0.0.1:${ports.main.number}`;
  const scenarios = makeScenarios();
  const callbacks = makeCallbacks({ store, scenarios, vendorOf: (channel) => vendors.get(channel) });
  const vendors = openVendors(found, { store, callbacks, now, pagesUrl: url, forger: makeForger(dataDir) });
  const credentials = describeAccounts(found, (channel, id) => `http://127.0.0.1:${ports.of(channel, id)?.number}`);
  const syncPorts = async () => {
    for (const { channel, id } of names) {
      const one = ports.of(channel, id);
      await (scenarios.refuses(channel, id) ? one?.close() : one?.open());
    }
  };
  const autopay = { enabled: false, delayMs: 0 };
  wiring.deps = { store, callbacks, vendors, modules, now, scenarios, autopay, credentials, syncPorts };
  resume(wiring.deps);
  return {
    url,
    port: ports.main.number,
    credentials,
    async stop() {
      callbacks.stop();
      await Promise.all([ports.main.close(), ...ports.all.map((one) => one.close())]);
      store.close();
    },
  };
}
