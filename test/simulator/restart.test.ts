import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { askControl, askStripe, askWechat, type Json, openShop, stripeSession, wechatOrder } from './kit.ts';

const main = join(import.meta.dirname, '../../simulator/main.ts');

describe('simulator: kill -9', () => {
  let dataDir: string;
  const children: ChildProcess[] = [];

  async function start(port = '0'): Promise<{ child: ChildProcess; url: string; accounts: Json }> {
    const env = { ...process.env, PAYMUX_SIMULATOR_PORT: port, PAYMUX_SIMULATOR_DATA_DIR: dataDir };
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
      child.stdout!.on('data', (text) => resolve(/http:\S+/.exec(String(text))![0]));
    });
    return { child, url, accounts: (await askControl(url, 'GET', '/_accounts')).json };
  }
  const end = (child: ChildProcess, signal: NodeJS.Signals) =>
    new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.kill(signal);
    });

  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'simulator-'));
  });
  after(() => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    rmSync(dataDir, { recursive: true });
  });

  it('keeps keys, addresses, orders, truth, idempotency keys and owed callbacks, and drops half a line', async () => {
    const shop = await openShop();
    const first = await start();
    const [wechat, stripe] = [first.accounts.wechat[0].config, first.accounts.stripe[0].config];
    shop.answerWith(500, 'not now');
    const open = await askWechat(wechat, 'POST', '/v3/pay/transactions/native', wechatOrder(wechat, 'KILL0001', shop.url));
    const paid = await askWechat(wechat, 'POST', '/v3/pay/transactions/native', wechatOrder(wechat, 'KILL0002', shop.url));
    const key = { 'idempotency-key': 'kill' };
    const session = await askStripe(stripe, 'POST', '/v1/checkout/sessions', stripeSession('KILL3'), key);
    await askControl(first.url, 'POST', '/_pay', { target: paid.json.code_url });
    const truth = (await askControl(first.url, 'GET', '/_truth')).json;
    await end(first.child, 'SIGKILL');
    appendFileSync(join(dataDir, 'truth.jsonl'), '{"order":{"channel":"wechat","subject":"茶');

    const before = shop.received.length;
    shop.answerWith(200, '');
    const second = await start(new URL(first.url).port);
    expect(second.accounts).to.deep.equal(first.accounts);
    expect((await askControl(second.url, 'GET', '/_truth')).json).to.deep.equal(truth);
    expect(truth.entries.map(({ number }: Json) => number)).to.deep.equal(['KILL0002']);
    expect(JSON.parse((await shop.got(before + 1)).at(-1)!.body).event_type).to.equal('TRANSACTION.SUCCESS');
    const replay = await askStripe(stripe, 'POST', '/v1/checkout/sessions', stripeSession('KILL3'), key);
    expect([replay.json.id, replay.replayed]).to.deep.equal([session.json.id, true]);
    expect((await askControl(second.url, 'POST', '/_pay', { target: paid.json.code_url })).json.reason).to.equal('already_paid');
    expect((await askControl(second.url, 'POST', '/_pay', { target: open.json.code_url })).json.paid).to.equal(true);
    expect(
      (await askControl(second.url, 'GET', '/_truth?since=1')).json.entries.map(({ seq, number }: Json) => [seq, number]),
    ).to.deep.equal([[2, 'KILL0001']]);
    expect(await end(second.child, 'SIGTERM')).to.equal(0);
    // Had the half line stayed, what was written after it would have become unreadable.
    const third = await start();
    const { entries } = (await askControl(third.url, 'GET', '/_truth')).json;
    expect(entries.map(({ number }: Json) => number)).to.deep.equal(['KILL0002', 'KILL0001']);
    await shop.end();
  }).timeout(20_000);
});
