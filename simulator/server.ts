import { mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Credentials, describeAccounts, listAccounts } from './accounts.ts';
import { makeCallbacks } from './callbacks.ts';
import { type ControlDeps, serveControl } from './control.ts';
import { isChannel, readBody, send, serveVendor, splitTarget } from './gateway.ts';
import { loadKeys } from './keys.ts';
import { openPorts } from './ports.ts';
import { makeScenarios } from './scenario.ts';
import { serveTill } from './till.ts';
import { openStore } from './truth.ts';
import type { ChannelName, Vendor, Wire } from './types.ts';
import { makeAlipay } from './vendors/alipay.ts';
import { makeStripe, watchExpiry } from './vendors/stripe.ts';
import { makeWechat } from './vendors/wechat.ts';
import { finishRefund } from './vendors/wechat-refunds.ts';
import type { World } from './world.ts';

export interface SimulatorOptions {
  /** 0 for any. The accounts' own ports follow it. */
  readonly port: number;
  readonly dataDir: string;
  /** Milliseconds since 1970; the system clock when absent. */
  readonly now?: () => number;
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
  if (!isChannel(deps.vendors, prefix))
    return send(response, { status: 404, headers: { 'content-type': 'text/plain' }, body: 'no such address' });
  if (path.startsWith('/pay/')) return serveTill(deps, wire, prefix, response);
  return serveVendor(deps, deps.vendors[prefix], wire, response);
}

/** Takes up what an earlier run left undone. */
function resume(world: World): void {
  world.callbacks.resume();
  for (const order of world.store.orders.values()) {
    for (const refund of order.refunds) if (!refund.done) void finishRefund(world, order, refund);
    watchExpiry(world, order);
  }
}

/** Plays the vendors' gateways on loopback until it is stopped. */
export async function startSimulator({ port, dataDir, now = Date.now }: SimulatorOptions): Promise<Simulator> {
  mkdirSync(dataDir, { recursive: true });
  const [keys, store] = await Promise.all([loadKeys(dataDir), openStore(dataDir, now)]);
  const scenarios = makeScenarios();
  const wiring: { deps?: ControlDeps } = {};
  const { main, accounts } = await openPorts(
    dataDir,
    port,
    listAccounts(keys).map(({ id }) => id),
    (request, response) => {
      if (wiring.deps === undefined) return void response.destroy();
      // A fault of the simulator must not pass for an answer of the vendor.
      serve(wiring.deps, request, response).catch((error) => {
        process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
        response.destroy();
      });
    },
  );
  const url = `http://127.0.0.1:${main.number}`;
  const vendorOf = (channel: ChannelName): Vendor => vendors[channel];
  const callbacks = makeCallbacks({ store, scenarios, vendorOf });
  const world: World = { keys, store, callbacks, now, pagesUrl: url };
  const vendors: Readonly<Record<ChannelName, Vendor>> = {
    wechat: makeWechat(world),
    alipay: makeAlipay(world),
    stripe: makeStripe(world),
  };
  const credentials = describeAccounts(keys, (id) => `http://127.0.0.1:${accounts.get(id)?.number}`);
  const syncPorts = async () => {
    for (const { channel, id } of listAccounts(keys))
      await (scenarios.refuses(channel, id) ? accounts.get(id)?.close() : accounts.get(id)?.open());
  };
  wiring.deps = { store, callbacks, vendors, now, scenarios, autopay: { enabled: false, delayMs: 0 }, credentials, syncPorts };
  resume(world);
  return {
    url,
    port: main.number,
    credentials,
    async stop() {
      callbacks.stop();
      await Promise.all([main.close(), ...[...accounts.values()].map((one) => one.close())]);
      store.close();
    },
  };
}
