import type { CallbackItem } from '../../core/contract/channel.ts';
import { callbackRoutes } from '../../core/http/routes/callbacks.ts';
import type { Chance } from './random.ts';
import { reportOf } from './report.ts';
import type { Order } from './vendor.ts';
import { pickServer, type Vendor, type World } from './world.ts';

/** About an order as it is when the callback is sent, or about something else. */
export type News = Order | { readonly account: string; readonly item: () => CallbackItem };

/** After this long without an answer, a vendor counts the callback as not taken. */
const patienceMs = 20_000;
const backoffSec = [5, 15, 60, 300, 900, 1800, 3600];
const mostTries = 60;

/** A vendor tells what happened until somebody takes it: now and then twice, late, or much too late. */
export function sendCallback(world: World, vendor: Vendor, news: News): void {
  const chance = world.chanceOf(`callback of ${vendor.id}`);
  const copies = chance.oneIn(6) ? 3 : 1;
  for (let copy = 0; copy < copies; copy += 1) {
    const delayMs = chance.oneIn(12) ? chance.below(3 * 3_600_000) : chance.below(6000);
    world.spawn('a callback', () => insist(world, vendor, news, delayMs));
  }
}

async function insist(world: World, vendor: Vendor, news: News, delayMs: number): Promise<void> {
  await world.time.sleep(delayMs);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const chance = world.chanceOf(`try of a callback of ${vendor.id}`);
    if (await tell(world, vendor, news.account, itemOf(world, vendor, news), chance)) return;
    const seconds = backoffSec[Math.min(tries, backoffSec.length - 1)] ?? 3600;
    await world.time.sleep(seconds * 1000);
  }
  world.failures.push(`a callback of ${vendor.id} was not taken in ${mostTries} tries`);
}

export function itemOf(world: World, vendor: Vendor, news: News): CallbackItem {
  if ('item' in news) return news.item();
  const named = vendor.traits.named ? { channelNo: news.channelNo } : { number: news.number };
  return { of: 'payment', ...named, report: reportOf(world, vendor, news) };
}

/** One delivery to whichever server is up. False: nobody took it. */
export async function tell(world: World, vendor: Vendor, account: string, item: CallbackItem, chance: Chance): Promise<boolean> {
  const server = pickServer(world, chance);
  if (server === null) return false;
  const accepted = { status: 200, body: 'ok' };
  const callback = { kind: 'event', eventId: item.of, trust: 'signed', items: [item], accepted, retry: { status: 500, body: 'again' } };
  const [route] = callbackRoutes(server.kernel);
  const request = {
    params: { channel: vendor.id, account },
    method: 'POST',
    query: '',
    headers: {},
    body: Buffer.from(JSON.stringify(callback)),
  };
  const answering = route?.handle(request as never).then((answer) => ('status' in answer ? answer.status : 500));
  const status = await Promise.race([answering, world.time.sleep(patienceMs).then(() => 0)]);
  world.count('callback');
  world.note(`callback ${account} ${JSON.stringify(item)} ${status}`);
  return status === 200;
}
