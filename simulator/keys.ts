import { createHash, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificate } from './certificate.ts';
import { importPrivateKey, importPublicKey, type Key } from './rsa.ts';

const generate = promisify(generateKeyPair);
const platformCertificateSerial = '5157F09EFDC096DE15EBE81A47057A7232F1B8E1';
const platformKeyId = 'PUB_KEY_ID_0119000001012025010100000001';

/** A key pair of one party, ready to sign and to verify. */
export interface Pair {
  readonly privatePem: string;
  readonly publicPem: string;
  readonly sign: Key;
  readonly verify: Key;
}

export interface WechatMerchant {
  readonly mchid: string;
  readonly appid: string;
  readonly serialNo: string;
  readonly apiV3Key: string;
  readonly pair: Pair;
  /** Which of the platform's keys signs what this merchant receives. */
  readonly platformSerial: string;
}

export interface AlipayMerchant {
  readonly appId: string;
  readonly sellerId: string;
  readonly pair: Pair;
}

export interface StripeMerchant {
  readonly accountId: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly webhookSecret: string;
}

/** Everything the vendors hold. Made at the first start, then read from the data directory. */
export interface Keys {
  readonly wechat: readonly WechatMerchant[];
  /** Platform keys by certificate serial or public key id. */
  readonly wechatPlatform: Readonly<Record<string, { readonly pair: Pair; readonly pem: string }>>;
  readonly alipay: readonly AlipayMerchant[];
  readonly alipayPlatform: Pair;
  readonly stripe: readonly StripeMerchant[];
  /** A stranger's key, for forged callbacks. */
  readonly forger: Pair;
}

/** Written beside and renamed, so that a kill cannot leave half a key. */
function keep(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

async function loadPair(dir: string, file: string): Promise<Pair> {
  const path = join(dir, `${file}.pem`);
  if (!existsSync(path)) {
    const made = await generate('rsa', { modulusLength: 2048 });
    keep(path, made.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  }
  const privatePem = readFileSync(path, 'utf8');
  const publicPem = createPublicKey(privatePem).export({ type: 'spki', format: 'pem' }) as string;
  return { privatePem, publicPem, sign: await importPrivateKey(privatePem), verify: await importPublicKey(publicPem) };
}

function loadSecret(dir: string, file: string, length: number): string {
  const path = join(dir, `${file}.txt`);
  if (!existsSync(path)) keep(path, randomBytes(length).toString('hex').slice(0, length));
  return readFileSync(path, 'utf8');
}

async function loadCertificate(dir: string, pair: Pair): Promise<string> {
  const path = join(dir, 'wechat-platform.crt');
  if (!existsSync(path)) {
    const spki = createPublicKey(pair.privatePem).export({ type: 'spki', format: 'der' });
    const from = new Date('2025-01-01T00:00:00Z');
    const to = new Date('2045-01-01T00:00:00Z');
    const facts = { organisation: 'Simulated WeChat Pay', commonName: 'Simulated platform certificate', from, to, spki, signer: pair.sign };
    keep(path, await makeCertificate({ serial: platformCertificateSerial, ...facts }));
  }
  return readFileSync(path, 'utf8');
}

/** Like a certificate's serial: 40 hex digits that belong to the key. */
const serialOf = (pair: Pair) => `4${createHash('sha1').update(pair.publicPem).digest('hex').slice(1)}`.toUpperCase();

async function loadWechat(dir: string, index: number, platformSerial: string): Promise<WechatMerchant> {
  const pair = await loadPair(dir, `wechat-merchant-${index}`);
  const apiV3Key = loadSecret(dir, `wechat-api-v3-${index}`, 32);
  return { mchid: `190000010${index}`, appid: `wx51mu1a70r000000${index}`, serialNo: serialOf(pair), apiV3Key, pair, platformSerial };
}

async function loadAlipay(dir: string, index: number): Promise<AlipayMerchant> {
  return { appId: `202100000000010${index}`, sellerId: `208800000000010${index}`, pair: await loadPair(dir, `alipay-merchant-${index}`) };
}

function loadStripe(dir: string, index: number): StripeMerchant {
  return {
    accountId: `acct_1Simulated00000${index}`,
    secretKey: `sk_test_51Simulated${index}${loadSecret(dir, `stripe-secret-${index}`, 48)}`,
    publishableKey: `pk_test_51Simulated${index}${loadSecret(dir, `stripe-publishable-${index}`, 48)}`,
    webhookSecret: `whsec_${loadSecret(dir, `stripe-webhook-${index}`, 32)}`,
  };
}

/** Reads the keys of all accounts, making those that are missing. */
export async function loadKeys(dataDir: string): Promise<Keys> {
  const dir = join(dataDir, 'keys');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const [wechat, alipay, certified, published, alipayPlatform, forger] = await Promise.all([
    Promise.all([loadWechat(dir, 1, platformCertificateSerial), loadWechat(dir, 2, platformKeyId)]),
    Promise.all([loadAlipay(dir, 1), loadAlipay(dir, 2)]),
    loadPair(dir, 'wechat-platform-certificate'),
    loadPair(dir, 'wechat-platform-public-key'),
    loadPair(dir, 'alipay-platform'),
    loadPair(dir, 'forger'),
  ]);
  const wechatPlatform = {
    [platformCertificateSerial]: { pair: certified, pem: await loadCertificate(dir, certified) },
    [platformKeyId]: { pair: published, pem: published.publicPem },
  };
  return { wechat, wechatPlatform, alipay, alipayPlatform, forger, stripe: [loadStripe(dir, 1), loadStripe(dir, 2)] };
}
