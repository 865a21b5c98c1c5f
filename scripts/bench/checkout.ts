import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { startChromium } from '../../test/browser/chromium.ts';
import { freePort } from '../../test/kit/free-port.ts';
import { type Measured, sumUp } from './latency.ts';
import { ms, whole } from './print.ts';
import { makeRig, type Rig } from './rig.ts';
import { type ServerProcess, serverEnvironment, serverOptions, startServer } from './server.ts';

/** A slow phone: what Jeepay's cashier and the prototypes were measured with. */
const profile = {
  viewport: { width: 390, height: 844 },
  network: { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 },
  cpuSlowdown: 4,
};
const openings = 9;
const pagesPerSec = 200;
const createsPerSec = 50;

/** When the amount has a place on the screen, and how far anything moved that was there before. */
const watch = `
  globalThis.moved = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => { moved += one.value; })).observe({ type: 'layout-shift', buffered: true });
  const look = () => {
    const amount = document.querySelector('.amount');
    if (amount !== null && amount.getBoundingClientRect().height > 0) globalThis.amountAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

interface Opening {
  readonly amountMs: number;
  readonly requests: number;
  readonly bytes: number;
  readonly moved: number;
}

/** How long a shopper waits for the amount, and what the server spends on pages while it makes payments. */
export async function benchCheckout(seconds: number): Promise<string> {
  const rig = await makeRig({ engine: 'sqlite', connections: 8 });
  const port = await freePort();
  const environment = { ...rig.environment, ...serverEnvironment, PAYMUX_LOG_LEVEL: 'silent' };
  const server = await startServer({ args: [...serverOptions, 'core/main.ts'], environment, port, readyPath: '/readyz' });
  try {
    const url = await order(rig, server);
    const seen = await openOften(url);
    const page = await (await fetch(url)).text();
    const script = await (await fetch(new URL(/src="([^"]+)"/.exec(page)?.[1] ?? '', url))).text();
    const served = await load(rig, server, url, seconds);
    return [
      `checkout, ${openings} openings at 150 ms, 1.6 Mbit/s, CPU ÷ ${profile.cpuSlowdown}; then ${pagesPerSec} pages/s beside ${createsPerSec} creates/s`,
      `  amount visible   ${ms(middleOf(seen.map(({ amountMs }) => amountMs)))} in the middle, worst ${ms(Math.max(...seen.map(({ amountMs }) => amountMs)))}`,
      `  before it        ${Math.max(...seen.map(({ requests }) => requests))} requests, ${Math.max(...seen.map(({ bytes }) => bytes))} bytes; moved ${Math.max(...seen.map(({ moved }) => moved))}`,
      `  gzip             page ${gzipSync(page).length}, script ${gzipSync(script).length} bytes`,
      `  server           ${whole(served.perSecond)} pages/s  p50 ${ms(served.p50Ms)}  p99 ${ms(served.p99Ms)}  worst ${ms(served.worstMs)}`,
    ].join('\n');
  } finally {
    await server.stop();
    await rig.remove();
  }
}

async function order({ key }: Rig, { port }: ServerProcess): Promise<string> {
  const body = { merchant_order_no: `bench-${randomUUID()}`, amount: 1999, currency: 'CNY', subject: 'Two bags of oolong tea' };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}/v1/payments`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status !== 201) throw new Error(await answer.text());
  return ((await answer.json()) as { checkout_url: string }).checkout_url;
}

async function openOften(url: string): Promise<readonly Opening[]> {
  const browser = await startChromium();
  const seen: Opening[] = [];
  for (let index = 0; index < openings; index += 1) {
    const context = await browser.newContext({ viewport: profile.viewport });
    seen.push(await openOnce(await context.newPage(), url));
    await context.close();
  }
  await browser.close();
  return seen;
}

async function openOnce(page: Page, url: string): Promise<Opening> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', profile.network);
  await session.send('Emulation.setCPUThrottlingRate', { rate: profile.cpuSlowdown });
  const arrived: number[] = [];
  session.on('Network.loadingFinished', ({ encodedDataLength }) => arrived.push(encodedDataLength));
  await page.addInitScript(watch);
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForFunction('globalThis.amountAt !== undefined');
  const [requests, bytes] = [arrived.length, arrived.reduce((sum, one) => sum + one, 0)];
  await wait(1500);
  const [amountMs = 0, moved = 0] = await page.evaluate<number[]>('[amountAt, moved]');
  return { amountMs, requests, bytes, moved };
}

/** Pages at a fixed rate: what waits behind a slow one counts as slow too. */
async function load(rig: Rig, server: ServerProcess, url: string, seconds: number): Promise<Measured> {
  const durations: number[] = [];
  const fetchPage = async (dueAt: number) => {
    const answer = await fetch(url);
    await answer.text();
    if (answer.status !== 200) throw new Error(`a page was answered with ${answer.status}`);
    durations.push(performance.now() - dueAt);
  };
  await atRate(pagesPerSec, 1, fetchPage);
  durations.length = 0;
  const start = performance.now();
  await Promise.all([atRate(pagesPerSec, seconds, fetchPage), atRate(createsPerSec, seconds, () => order(rig, server))]);
  return sumUp(durations, performance.now() - start, {});
}

async function atRate(perSec: number, seconds: number, work: (dueAt: number) => Promise<unknown>): Promise<void> {
  const start = performance.now();
  const under: Promise<unknown>[] = [];
  for (let index = 0; index < perSec * seconds; index += 1) {
    const dueAt = start + (index * 1000) / perSec;
    const early = dueAt - performance.now();
    if (early > 0) await wait(early);
    under.push(work(dueAt));
  }
  await Promise.all(under);
}

function middleOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
