import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, intent, intentAttempt, ok, openStripe, payRequest, readVectors, refunded, refundRequest, session } from './fixture.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly maxLength?: number;
  readonly anyOf?: readonly Schema[];
}

interface Spec {
  readonly paths: Readonly<
    Record<
      string,
      { readonly post?: { readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> } } }
    >
  >;
}

interface Case {
  readonly spec: string;
  readonly op: string;
  readonly name: string;
  readonly should_be: 'valid' | 'invalid';
  readonly body: string;
}

type Node = string | { readonly [name: string]: Node };

/** `a[b][0]=c` as nested objects; a list is an object with the keys 0, 1 … */
function decode(body: string): Node {
  const root: Record<string, Node> = {};
  for (const [name, value] of new URLSearchParams(body)) {
    const path = name.split(/\]\[|\[|\]/).filter((part) => part !== '');
    let at: Record<string, Node> = root;
    for (const part of path.slice(0, -1)) {
      at[part] ??= {};
      at = at[part] as Record<string, Node>;
    }
    at[path.at(-1) ?? ''] = value;
  }
  return root;
}

/** Every way in which a value is not what the schema says: text by type and enum, objects by their keys. */
function faultsOf(schema: Schema, value: Node, at: string): string[] {
  if (schema.anyOf !== undefined) {
    const each = schema.anyOf.map((one) => faultsOf(one, value, at));
    return each.some((faults) => faults.length === 0) ? [] : each.flat();
  }
  if (typeof value === 'string') return textFaults(schema, value, at);
  if (schema.type === 'array') return Object.entries(value).flatMap(([key, item]) => faultsOf(schema.items ?? {}, item, `${at}[${key}]`));
  if (schema.type !== 'object') return [`${at} is an object`];
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is missing`);
  return [...missing, ...Object.entries(value).flatMap(([name, inner]) => memberFaults(schema, name, inner, at))];
}

function memberFaults(schema: Schema, name: string, value: Node, at: string): string[] {
  const known = schema.properties?.[name];
  if (known !== undefined) return faultsOf(known, value, `${at}.${name}`);
  const others = schema.additionalProperties;
  return typeof others === 'object' ? faultsOf(others, value, `${at}.${name}`) : [`${at}.${name} is unknown`];
}

function textFaults(schema: Schema, value: string, at: string): string[] {
  const patterns: Readonly<Record<string, RegExp>> = { integer: /^-?\d+$/, boolean: /^(true|false)$/, string: /^/ };
  const pattern = patterns[schema.type ?? ''];
  if (pattern === undefined) return [`${at} is text`];
  if (!pattern.test(value)) return [`${at} is not of type ${schema.type}`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at} is not one of ${schema.enum.join(', ')}`];
  return schema.maxLength !== undefined && value.length > schema.maxLength ? [`${at} is too long`] : [];
}

describe("stripe: our requests against the vendor's schema of 2023-08-16", () => {
  let spec: Spec;

  before(function () {
    const read = readVectors('global/specs-min/stripe-2023-08-16.json');
    if (read === null) this.skip();
    spec = read as Spec;
  });

  function check(path: string, body: string): string[] {
    const schema = spec.paths[path]?.post?.requestBody.content['application/x-www-form-urlencoded']?.schema;
    if (schema === undefined) throw new Error(`the schema has no ${path}`);
    return faultsOf(schema, decode(body), '');
  }

  it('judges the known good and bad bodies as the vendor would', () => {
    const { cases } = readVectors('global/contract-cases.json') as { readonly cases: readonly Case[] };
    const ours = cases.filter((one) => one.spec === 'stripe');
    expect(ours).to.have.length.greaterThan(4);
    for (const one of ours) {
      const verdict = check(one.op.replace('POST ', ''), one.body).length === 0 ? 'valid' : 'invalid';
      expect(verdict, one.name).to.equal(one.should_be);
    }
    expect(check('/v1/payment_intents', 'amount=1&currency=usd&amuont=1')).to.deep.equal(['.amuont is unknown']);
  });

  const channel = openStripe();
  const requests: readonly (readonly [
    name: string,
    path: string,
    send: (http: ReturnType<typeof scriptHttp>['http']) => Promise<unknown>,
  ])[] = [
    [
      'a session',
      '/v1/checkout/sessions',
      (http) => channel.pay(payRequest({ returnUrl: 'https://shop.example.com' }), makeCall({ http })),
    ],
    ['an intent', '/v1/payment_intents', (http) => channel.pay(payRequest({ product: 'payment_intent' }), makeCall({ http }))],
    ['the end of a session', '/v1/checkout/sessions/{session}/expire', (http) => channel.close(attempt, makeCall({ http }))],
    ['the end of an intent', '/v1/payment_intents/{intent}/cancel', (http) => channel.close(intentAttempt, makeCall({ http }))],
    ['a refund', '/v1/refunds', (http) => channel.refund({ ...refundRequest, reason: 'too big' }, makeCall({ http }))],
  ];

  for (const [name, path, send] of requests) {
    it(`accepts ${name}`, async () => {
      const script = scriptHttp(ok({ ...session(), ...intent(), ...refunded() }));
      await send(script.http);
      const pattern = new RegExp(`${path.replace(/\{\w+\}/g, '\\w+')}$`);
      expect(script.requests[0]?.url).to.match(pattern);
      expect(check(path, String(script.requests[0]?.body))).to.deep.equal([]);
    });
  }
});
