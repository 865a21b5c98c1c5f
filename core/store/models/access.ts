import { type CreationOptional, type InferAttributes, type InferCreationAttributes, Model, type Sequelize } from 'sequelize';
import { id, idOrNull, integer, integerOrNull, long, longOrNull, primary, text, textOrNull } from './columns.ts';

/** Who is paid. */
export class Merchant extends Model<InferAttributes<Merchant>, InferCreationAttributes<Merchant>> {
  declare id: string;
  declare name: string;
  declare status: string;
  declare created_at: number;
  declare brand_color: CreationOptional<string | null>;
  declare logo_id: CreationOptional<string | null>;

  static define(sequelize: Sequelize) {
    const columns = {
      id: primary(),
      name: text(),
      status: id(),
      created_at: integer('created_at'),
      brand_color: idOrNull(),
      logo_id: idOrNull(),
    };
    return class extends Merchant {}.init(columns, { sequelize, modelName: 'merchant', tableName: 'merchants', timestamps: false });
  }
}

/** A credential of a merchant: either test or live, for ever. `secret` is encrypted. */
export class App extends Model<InferAttributes<App>, InferCreationAttributes<App>> {
  declare id: string;
  declare merchant_id: string;
  declare name: string;
  declare livemode: number;
  declare status: string;
  declare notify_url: CreationOptional<string | null>;
  declare return_url: CreationOptional<string | null>;
  declare late_policy: string;
  declare require_signature: CreationOptional<number>;
  declare rate_per_second: number;
  declare secret: string;
  declare old_secret: CreationOptional<string | null>;
  declare old_secret_until: CreationOptional<number | null>;
  declare created_at: number;

  static define(sequelize: Sequelize) {
    const columns = {
      id: primary(),
      merchant_id: id(),
      name: text(),
      livemode: integer('livemode'),
      status: id(),
      notify_url: textOrNull(),
      return_url: textOrNull(),
      late_policy: id(),
      require_signature: integer('require_signature', 0),
      rate_per_second: integer('rate_per_second'),
      secret: long(),
      old_secret: longOrNull(),
      old_secret_until: integerOrNull('old_secret_until'),
      created_at: integer('created_at'),
    };
    return class extends App {}.init(columns, { sequelize, modelName: 'app', tableName: 'apps', timestamps: false });
  }
}

/** `hash`: SHA-256 hex of the key. `scopes`: JSON list. */
export class ApiKey extends Model<InferAttributes<ApiKey>, InferCreationAttributes<ApiKey>> {
  declare id: string;
  declare app_id: string;
  declare hash: string;
  declare hint: string;
  declare scopes: string;
  declare status: string;
  declare created_at: number;
  declare revoked_at: CreationOptional<number | null>;

  static define(sequelize: Sequelize) {
    const columns = {
      id: primary(),
      app_id: id(),
      hash: id(),
      hint: id(),
      scopes: text(),
      status: id(),
      created_at: integer('created_at'),
      revoked_at: integerOrNull('revoked_at'),
    };
    return class extends ApiKey {}.init(columns, { sequelize, modelName: 'api_key', tableName: 'api_keys', timestamps: false });
  }
}

/** A key for signed requests. `material`: a public key, or an encrypted secret. */
export class SigningKey extends Model<InferAttributes<SigningKey>, InferCreationAttributes<SigningKey>> {
  declare id: string;
  declare app_id: string;
  declare algorithm: string;
  declare material: string;
  declare status: string;
  declare created_at: number;

  static define(sequelize: Sequelize) {
    const columns = {
      id: primary(),
      app_id: id(),
      algorithm: id(),
      material: long(),
      status: id(),
      created_at: integer('created_at'),
    };
    return class extends SigningKey {}.init(columns, { sequelize, modelName: 'signing_key', tableName: 'signing_keys', timestamps: false });
  }
}
