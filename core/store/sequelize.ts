import mysql2 from 'mysql2';
import { Sequelize, Transaction } from 'sequelize';
import type { Address } from './address.ts';
import { prepareSession } from './mysql/session.ts';
import { createDialect } from './sqlite/dialect.ts';
import type { WriterLock } from './sqlite/writer.ts';

/** Admin queries and migrations need few connections; the engine has its own. */
const adminPool = { max: 4, min: 0, acquire: 10_000, idle: 10_000 };

/** Sequelize on the embedded file, for schema, models and admin queries. The lock is the one that the engine holds while it writes. */
export function openSequelizeOnSqlite(file: string, lock: WriterLock): Sequelize {
  return new Sequelize({ dialect: 'sqlite', dialectModule: createDialect(lock), storage: file, logging: false });
}

/** Sequelize on MySQL or MariaDB, for schema, models and admin queries. */
export function openSequelizeOnMysql(address: Address): Sequelize {
  const { host, port, user, password, database, tls } = address;
  return new Sequelize({
    dialect: 'mysql',
    dialectModule: mysql2,
    host,
    port,
    username: user,
    password,
    database,
    logging: false,
    pool: adminPool,
    timezone: '+00:00',
    isolationLevel: Transaction.ISOLATION_LEVELS.READ_COMMITTED,
    dialectOptions: {
      supportBigNumbers: true,
      bigNumberStrings: false,
      charset: 'utf8mb4_bin',
      flags: '+FOUND_ROWS',
      ...(tls && { ssl: {} }),
    },
    hooks: {
      afterConnect: async (connection) => prepareSession((sql) => queryOn(connection as mysql2.Connection, sql)),
    },
  });
}

function queryOn(connection: mysql2.Connection, sql: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
  });
}
