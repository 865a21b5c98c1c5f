import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Channel } from '../../../../core/contract/channel.ts';
import { type Simulator, startSimulator } from '../../../../simulator/server.ts';
import { makeCall, makeKit, sendToLoopback } from '../../../../test/kit/channel-kit.ts';
import wechat, { type Config } from '../index.ts';
import { openWechat } from './fixture.ts';

const call = makeCall({ http: sendToLoopback });
const back = 'https://pay.example.com/checkout/pay_1/token/back?a=b';

describe('WeChat Pay learns who the shopper is', () => {
  let simulator: Simulator;
  let dataDir: string;
  let configs: Config[];

  before(async function () {
    this.timeout(20_000);
    dataDir = await mkdtemp(join(tmpdir(), 'paymux-wechat-'));
    simulator = await startSimulator({ port: 0, dataDir, channels: ['wechat'] });
    const accounts = (await (await fetch(`${simulator.url}/_accounts`)).json()) as { wechat: { config: Config }[] };
    configs = accounts.wechat.map(({ config }) => config);
  });
  after(async () => {
    await simulator?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const open = (index: number, more: Partial<Config> = {}) =>
    wechat.open({ id: 'acc_1', livemode: false, config: { ...configs[index], ...more } as Config }, makeKit()) as Required<Channel>;
  const signIn = async (channel: Required<Channel>) => {
    const answer = await fetch(channel.identifyUrl(back, '0a1b'), { redirect: 'manual' });
    return Object.fromEntries(new URL(answer.headers.get('location') ?? '').searchParams);
  };

  it('sends the browser to the sign-in that asks nothing, in the order of parameters that the vendor checks', () => {
    const url = openWechat({ app_secret: 'S'.repeat(32) }).identifyUrl(back, '0a1b');
    expect(url).to.equal(
      `https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxd678efh567hg6787&redirect_uri=${encodeURIComponent(back)}` +
        '&response_type=code&scope=snsapi_base&state=0a1b#wechat_redirect',
    );
  });

  it('exchanges the code that came back for the openid, once', async () => {
    const channel = open(0);
    const query = await signIn(channel);
    expect(query.a).to.equal('b');
    expect(query.state).to.equal('0a1b');
    const known = await channel.identify(query, call);
    expect(known).to.nested.include({ kind: 'known' });
    expect(known).to.have.nested.property('payer.openid').that.matches(/^o/);
    expect(await channel.identify(query, call)).to.deep.equal({ kind: 'refused', reason: 'code 40029' });
  });

  it('believes no code of another account, none that is missing, and none of another form', async () => {
    const query = await signIn(open(0));
    expect(await open(1).identify(query, call)).to.deep.equal({ kind: 'refused', reason: 'code 40029' });
    for (const bad of [{}, { code: '' }, { code: '../x' }, { code: 'a&secret=b' }] as Record<string, string>[]) {
      expect(await open(0).identify(bad, call)).to.deep.equal({ kind: 'refused', reason: 'no code came back' });
    }
  });

  it('is refused with a wrong secret, and asks nobody without one', async () => {
    const wrong = open(0, { app_secret: '0'.repeat(32) });
    expect(await wrong.identify(await signIn(wrong), call)).to.deep.equal({ kind: 'refused', reason: 'code 40125' });
    expect(openWechat()).to.not.have.property('identify');
  });
});
