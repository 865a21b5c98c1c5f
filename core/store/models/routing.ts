import { type CreationOptional, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { id, idOrNull, integer, integerOrNull, long, longOrNull, primary, text } from './columns.ts';

/** A whole channel switched off. A channel without a row is on. */
export class Channel extends Model<InferAttributes<Channel>, InferCreationAttributes<Channel>> {
  declare id: string;
  declare status: string;
  declare updated_at: number;

  static define(sequelize: Sequelize) {
    const columns = { id: primary(), status: id(), updated_at: integer('updated_at') };
    return class extends Channel {}.init(columns, { sequelize, modelName: 'channel', tableName: 'channels', timestamps: false });
  }
}

/** One merchant id and its keys at a channel. `config`: JSON, secrets encrypted inside. */
export class ChannelAccount extends Model<InferAttributes<ChannelAccount>, InferCreationAttributes<ChannelAccount>> {
  declare id: string;
  declare channel: string;
  declare merchant_id: CreationOptional<string | null>;
  declare livemode: number;
  declare status: string;
  declare priority: number;
  declare weight: number;
  declare config: string;
  declare terms: CreationOptional<string | null>;
  declare version: number;
  declare created_at: number;
  declare updated_at: number;

  static define(sequelize: Sequelize) {
    const columns = {
      id: primary(),
      channel: id(),
      merchant_id: idOrNull(),
      livemode: integer('livemode'),
      status: id(),
      priority: integer('priority'),
      weight: integer('weight'),
      config: long(),
      terms: longOrNull(),
      version: integer('version'),
      created_at: integer('created_at'),
      updated_at: integer('updated_at'),
    };
    const options = { sequelize, modelName: 'channel_account', tableName: 'channel_accounts', timestamps: false };
    return class extends ChannelAccount {}.init(columns, options);
  }
}

/** Where a merchant wants to be notified. The secrets are encrypted. */
export class NotificationEndpoint extends Model<InferAttributes<NotificationEndpoint>, InferCreationAttributes<NotificationEndpoint>> {
  declare id: string;
  declare app_id: string;
  declare url: string;
  declare secret: string;
  declare old_secret: CreationOptional<string | null>;
  declare old_secret_until: CreationOptional<number | null>;
  declare types: string;
  declare status: string;
  declare failing_since: CreationOptional<number | null>;
  declare created_at: number;

  static define(sequelize: Sequelize) {
    const columns = {
      id: primary(),
      app_id: id(),
      url: text(),
      secret: long(),
      old_secret: longOrNull(),
      old_secret_until: integerOrNull('old_secret_until'),
      types: text(),
      status: id(),
      failing_since: integerOrNull('failing_since'),
      created_at: integer('created_at'),
    };
    const options = { sequelize, modelName: 'notification_endpoint', tableName: 'notification_endpoints', timestamps: false };
    return class extends NotificationEndpoint {}.init(columns, options);
  }
}

/** A counter of changes, by which servers learn that what they hold in memory is old. */
export class Version extends Model<InferAttributes<Version>, InferCreationAttributes<Version>> {
  declare id: string;
  declare value: number;

  static define(sequelize: Sequelize) {
    const columns = { id: primary(), value: integer('value') };
    return class extends Version {}.init(columns, { sequelize, modelName: 'version', tableName: 'versions', timestamps: false });
  }
}
