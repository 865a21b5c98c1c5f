import type { Keys } from './keys.ts';
import type { ChannelName } from './types.ts';

/** A test account, with `config` exactly as the channel plugin wants it. */
export interface SimulatedAccount {
  readonly id: string;
  readonly config: Readonly<Record<string, string>>;
}

export type Credentials = Readonly<Record<ChannelName, readonly SimulatedAccount[]>>;

/** All accounts, in the order of their ports. */
export function listAccounts(keys: Keys): readonly { readonly channel: ChannelName; readonly id: string }[] {
  return [
    ...keys.wechat.map(({ mchid }) => ({ channel: 'wechat' as const, id: mchid })),
    ...keys.alipay.map(({ appId }) => ({ channel: 'alipay' as const, id: appId })),
    ...keys.stripe.map(({ accountId }) => ({ channel: 'stripe' as const, id: accountId })),
  ];
}

/** What a merchant would have been sent by the vendors. `origin` gives the address of an account's own port. */
export function describeAccounts(keys: Keys, origin: (account: string) => string): Credentials {
  const platformKeys = JSON.stringify(Object.fromEntries(Object.entries(keys.wechatPlatform).map(([serial, { pem }]) => [serial, pem])));
  return {
    wechat: keys.wechat.map(({ mchid, appid, serialNo, apiV3Key, pair }) => ({
      id: mchid,
      config: {
        base_url: `${origin(mchid)}/wechat`,
        mchid,
        appid,
        serial_no: serialNo,
        private_key: pair.privatePem,
        api_v3_key: apiV3Key,
        platform_public_keys: platformKeys,
      },
    })),
    alipay: keys.alipay.map(({ appId, sellerId, pair }) => ({
      id: appId,
      config: {
        gateway_url: `${origin(appId)}/alipay/gateway.do`,
        app_id: appId,
        seller_id: sellerId,
        private_key: pair.privatePem,
        alipay_public_key: keys.alipayPlatform.publicPem,
      },
    })),
    stripe: keys.stripe.map(({ accountId, secretKey, publishableKey, webhookSecret }) => ({
      id: accountId,
      config: {
        base_url: `${origin(accountId)}/stripe`,
        secret_key: secretKey,
        publishable_key: publishableKey,
        webhook_secret: webhookSecret,
        account_id: accountId,
      },
    })),
  };
}
