import type { Sequelize } from 'sequelize';
import { ApiKey, App, Merchant, SigningKey } from './access.ts';
import { Channel, ChannelAccount, NotificationEndpoint, Version } from './routing.ts';

/** The models of what operators administer, bound to one connection. What happens to payments has no models: see `tables/`. */
export function defineModels(sequelize: Sequelize) {
  return {
    merchants: Merchant.define(sequelize),
    apps: App.define(sequelize),
    apiKeys: ApiKey.define(sequelize),
    signingKeys: SigningKey.define(sequelize),
    channels: Channel.define(sequelize),
    channelAccounts: ChannelAccount.define(sequelize),
    notificationEndpoints: NotificationEndpoint.define(sequelize),
    versions: Version.define(sequelize),
  };
}

export type Models = ReturnType<typeof defineModels>;
