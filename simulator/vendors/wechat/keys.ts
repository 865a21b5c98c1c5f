import { createHash, createPublicKey } from 'node:crypto';
import { makeCertificate } from '../../certificate.ts';
import type { AccountOffer } from '../../types.ts';
import type { KeyVault, Pair } from '../../vault.ts';
import type { World } from '../../world.ts';

const certificateSerial = '5157F09EFDC096DE15EBE81A47057A7232F1B8E1';
const publicKeyId = 'PUB_KEY_ID_0119000001012025010100000001';

export interface WechatMerchant {
  readonly mchid: string;
  readonly appid: string;
  /** The first merchant's mini program and mobile app are apps of their own; the second merchant has one app for all. */
  readonly miniAppid: string;
  readonly appAppid: string;
  readonly serialNo: string;
  /** Of the official account. */
  readonly appSecret: string;
  readonly apiV3Key: string;
  readonly apiV2Key: string;
  readonly v2SignType: 'HMAC-SHA256' | 'MD5';
  /** The merchant's own, for calls that ask for it. */
  readonly certificate: string;
  readonly pair: Pair;
  /** Which of the platform's keys signs what this merchant receives. */
  readonly platformSerial: string;
}

export interface WechatKeys {
  readonly merchants: readonly WechatMerchant[];
  /** Platform keys by certificate serial or public key id. */
  readonly platform: Readonly<Record<string, { readonly pair: Pair; readonly pem: string }>>;
}

export type WechatWorld = World<WechatKeys>;

/** Like a certificate's serial: 40 hex digits that belong to the key. */
const serialOf = (pair: Pair) => `4${createHash('sha1').update(pair.publicPem).digest('hex').slice(1)}`.toUpperCase();

async function loadMerchant(vault: KeyVault, index: number, platformSerial: string): Promise<WechatMerchant> {
  const pair = await vault.pair(`merchant-${index}`);
  const [apiV3Key, apiV2Key] = [vault.secret(`api-v3-${index}`, 32), vault.secret(`api-v2-${index}`, 32)];
  const certificate = await vault.text(`merchant-${index}.crt`, () => certify(pair, serialOf(pair), `Simulated merchant ${index}`));
  const v2SignType = index === 1 ? 'HMAC-SHA256' : 'MD5';
  const appid = `wx51mu1a70r000000${index}`;
  const own = index === 1 ? { miniAppid: 'wx51mu1a70r0000011', appAppid: 'wx51mu1a70r0000021' } : { miniAppid: appid, appAppid: appid };
  return {
    mchid: `190000010${index}`,
    appid,
    ...own,
    serialNo: serialOf(pair),
    appSecret: vault.secret(`app-secret-${index}`, 32),
    apiV3Key,
    apiV2Key,
    v2SignType,
    certificate,
    pair,
    platformSerial,
  };
}

function certify(pair: Pair, serial: string, commonName: string): Promise<string> {
  const spki = createPublicKey(pair.privatePem).export({ type: 'spki', format: 'der' });
  const from = new Date('2025-01-01T00:00:00Z');
  const to = new Date('2045-01-01T00:00:00Z');
  const names = { organisation: 'Simulated WeChat Pay', commonName };
  return makeCertificate({ serial, ...names, from, to, spki, signer: pair.sign });
}

/** Two merchants: one verifies by the platform's certificate, the other by its public key. */
export async function loadKeys(vault: KeyVault): Promise<WechatKeys> {
  const [merchants, certified, published] = await Promise.all([
    Promise.all([loadMerchant(vault, 1, certificateSerial), loadMerchant(vault, 2, publicKeyId)]),
    vault.pair('platform-certificate'),
    vault.pair('platform-public-key'),
  ]);
  const pem = await vault.text('platform.crt', () => certify(certified, certificateSerial, 'Simulated platform certificate'));
  const platform = { [certificateSerial]: { pair: certified, pem }, [publicKeyId]: { pair: published, pem: published.publicPem } };
  return { merchants, platform };
}

export function describeAccounts(keys: WechatKeys): readonly AccountOffer[] {
  const platformKeys = JSON.stringify(Object.fromEntries(Object.entries(keys.platform).map(([serial, { pem }]) => [serial, pem])));
  return keys.merchants.map(
    ({ mchid, appid, miniAppid, appAppid, serialNo, appSecret, apiV3Key, apiV2Key, v2SignType, certificate, pair }) => ({
      id: mchid,
      configure: (baseUrl) => ({
        base_url: baseUrl,
        mchid,
        appid,
        mini_appid: miniAppid,
        app_appid: appAppid,
        serial_no: serialNo,
        private_key: pair.privatePem,
        api_v3_key: apiV3Key,
        platform_public_keys: platformKeys,
        api_v2_key: apiV2Key,
        v2_sign_type: v2SignType,
        merchant_certificate: certificate,
        app_secret: appSecret,
        sign_in_url: baseUrl,
      }),
    }),
  );
}
