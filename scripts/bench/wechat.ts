import { spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { makeKit } from '../../core/channels/kit.ts';
import { createSm2 } from '../../core/channels/sm2.ts';
import { makeWire } from '../../core/channels/wire.ts';
import { createWireAgent, createWireAgents } from '../../core/channels/wire-agents.ts';
import type { Channel, PayRequest } from '../../core/contract/channel.ts';
import type { Http } from '../../core/contract/kit.ts';
import wechat from '../../plugins/channels/wechat/index.ts';
import { endProcess } from './child.ts';
import type { GatewayJob } from './wechat-gateway.ts';

/** One way to do it, in one round. */
export interface Pace {
  readonly perSecond: number;
  /** Of this process with its threads, for each. Steadier than the rate where others share the machine. */
  readonly cpuUs: number;
}

/** Each as often as there are rounds, but for the raw loop: one more than two for each round. */
export interface WechatCost {
  /** One signature and one verification with the same keys over texts of the same length, nothing else. */
  readonly raw: readonly Pace[];
  /** The channel's `pay`, answered from memory: what it adds to the limit. */
  readonly plugin: readonly Pace[];
  /** The same through the kernel's wire, by HTTP, to another process. */
  readonly wired: readonly Pace[];
}

/** As many at once as the other workloads have connections. */
const atOnce = 32;
const warmUpMs = 500;

interface Keys {
  readonly merchantPem: string;
  readonly merchant: KeyObject;
  readonly platformPem: string;
  readonly platform: KeyObject;
  /** An answer as the vendor signs it. It is good for five minutes. */
  readonly answer: GatewayJob;
  readonly signed: { readonly message: Buffer; readonly signature: Buffer };
}

export async function benchWechat(rounds: number, seconds: number): Promise<WechatCost> {
  const cost = { raw: [] as Pace[], plugin: [] as Pace[], wired: [] as Pace[] };
  for (let round = 0; round < rounds; round += 1) {
    // Anew in each round: a signature that is older than five minutes is refused.
    const keys = makeKeys();
    const fromMemory = answerFromMemory(keys.answer);
    const paidFromMemory = openChannel(keys, 'http://127.0.0.1:1');
    cost.raw.push(await measure(() => signAndVerify(keys), seconds));
    cost.plugin.push(await measure(() => create(paidFromMemory, fromMemory), seconds));
    cost.raw.push(await measure(() => signAndVerify(keys), seconds));
    cost.wired.push(await measureWired(keys, seconds));
  }
  cost.raw.push(
    await measure(
      (
        (keys) => () =>
          signAndVerify(keys)
      )(makeKeys()),
      seconds,
    ),
  );
  return cost;
}

function makeKeys(): Keys {
  const [own, theirs] = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('rsa', { modulusLength: 2048 })];
  const merchantPem = own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const platformPem = theirs.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const body = JSON.stringify({ code_url: 'weixin://wxpay/bizpayurl?pr=0123456789abcdef' });
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomBytes(16).toString('hex')];
  const message = Buffer.from(`${timestamp}\n${nonce}\n${body}\n`);
  const signature = sign('RSA-SHA256', message, theirs.privateKey);
  const headers = {
    'content-type': 'application/json',
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': 'PUB_KEY_ID_1',
    'wechatpay-signature': signature.toString('base64'),
  };
  return {
    merchantPem,
    merchant: createPrivateKey(merchantPem),
    platformPem,
    platform: createPublicKey(platformPem),
    answer: { status: 200, headers, body },
    signed: { message, signature },
  };
}

function openChannel({ merchantPem, platformPem }: Keys, baseUrl: string): Channel {
  const config = {
    base_url: baseUrl,
    mchid: '1900000001',
    appid: 'wx0000000000000001',
    serial_no: '0123456789ABCDEF',
    private_key: merchantPem,
    api_v3_key: randomBytes(16).toString('hex'),
    platform_public_keys: JSON.stringify({ PUB_KEY_ID_1: platformPem }),
  };
  return wechat.open({ id: 'acc_bench', livemode: false, config }, makeKit(createSm2().kit));
}

function answerFromMemory({ status, headers, body }: GatewayJob): Http {
  const bytes = Buffer.from(body);
  return async () => ({ kind: 'answered', status, headers, body: bytes });
}

/** The limit: signed off the main thread, as the channel signs, and verified on it. */
function signAndVerify({ merchant, platform, signed }: Keys): Promise<void> {
  return new Promise((done, fail) => {
    sign('RSA-SHA256', randomBytes(350), merchant, (error) => {
      if (error !== null) fail(error);
      else if (verify('RSA-SHA256', signed.message, platform, signed.signature)) done();
      else fail(new Error('a signature did not verify'));
    });
  });
}

async function create(channel: Channel, http: Http): Promise<void> {
  const download = () => Promise.reject(new Error('nothing is downloaded'));
  const call = { http, download, now: () => new Date(), nonce: () => randomBytes(16).toString('hex'), log: () => undefined };
  const outcome = await channel.pay(makeOrder(), call);
  if (outcome.kind !== 'action') throw new Error(`a create was answered ${outcome.kind}`);
}

function makeOrder(): PayRequest {
  const createdAt = new Date();
  return {
    number: randomBytes(13).toString('hex').toUpperCase(),
    product: 'native',
    channelNo: null,
    sessionNo: null,
    money: { amount: 1999, currency: 'CNY' },
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 7_200_000),
    subject: 'Two kinds of tea',
    payer: {},
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/wechat/acc_bench',
    returnUrl: null,
  };
}

async function measureWired(keys: Keys, seconds: number): Promise<Pace> {
  const gateway = spawn(process.execPath, [new URL('./wechat-gateway.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  gateway.stdin.end(JSON.stringify(keys.answer));
  const [port] = (await once(gateway.stdout.setEncoding('utf8'), 'data')) as [string];
  const agent = createWireAgent(5000);
  const agents = createWireAgents(agent, 5000);
  try {
    const channel = openChannel(keys, `http://127.0.0.1:${Number(port)}`);
    return await measure(() => {
      const wire = makeWire(agents, new AbortController().signal, { maybeSent: false }, () => undefined);
      return create(channel, wire.http);
    }, seconds);
  } finally {
    await agents.close();
    await agent.close();
    await endProcess(gateway, 'SIGTERM');
  }
}

/** How often a second something can be done, {@link atOnce} at once. */
async function measure(work: () => Promise<void>, seconds: number): Promise<Pace> {
  await repeat(work, performance.now() + warmUpMs);
  const [startedAt, spentBefore] = [performance.now(), process.cpuUsage()];
  const done = await repeat(work, startedAt + seconds * 1000);
  const { user, system } = process.cpuUsage(spentBefore);
  return { perSecond: Math.round((done * 1000) / (performance.now() - startedAt)), cpuUs: Math.round((user + system) / done) };
}

async function repeat(work: () => Promise<void>, untilMs: number): Promise<number> {
  let done = 0;
  const one = async () => {
    while (performance.now() < untilMs) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return done;
}
