import type { Channel, ChannelPlugin } from '../../contract/channel.ts';
import type { ChannelManifest, ConfigProperty, MethodManifest } from '../../contract/manifest.ts';
import { parseCallback } from './callback.ts';
import { openAccount } from './opened.ts';
import { askRefund, close, pay, query, refund } from './operations.ts';
import type { Definition } from './schema.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The one channel that speaks every definition: what a folder with code exports, made of data. */
export function toPlugin(definition: Definition): ChannelPlugin {
  return {
    contract: 1,
    manifest: toManifest(definition),
    open(account, kit): Channel {
      const opened = openAccount(definition, account, kit);
      const { query: asking, close: closing, refund: refunding, queryRefund: askingRefund, statement: lines } = definition;
      return {
        merchantNo: opened.merchantNo,
        pay: (request, call) => pay(opened, request, call),
        parseCallback: (raw) => parseCallback(opened, raw),
        ...(asking && { query: (attempt, call) => query(opened, asking, attempt, call) }),
        ...(closing && { close: (attempt, call) => close(opened, closing, attempt, call) }),
        ...(refunding && { refund: (request, call) => refund(opened, request, call) }),
        ...(askingRefund && { queryRefund: (request, call) => askRefund(opened, 'queryRefund', askingRefund, request, call) }),
        ...(lines && {
          fetchStatement: (day, call) => fetchStatement(opened, lines, day, call),
          readStatement: (document) => readStatement(opened, lines, document),
        }),
      };
    },
  };
}

/** What can be done is what has an endpoint: a definition cannot claim more, and no word has to be said twice. */
function toManifest(definition: Definition): ChannelManifest {
  const { id, name, maturity, verified, exponents, settle, rateLimited, failoverCodes, idempotency, callback, config } = definition;
  const { ttlHours, refund: refundsRepeat } = idempotency;
  return {
    id,
    name,
    maturity,
    verified,
    methods: definition.methods.map((method) => toMethod(id, method)),
    abilities: {
      query: byNumber(definition.query),
      close: definition.close === undefined ? 'none' : 'unpaid',
      capture: 'none',
      refund: definition.refund === undefined ? 'none' : (definition.refunds ?? 'full'),
      queryRefund: byNumber(definition.queryRefund),
      statement: definition.statement === undefined ? 'none' : 'api',
    },
    money: { notation: definition.money, ...(exponents && { exponents }) },
    idempotency: {
      create: idempotency.create,
      ...(ttlHours !== undefined && { ttlHours }),
      ...(refundsRepeat !== undefined && { refund: refundsRepeat }),
    },
    callback: { trust: callback.trust },
    settle,
    rateLimited,
    failoverCodes,
    ...(definition.statement && {
      statements: { zone: definition.zone, cutOff: definition.statement.cutOff, readyAt: definition.statement.readyAt },
    }),
    config: {
      type: 'object',
      required: config.required,
      properties: Object.fromEntries(Object.entries(config.properties).map(([key, property]) => [key, toProperty(property)])),
    },
  };
}

const byNumber = (endpoint: unknown) => (endpoint === undefined ? 'none' : 'by_number');

function toMethod(id: string, method: Definition['methods'][number]): MethodManifest {
  const { product, name, action, maturity, currencies, min, max, needs } = method;
  return {
    id: `${id}_${product}`,
    product,
    name,
    action,
    currencies,
    ...(maturity !== undefined && { maturity }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(needs !== undefined && { needs: needs as NonNullable<MethodManifest['needs']> }),
  };
}

function toProperty(property: Definition['config']['properties'][string]): ConfigProperty {
  const { type, description, secret, identity, pattern, minLength, maxLength } = property;
  return {
    type,
    description,
    ...(secret !== undefined && { secret }),
    ...(identity !== undefined && { identity }),
    ...(pattern !== undefined && { pattern }),
    ...(minLength !== undefined && { minLength }),
    ...(maxLength !== undefined && { maxLength }),
    ...(property.enum !== undefined && { enum: property.enum }),
    ...(property.default !== undefined && { default: readDefault(type, property.default) }),
  };
}

function readDefault(type: ConfigProperty['type'], text: string): string | number | boolean {
  if (type === 'boolean') return text === 'true';
  return type === 'integer' ? Number(text) : text;
}
