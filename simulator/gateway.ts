import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Scenario, type Scenarios, twistOf } from './scenario.ts';
import { payOrder, type ShopperDeps } from './shopper.ts';
import type { Answer, ChannelName, Done, Vendor, VendorModule, Wire } from './types.ts';

const mostBodyBytes = 1 << 20;

/** Pays every new order by itself, for load tests. */
export interface Autopay {
  enabled: boolean;
  delayMs: number;
}

export interface GatewayDeps extends ShopperDeps {
  readonly modules: ReadonlyMap<ChannelName, VendorModule<unknown>>;
  readonly scenarios: Scenarios;
  readonly autopay: Autopay;
}

/** The bytes of a request; null when they are too many. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > mostBodyBytes) return null;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

export function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const content = answer.bytes ?? answer.body;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.status !== 204 && { 'content-length': Buffer.byteLength(content) }),
  });
  response.end(content);
}

async function execute(deps: GatewayDeps, vendor: Vendor, wire: Wire, scenario: Scenario | null, isPay: boolean): Promise<Done> {
  const done = await vendor.execute(wire, twistOf(scenario));
  const { order } = done;
  if (!isPay || order === undefined) return done;
  if (scenario?.charge) void payOrder(deps, order);
  else if (deps.autopay.enabled) setTimeout(() => void payOrder(deps, order), deps.autopay.delayMs).unref();
  return done;
}

/** Serves one request of a merchant (or of a shopper's browser, at Alipay) to a vendor. */
export async function serveVendor(deps: GatewayDeps, channel: ChannelName, wire: Wire, response: ServerResponse): Promise<void> {
  const vendor = deps.vendors.get(channel);
  const about = vendor?.identify(wire) ?? null;
  if (vendor === undefined || about === null)
    return send(response, { status: 404, headers: { 'content-type': 'text/plain' }, body: 'no such address' });
  if (about.account !== null && deps.scenarios.refuses(channel, about.account)) return void response.destroy();
  const scenario = about.operation === null ? null : deps.scenarios.take(channel, about.operation, about.account);
  const isPay = about.operation === 'pay';
  switch (scenario?.behaviour) {
    case 'refuse':
    case 'drop_before_execute':
      return void response.destroy();
    case 'rate_limited':
    case 'decline':
      return send(response, await vendor.fail(wire, scenario.behaviour, scenario.code));
    case 'hang':
    case 'drop_after_execute':
    case 'http_500': {
      const done = scenario.execute ? await execute(deps, vendor, wire, scenario, isPay) : null;
      if (scenario.behaviour === 'http_500') send(response, await vendor.fail(wire, 'http_500', null));
      if (scenario.behaviour === 'drop_after_execute') response.destroy();
      return done?.afterwards?.();
    }
    default: {
      const done = await execute(deps, vendor, wire, scenario, isPay);
      if (scenario?.behaviour === 'late') await new Promise((resolve) => setTimeout(resolve, scenario.delayMs));
      send(response, done.answer);
      return done.afterwards?.();
    }
  }
}
