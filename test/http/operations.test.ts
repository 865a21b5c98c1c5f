import { expect } from 'chai';
import { z } from 'zod';
import { docsPage, errorsPage } from '../../core/http/docs-page.ts';
import { buildOpenApi, type Json } from '../../core/http/openapi.ts';
import { documentRoute, healthRoutes, metricsRoute } from '../../core/http/operations.ts';
import { defineRoute, type RawRoute, type RawRouteInput } from '../../core/http/route.ts';
import { type Fake, fakeRoutes } from './kit.ts';

const thingView = z
  .object({ id: z.string(), parts: z.array(z.object({ no: z.string().meta({ description: 'A <b>number</b>' }) })) })
  .meta({ id: 'Thing' });
const routes = [
  ...fakeRoutes({} as Fake),
  defineRoute({
    id: 'things.show',
    method: 'GET',
    path: '/v1/shown/:id/:part',
    summary: 'Show <it>',
    tag: 'Things',
    scope: null,
    answers: { 200: thingView },
    handle: async () => ({ kind: 'answer', status: 200 }),
  }),
];
const document = buildOpenApi(routes, {
  version: '1.2.3',
  serverUrl: 'https://pay.example.com',
  notifications: { 'thing.made': thingView },
});

/** Walks into nested JSON. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((node, step) => (node as Json)[step], value);
}

/** Every `$ref` in a document. */
function references(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => (name === '$ref' ? [String(member)] : references(member)));
}

describe('the OpenAPI document', () => {
  it('has one operation for each route and method, and no other', () => {
    const expected = routes.flatMap((route) =>
      (route.kind === 'api' ? [route.method] : route.methods).map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`),
    );
    const found = Object.entries(at(document, 'paths') as Json).flatMap(([path, item]) =>
      Object.keys(item as Json).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(found).to.have.members(expected);
    const ids = Object.values(at(document, 'paths') as Json).flatMap((item) =>
      Object.values(item as Json).map((operation) => at(operation, 'operationId')),
    );
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('shows bodies, answers and problems in both formats', () => {
    const create = at(document, 'paths', '/v1/things', 'post');
    expect(at(create, 'requestBody', 'content')).to.have.keys('application/json', 'application/xml');
    expect(at(create, 'requestBody', 'content', 'application/json', 'schema')).to.deep.include({
      required: ['name', 'amount'],
      additionalProperties: false,
    });
    expect(at(create, 'responses')).to.have.keys('201', 'default');
    expect(at(create, 'responses', 'default', 'content')).to.have.keys('application/problem+json', 'application/problem+xml');
    expect(at(create, 'parameters')).to.deep.equal([{ $ref: '#/components/parameters/IdempotencyKey' }]);
  });

  it('shows parameters of path and query', () => {
    const parameters = at(document, 'paths', '/v1/things', 'get', 'parameters') as readonly Json[];
    expect(parameters.map(({ name, in: place, required }) => [name, place, required])).to.deep.equal([
      ['limit', 'query', false],
      ['expand', 'query', false],
      ['name', 'query', false],
    ]);
    expect(parameters[1]).to.deep.include({ explode: false });
    expect((at(document, 'paths', '/v1/shown/{id}/{part}', 'get', 'parameters') as readonly Json[]).map(({ name }) => name)).to.deep.equal([
      'id',
      'part',
    ]);
  });

  it('lists the notifications, and shares named schemas', () => {
    expect(at(document, 'webhooks')).to.have.keys('thing.made');
    expect(at(document, 'components', 'schemas')).to.have.keys('Problem', 'Thing');
    const targets = references(document);
    expect(targets).to.include('#/components/schemas/Thing');
    for (const target of targets) expect(at(document, ...target.slice(2).split('/')), target).to.be.an('object');
  });

  it('asks for a key everywhere but where strangers may come', () => {
    expect(at(document, 'security')).to.deep.equal([{ key: [] }]);
    expect(at(document, 'paths', '/v1/callbacks/{channel}', 'post', 'security')).to.deep.equal([]);
    expect(at(document, 'components', 'securitySchemes')).to.have.keys('key', 'signature');
  });
});

describe('the pages', () => {
  it('show every operation and field, escaped, without scripts', () => {
    const { body, headers } = docsPage(document);
    for (const route of routes.filter(({ kind }) => kind === 'api')) expect(body).to.contain(`id="${route.id}"`);
    expect(body)
      .to.contain('Show &lt;it&gt;')
      .and.to.contain('A &lt;b&gt;number&lt;/b&gt;')
      .and.to.contain('parts[].no')
      .and.to.contain('lines[].amount');
    expect(body).not.to.match(/<script|<b>|https?:\/\/(?!pay\.example\.com)/);
    expect(headers?.['Content-Security-Policy'])
      .to.match(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'/)
      .and.not.to.contain('unsafe');
  });

  it('have an anchor for each code that a problem points to', () => {
    const { body } = errorsPage();
    for (const code of ['invalid_request', 'insufficient_funds', 'duplicate_key']) expect(body).to.contain(`id="${code}"`);
  });
});

describe('operations', () => {
  const input: RawRouteInput = {
    method: 'GET',
    path: '/',
    query: '',
    params: {},
    headers: {},
    body: Buffer.alloc(0),
    locale: 'en',
    requestId: 'r',
    remoteAddress: '127.0.0.1',
    stopping: new AbortController().signal,
  };
  const ask = (route: RawRoute | undefined, headers = {}) => route?.handle({ ...input, headers });

  it('/livez answers always, /readyz 503 with its checks until all is well, or when asking fails', async () => {
    const state = { ok: false, checks: { database: 'unavailable' } };
    const [live, ready] = healthRoutes(async () => state);
    expect(await ask(live)).to.include({ status: 200 });
    expect(await ask(ready)).to.deep.include({ status: 503, body: JSON.stringify(state) });
    state.ok = true;
    expect(await ask(ready)).to.include({ status: 200 });
    const [, broken] = healthRoutes(() => Promise.reject(new Error('secret')));
    const got = await ask(broken);
    expect(got).to.include({ status: 503 });
    expect(JSON.stringify(got)).not.to.contain('secret');
  });

  it('/metrics wants its token where one is set', async () => {
    const source = { text: async () => 'up 1\n', contentType: 'text/plain; version=0.0.4' };
    const guarded = metricsRoute(source, 'token-1');
    for (const authorization of [undefined, 'Bearer token-2', 'Bearer token-1x', 'token-1', 'Bearer ']) {
      expect(await ask(guarded, { authorization }), String(authorization)).to.include({ kind: 'refused', code: 'unauthorized' });
    }
    expect(await ask(guarded, { authorization: 'Bearer token-1' })).to.include({ status: 200, body: 'up 1\n' });
    expect(await ask(metricsRoute(source, null))).to.include({ status: 200 });
  });

  it('a document is served as it was made', async () => {
    expect(await ask(documentRoute('openapi', '/openapi.json', 'The description', { headers: { A: 'b' }, body: '{}' }))).to.deep.equal({
      status: 200,
      headers: { A: 'b' },
      body: '{}',
    });
  });
});
