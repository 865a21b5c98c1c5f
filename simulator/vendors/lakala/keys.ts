import type { AccountOffer } from '../../types.ts';
import type { KeyVault, Pair } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface LakalaMerchant {
  readonly merchantNo: string;
  readonly termNo: string;
  readonly appid: string;
  readonly serialNo: string;
  readonly pair: Pair;
}

export interface LakalaKeys {
  readonly merchants: readonly LakalaMerchant[];
  /** Signs answers; callbacks have a certificate of their own. */
  readonly platform: Pair;
  readonly notify: Pair;
}

export type LakalaWorld = World<LakalaKeys>;

export const platformSerial = '0180a1b2c3d4';
export const strangerNo = '822000000000000';

export async function loadKeys(vault: KeyVault): Promise<LakalaKeys> {
  const [first, second, platform, notify] = await Promise.all(['merchant1', 'merchant2', 'platform', 'notify'].map(vault.pair));
  if (!first || !second || !platform || !notify) throw new Error('a key is missing');
  const merchants = [
    { merchantNo: '82229007392000A', termNo: 'D9296400', appid: 'OP00000101', serialNo: '00dfba8194c41b01', pair: first },
    { merchantNo: '82229007392000B', termNo: 'D9296401', appid: 'OP00000102', serialNo: '00dfba8194c41b02', pair: second },
  ];
  return { merchants, platform, notify };
}

export const describeAccounts = ({ merchants, platform, notify }: LakalaKeys): readonly AccountOffer[] =>
  merchants.map(({ merchantNo, termNo, appid, serialNo, pair }) => ({
    id: merchantNo,
    configure: (baseUrl) => ({
      base_url: baseUrl,
      app_id: appid,
      serial_no: serialNo,
      merchant_no: merchantNo,
      term_no: termNo,
      request_ip: '203.0.113.7',
      wechat_appid: 'wx0123456789abcdef',
      private_key: pair.privatePem,
      platform_certificate: platform.publicPem,
      notify_certificate: notify.publicPem,
    }),
  }));
