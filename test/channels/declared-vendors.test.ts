import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { discoverChannels } from '../../core/channels/discover.ts';
import type { Callback, Channel, ChannelPlugin, PayRequest, RawRequest } from '../../core/contract/channel.ts';
import type { Action } from '../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../kit/channel-kit.ts';
import { eventually } from '../kit/merchant.ts';
import { payRequest } from './kettle.ts';

interface Subject {
  readonly id: string;
  readonly product: string;
  /** Whether its answers carry a signature that can be wrong. */
  readonly signsAnswers: boolean;
}

const subjects: readonly Subject[] = [
  { id: 'epay', product: 'wxpayqr', signsAnswers: false },
  { id: 'bill99', product: 'web', signsAnswers: true },
  { id: 'allinpay', product: 'alipay', signsAnswers: true },
];

describe('The channels that are data, at their simulated vendors', function () {
  this.timeout(30_000);
  const call = makeCall({ http: sendToLoopback, now: () => new Date() });
  let dataDir: string;
  let simulator: Simulator;
  let shop: Server;
  let plugins: ReadonlyMap<string, ChannelPlugin>;
  let accounts: Readonly<Record<string, readonly { config: Record<string, string> }[]>>;
  let arrived: RawRequest[];
  let made = 0;

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'paymux-declared-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: subjects.map(({ id }) => id) });
    accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as typeof accounts;
    ({ plugins } = await discoverChannels('plugins/channels'));
    shop = createServer(async (incoming, answer) => {
      const body = Buffer.concat(await incoming.toArray());
      const headers = { 'content-type': String(incoming.headers['content-type']) };
      const [path, query = ''] = incoming.url?.split('?') ?? [];
      // One that belongs to an earlier payment may come late.
      if (path === `/callback/${made}`) arrived.push({ method: incoming.method ?? '', url: '', query, headers, body });
      answer.end('success <result>1</result><redirecturl>https://shop.example/</redirecturl>');
    });
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await simulator?.stop();
    shop?.closeAllConnections();
    shop?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    arrived = [];
    await fetch(`${simulator.url}/_scenario`, { method: 'DELETE' });
  });

  const control = async (path: string, body: object) => {
    const answer = await fetch(simulator.url + path, { method: 'POST', body: JSON.stringify(body) });
    expect(answer.status, await answer.clone().text()).to.be.below(300);
    return answer;
  };
  const configOf = (id: string) => accounts[id]?.[0]?.config ?? {};
  const openChannel = (id: string) => plugins.get(id)?.open({ id: 'acc_1', livemode: false, config: configOf(id) }, makeKit()) as Channel;
  const newRequest = (product: string): PayRequest => {
    made += 1;
    const now = Date.now();
    return {
      ...payRequest,
      number: `01DECLARED${String(made).padStart(16, '0')}`,
      product,
      payer: { clientIp: '203.0.113.9' },
      subject: 'Tea & more, 茶',
      createdAt: new Date(now),
      expiresAt: new Date(now + 3600_000),
      callbackUrl: `http://127.0.0.1:${(shop.address() as AddressInfo).port}/callback/${made}`,
    };
  };
  const payNow = async (action: Action) => {
    const target =
      action.type === 'form' ? { target: action.url, fields: action.fields } : { target: action.type === 'qr' ? action.qrContent : '' };
    await control('/_pay', target);
  };
  const start = async ({ id, product }: Subject) => {
    const channel = openChannel(id);
    const request = newRequest(product);
    const outcome = await channel.pay(request, call);
    if (outcome.kind !== 'action') throw new Error(JSON.stringify(outcome));
    return { channel, request, action: outcome.action };
  };
  const arrive = () => eventually(() => arrived[0]);

  for (const subject of subjects) {
    describe(subject.id, () => {
      it('is paid, calls back, and is asked about: all tell the same facts', async () => {
        const { channel, request, action } = await start(subject);
        await payNow(action);
        const callback = await channel.parseCallback(await arrive(), call);
        const query = await channel.query?.(request, call);
        expect(callback).to.deep.nested.include({ kind: 'event', trust: 'signed', 'items[0].report.state': 'succeeded' });
        const told = callback.kind === 'event' ? callback.items[0]?.report : null;
        // The time of payment is not in every vendor's callback.
        expect(query).to.deep.nested.include({ kind: 'ok', 'report.state': 'succeeded' });
        expect(query?.kind === 'ok' ? { ...query.report, at: null } : query).to.deep.equal({ ...told, at: null });
        expect(told).to.deep.nested.include({ money: request.money, 'echo.number': request.number, 'echo.merchantNo': channel.merchantNo });
      });

      it('refuses a forged callback, and one of another merchant is told apart by the kernel', async () => {
        const { channel, action } = await start(subject);
        await control('/_scenario', { channel: subject.id, operation: 'callback', behaviour: 'forged' });
        await payNow(action);
        expect(await channel.parseCallback(await arrive(), call)).to.include({ kind: 'refused', reason: 'bad_signature' });
      });

      it('reads nothing else out of a callback, whatever is changed in it', async () => {
        const { channel, request, action } = await start(subject);
        await payNow(action);
        const raw = await arrive();
        const good = await channel.parseCallback(raw, call);
        const text = raw.method === 'GET' ? raw.query : raw.body.toString();
        const rebuild = (changed: string): RawRequest =>
          raw.method === 'GET' ? { ...raw, query: changed } : { ...raw, body: Buffer.from(changed) };
        const edit = fc.tuple(fc.nat(text.length - 1), fc.nat(3), fc.string({ maxLength: 4 }));
        await fc.assert(
          fc.asyncProperty(edit, async ([at, cut, put]) => {
            const callback: Callback = await channel.parseCallback(rebuild(text.slice(0, at) + put + text.slice(at + cut)), call);
            if (callback.kind === 'event') expect(callback).to.deep.equal(good);
          }),
          { numRuns: 300 },
        );
        expect(good).to.deep.nested.include({ 'items[0].number': request.number });
      });

      it('tells another amount as it is stated, and does not know what is lost or badly signed', async () => {
        const { channel, request, action } = await start(subject);
        await payNow(action);
        const ask = async (behaviour: string) => {
          await fetch(`${simulator.url}/_scenario`, { method: 'DELETE' });
          await control('/_scenario', { channel: subject.id, operation: 'query', behaviour });
          return channel.query?.(request, call);
        };
        expect(await ask('wrong_amount')).to.deep.nested.include({ 'report.money': { amount: 2000, currency: 'CNY' } });
        expect(await ask('http_500')).to.include({ kind: 'unknown', reason: 'server_error' });
        expect(await ask('rate_limited')).to.include({ kind: 'unknown', reason: 'rate_limited' });
        expect(await ask('drop_after_execute')).to.include({ kind: 'unknown' });
        if (subject.signsAnswers) expect(await ask('bad_signature')).to.include({ kind: 'unknown', reason: 'bad_signature' });
      });

      it('says of an order that nobody made that it is not found', async () => {
        expect(await openChannel(subject.id).query?.(newRequest(subject.product), call)).to.deep.equal({
          kind: 'ok',
          report: { state: 'not_found' },
        });
      });

      it('shows no key in anything that it returns, and names no value when a key is wrong', async () => {
        const { channel, request, action } = await start(subject);
        const shown = JSON.stringify([
          action,
          await channel.query?.(request, call),
          await channel.parseCallback({ ...request, method: 'POST', url: '', query: '', headers: {}, body: Buffer.from('a=b') }, call),
        ]);
        const secrets = Object.entries(plugins.get(subject.id)?.manifest.config.properties ?? {}).filter(([, property]) => property.secret);
        expect(secrets.length).to.be.greaterThan(0);
        for (const [name] of secrets) {
          expect(shown).not.to.include(configOf(subject.id)[name]);
          const wrong = { ...configOf(subject.id), [name]: 'canarycanarycanary'.slice(0, 3).repeat(7) };
          const open = () => plugins.get(subject.id)?.open({ id: 'acc_1', livemode: false, config: wrong }, makeKit());
          expect(open).to.throw(name).with.property('message').that.does.not.include('can'.repeat(3));
        }
      });
    });
  }
});
