import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest, MethodManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { saysNotFound } from './errors.ts';
import { ask, type DouyinAccount } from './gateway.ts';
import { close, pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';

/** The configuration of one Douyin Pay merchant number. */
export interface Config {
  readonly base_url?: string;
  readonly mchid: string;
  readonly appid: string;
  readonly serial_no: string;
  readonly private_key: string;
  readonly encrypt_key: string;
  readonly platform_public_keys: string;
}

const vendorUrl = 'https://api.douyinpay.com';
const yuan = { currencies: ['CNY'], min: 1 } as const;

const methods: readonly MethodManifest[] = [
  { id: 'douyin_native', product: 'native', name: { en: 'Douyin Pay QR code', zh: '抖音扫码支付' }, action: 'qr', ...yuan },
  { id: 'douyin_jsapi', product: 'jsapi', name: { en: 'Douyin Pay inside Douyin', zh: '抖音内网页支付' }, action: 'sdk', ...yuan },
  { id: 'douyin_app', product: 'app', name: { en: 'Douyin Pay from a mobile app', zh: '抖音 App 支付' }, action: 'sdk', ...yuan },
  {
    id: 'douyin_h5',
    product: 'h5',
    name: { en: 'Douyin Pay from a mobile browser', zh: '抖音 H5 支付' },
    action: 'redirect',
    needs: ['clientIp'],
    ...yuan,
  },
];

const manifest: ChannelManifest = {
  id: 'douyin',
  name: { en: 'Douyin Pay', zh: '抖音支付' },
  maturity: 'beta',
  verified: [
    {
      what: 'requests',
      against: 'vendor_library',
      source: 'github.com/douyinpay, libraries for Java, Go and Python: addresses, fields, what is signed',
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/douyin' },
  ],
  methods,
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
  money: { notation: 'minor_integer' },
  // What a repeated order answers is written nowhere that could be read, so none is sent again. Of refunds the vendor promises it.
  idempotency: { create: false },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 60 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['mchid', 'appid', 'serial_no', 'private_key', 'encrypt_key', 'platform_public_keys'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the gateway, without /v1. Another one than the default is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
        default: vendorUrl,
      },
      mchid: { type: 'string', description: 'Merchant number (商户号)', pattern: '^[0-9A-Za-z]{6,32}$' },
      appid: { type: 'string', description: 'App id bound to the merchant number', pattern: '^[0-9A-Za-z_-]{4,32}$' },
      serial_no: { type: 'string', description: 'Serial number of the merchant API certificate', pattern: '^[0-9A-Za-z]{6,64}$' },
      private_key: {
        type: 'string',
        description: 'Private key of the merchant API certificate, PEM',
        secret: true,
        minLength: 1,
        maxLength: 8192,
      },
      encrypt_key: {
        type: 'string',
        description: 'API encryption key (接口加密密钥), 32 characters',
        secret: true,
        minLength: 32,
        maxLength: 32,
      },
      platform_public_keys: {
        type: 'string',
        description:
          'JSON text: {"serial of the platform certificate": "PEM of the certificate or its public key"}; several during a rotation',
        minLength: 2,
        maxLength: 65536,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account.config, kit);
  refuseRealMoneyInTests(account.livemode, opened.baseUrl);
  return {
    merchantNo: opened.mchid,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    parseCallback: async (raw, call) => readCallback(opened, raw, call),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig(config: Config, kit: Kit): DouyinAccount {
  const encryptKey = Buffer.from(config.encrypt_key ?? '', 'utf8');
  if (encryptKey.length !== 32) throw new Error('encrypt_key must be exactly 32 bytes');
  for (const field of ['mchid', 'appid', 'serial_no'] as const) {
    const pattern = new RegExp(manifest.config.properties[field]?.pattern ?? '');
    if (!pattern.test(config[field] ?? '')) throw new Error(`${field} is not in its form`);
  }
  return {
    baseUrl: readBaseUrl(config.base_url ?? vendorUrl),
    mchid: config.mchid,
    appid: config.appid,
    serialNo: config.serial_no,
    privateKey: readKey('private_key', () => createPrivateKey(config.private_key)),
    encryptKey,
    platformKeys: readPlatformKeys(config.platform_public_keys, kit),
    kit,
  };
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') throw new Error('base_url must be a plain address');
  const isOnLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isOnLoopback))
    throw new Error('base_url must be https, or http on loopback');
  return text.replace(/\/+$/, '');
}

/** No sandbox of Douyin Pay is known: whatever reaches its gateway moves real money. */
function refuseRealMoneyInTests(livemode: boolean, baseUrl: string): void {
  const { hostname, protocol } = new URL(baseUrl);
  const isVendors = /(^|\.)(douyinpay|doupay)\.com$/.test(hostname);
  if (isVendors && !livemode) throw new Error('base_url of a test account must be a simulator: Douyin Pay has no sandbox');
  if (livemode && protocol === 'http:') throw new Error('base_url of a live account must be https');
}

function readPlatformKeys(text: string, kit: Kit): ReadonlyMap<string, KeyObject> {
  const entries = Object.entries(kit.json(text ?? '') ?? {});
  if (entries.length === 0) throw new Error('platform_public_keys must be a JSON object of at least one key');
  return new Map(
    entries.map(([serial, pem]) => [serial, readKey(`platform_public_keys of ${serial.slice(0, 64)}`, () => createPublicKey(String(pem)))]),
  );
}

/** A shorter key than 2048 bits could be forged. */
function readKey(field: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    throw new Error(`${field} is not a readable PEM`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048) throw new Error(`${field} must be an RSA key of 2048 bits or more`);
  return key;
}

/** Asks for an order that cannot exist: "not found" proves that our key is accepted. */
async function probe(account: DouyinAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const path = `/v1/trade/transactions/out-trade-no/PAYMUXPROBE000000000000000?mchid=${account.mchid}`;
  const answer = await ask(account, call, { method: 'GET', path });
  if (answer.kind === 'data') return { ok: true, detail: 'Douyin Pay answered' };
  if (answer.kind !== 'fault') return { ok: false, detail: `${answer.kind}: ${answer.reason}` };
  return { ok: saysNotFound(answer.error), detail: answer.error.code };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
