import { expect } from 'chai';
import { errors } from '../../core/errors.ts';
import { type ApiDeps, apiRoutes, notificationObjects } from '../../core/http/api.ts';
import { healthRoutes } from '../../core/http/operations.ts';
import type { AnyRoute, Route } from '../../core/http/route.ts';
import { forEachDatabase } from '../kit/database.ts';
import { resolve, schemaFaults } from '../kit/json-schema.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { type Answer, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { listSamples, payAsShopper } from '../kit/shopper.ts';

const samples = await listSamples();

// biome-ignore lint/suspicious/noExplicitAny: a document is walked by names that are not known here.
type Json = any;

/** The table itself needs nothing that its handlers need. */
const routes: readonly AnyRoute[] = [...apiRoutes({ kernel: {} } as ApiDeps), ...healthRoutes(async () => ({ ok: true, checks: {} }))];
const methodsOf = (route: AnyRoute) => (route.kind === 'api' ? [route.method] : route.methods);
const pathOf = (route: AnyRoute) => route.path.replace(/:(\w+)/g, '{$1}');
const places = routes.flatMap((route) => methodsOf(route).map((method) => `${method} ${pathOf(route)}`));

describe('The OpenAPI document', () => {
  forEachDatabase((name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    let document: Json;
    let docs: string;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open() });
      shop = await startMerchant();
      document = (await paymux.call('GET', '/openapi.json')).body;
      docs = (await paymux.call('GET', '/docs')).text;
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    const operations = (): readonly { place: string; path: string; method: string; operation: Json }[] =>
      Object.entries<Json>(document.paths).flatMap(([path, item]) =>
        Object.entries<Json>(item).map(([method, operation]) => ({
          place: `${method.toUpperCase()} ${path}`,
          path,
          method: method.toUpperCase(),
          operation,
        })),
      );
    const operationOf = (route: Route) => document.paths[pathOf(route)][route.method.toLowerCase()];
    const parametersOf = (operation: Json): readonly Json[] =>
      (operation.parameters ?? []).map((one: Json) => (one.$ref ? resolve(document, one.$ref) : one));

    it('names every route, and nothing but routes', () => {
      expect(document.openapi).to.equal('3.1.0');
      expect(operations().map((one) => one.place)).to.have.members(places);
      const ids = operations().map((one) => one.operation.operationId);
      expect(new Set(ids).size).to.equal(ids.length);
      for (const route of routes.filter((one) => one.kind === 'api')) expect(operationOf(route).operationId).to.equal(route.id);
    });

    it('names addresses that the server answers under', async () => {
      for (const { place, path, method } of operations()) {
        const answer = await fetch(paymux.url + path.replace(/\{\w+\}/g, 'x'), { method });
        expect(answer.status, place).to.not.equal(405);
        if (path.startsWith('/v1/callbacks/')) continue;
        expect(answer.status, place).to.equal(path.startsWith('/v1/') ? 401 : 200);
      }
    });

    for (const route of routes.filter((one) => one.kind === 'api')) {
      it(`says of ${route.method} ${route.path} what goes in and what comes out`, () => {
        const operation = operationOf(route);
        expect(operation.summary).to.be.a('string').and.not.equal('');
        expect(operation.tags).to.deep.equal([route.tag]);
        expect(document.tags.map((tag: { name: string }) => tag.name)).to.include(route.tag);
        const parameters = parametersOf(operation);
        const named = (place: string) => parameters.filter((one) => one.in === place).map((one) => one.name);
        expect(named('path')).to.have.members([...route.path.matchAll(/:(\w+)/g)].map(([, one]) => one));
        expect(named('query')).to.have.members(Object.keys((route.query as { shape?: object } | undefined)?.shape ?? {}));
        expect(named('header')).to.deep.equal((route.idempotent ?? route.method === 'POST') ? ['Idempotency-Key'] : []);
        const bodies = Object.keys(operation.requestBody?.content ?? {});
        expect(bodies).to.deep.equal(route.body ? ['application/json', 'application/xml'] : (route.file?.types ?? []));
        expect(Object.keys(operation.responses)).to.have.members([
          ...Object.keys(route.answers),
          ...(route.files ? ['200'] : []),
          'default',
        ]);
        expect(Object.keys(operation.responses.default.content)).to.deep.equal(['application/problem+json', 'application/problem+xml']);
      });
    }

    it('has only references that lead somewhere', () => {
      const walk = (node: Json): void => {
        if (typeof node !== 'object' || node === null) return;
        if (typeof node.$ref === 'string') resolve(document, node.$ref);
        for (const member of Object.values(node)) walk(member);
      };
      walk(document);
      expect(document.components.securitySchemes.key).to.include({ type: 'http', scheme: 'bearer' });
    });

    it('describes every notification, as the one list of them', () => {
      expect(Object.keys(document.webhooks)).to.have.members(Object.keys(notificationObjects));
    });

    it('is drawn for people in full, without anything that runs', async () => {
      for (const { operation, path, method } of operations()) {
        expect(docs, operation.operationId).to.contain(`<h3 id="${operation.operationId}"><span class="method">${method}</span>`);
        expect(docs).to.contain(`<code>${path}</code>`).and.to.contain(operation.summary);
        for (const { name: parameter } of parametersOf(operation)) expect(docs).to.contain(`<code>${parameter}</code>`);
        const schema = operation.requestBody?.content['application/json']?.schema ?? {};
        if (operation.requestBody?.content['text/csv'] !== undefined)
          expect(docs).to.contain('The body is a file of one of the types text/csv');
        for (const field of Object.keys(schema.properties ?? {})) expect(docs).to.contain(`<code>${field}</code>`);
      }
      const answer = await paymux.call('GET', '/docs');
      expect(answer.headers.get('content-security-policy')).to.contain("default-src 'none'");
      expect(answer.text).to.not.match(/<script|javascript:/);
    });

    it('has a section for every code at the address that problems give as their type', async () => {
      const problem = (await paymux.call('GET', '/v1/nothing')).body;
      const [page = '', code] = problem.type.split('#');
      const text = await (await fetch(page)).text();
      expect(text).to.contain(`id="${code}"`);
      for (const known of Object.keys(errors)) expect(text).to.contain(`<h2 id="${known}">`);
    });

    describe(`agrees with what is really answered (${name})`, () => {
      const seen = new Set<string>();
      /** Calls, finds the operation, and holds the request and the answer against it. */
      const call = async (method: string, path: string, body?: unknown): Promise<Json> => {
        const answer = await paymux.call(method, path, body);
        const [bare = ''] = path.split('?');
        const pattern = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);
        const found = operations().find((one) => one.method === method && pattern(one.path).test(bare));
        if (found === undefined) throw new Error(`${method} ${bare} is not documented`);
        seen.add(found.place);
        if (answer.status < 300 && body !== undefined) {
          expect(schemaFaults(found.operation.requestBody.content['application/json'].schema, body, document), found.place).to.deep.equal(
            [],
          );
        }
        expectDocumented(found.operation, answer, found.place);
        return answer.body;
      };
      const expectDocumented = (operation: Json, answer: Answer, place: string) => {
        const type = answer.headers.get('content-type') ?? '';
        const documented = operation.responses[answer.status] ?? operation.responses.default;
        expect(documented.content, `${place} ${answer.status} as ${type}`).to.have.property(type);
        expect(schemaFaults(documented.content[type].schema, answer.body, document), answer.text.slice(0, 300)).to.deep.equal([]);
      };

      const callReconciliation = async () => {
        for (const list of ['reconciliations', 'discrepancies']) {
          await call('GET', `/v1/${list}?limit=1`);
          expect((await call('GET', `/v1/${list}/unknown`)).code).to.equal('not_found');
        }
        expect((await call('GET', '/v1/reconciliations/unknown/report?format=xlsx')).code).to.equal('not_found');
        await call('POST', '/v1/reconciliations/documents?account=unknown&day=2026-01-31', {});
        const more = {
          refund: { amount: 1 },
          assign: { owner: null },
          adjust: { reason: 'unexplained', amount: -1, currency: 'CNY' },
        };
        for (const verb of ['accept', 'query', 'write_off', 'reopen', 'refund', 'assign', 'adjust'] as const) {
          const body = { note: 'Seen', ...(verb in more && more[verb as keyof typeof more]) };
          expect((await call('POST', `/v1/discrepancies/unknown/${verb}`, body)).code).to.equal('not_found');
        }
      };

      it('through a payment by every method, its refund, lists, endpoints and problems', async function () {
        this.timeout(30_000);
        const endpoint = await call('POST', '/v1/notification_endpoints', { url: shop.url, types: [] });
        await call('GET', '/v1/channels');
        const offered = ((await call('GET', '/v1/methods')).data as readonly Json[]).map(({ method }) => method);
        for (const {
          method: { id: method, action },
          currency,
          payer,
        } of samples.filter((sample) => offered.includes(sample.method.id))) {
          const order = {
            merchant_order_no: orderNo(),
            amount: 1999,
            currency,
            subject: 'Tea',
            method,
            payer,
            return_url: 'https://shop.example/#/done',
            order_lines: [
              { merchant_order_no: 'line-1', amount: 999, subject: 'Tea' },
              { merchant_order_no: 'line-2', amount: 1000, subject: null },
            ].map(({ subject, ...line }) => (subject === null ? line : { ...line, subject })),
            metadata: { 'table no': '7' },
            expires_in: 900,
          };
          const payment = await call('POST', '/v1/payments', order);
          if (action !== 'none') expect(payment.state, method).to.equal('pending');
          await call('POST', '/v1/payments', order);
          await call('POST', '/v1/payments', { ...order, amount: 1 });
          if (payment.action !== null) await payAsShopper(paymux, payment.action);
          await eventually(async () => (await call('GET', `/v1/payments/${payment.id}`)).state === 'success');
          await call('GET', `/v1/payments/${payment.id}?expand=attempts,refunds`);
          const refund = await call('POST', `/v1/payments/${payment.id}/refunds`, {
            merchant_refund_no: orderNo(),
            amount: 1999,
            reason: 'Cold',
          });
          await eventually(async () => (await call('GET', `/v1/refunds/${refund.id}`)).state === 'success');
          await call('GET', `/v1/payments/${payment.id}?expand=attempts,refunds`);
          await call('POST', `/v1/payments/${payment.id}/close`);
        }
        const closable = { merchant_order_no: orderNo(), amount: 1, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
        await call('POST', `/v1/payments/${(await call('POST', '/v1/payments', closable)).id}/close`);
        await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'decline', code: 'NOT_ENOUGH' });
        const declined = await call('POST', '/v1/payments', { ...closable, merchant_order_no: orderNo() });
        expect(declined.state).to.equal('failed');
        await call('POST', '/v1/payments', { amount: '7', colour: 'red' });
        await call('GET', '/v1/payments/pay_unknown');
        await call('GET', '/v1/payments?limit=100');
        const expanded = await call('GET', '/v1/payments?limit=100&expand=attempts,refunds');
        expect(expanded.data[0]).to.include.keys('attempts', 'refunds');
        await call('GET', `/v1/payments?starting_after=${declined.id}&ending_before=${declined.id}`);
        await call('GET', '/v1/refunds?limit=100');
        for (const list of ['payments?starting_after', 'refunds?ending_before', 'events?after'])
          expect((await call('GET', `/v1/${list}=unknown`)).code).to.equal('invalid_request');
        await eventually(async () => (await call('GET', '/v1/events?limit=100')).data.length > 20);
        const link = await call('POST', '/v1/payment_links', { subject: 'Tea', currency: 'CNY', min_amount: 1, most_payments: 3 });
        expect(link.url).to.match(/\/pay\/lnk_/);
        await call('POST', '/v1/payment_links', { subject: 'Tea', currency: 'CNY', amount: 7, min_amount: 8, max_amount: 1 });
        await call('GET', '/v1/payment_links?limit=1');
        await call('POST', `/v1/payment_links/${(await call('GET', `/v1/payment_links/${link.id}`)).id}/disable`);
        await callReconciliation();
        await call('GET', '/v1/notification_endpoints');
        await call('DELETE', `/v1/notification_endpoints/${endpoint.id}`);
        const documented = routes.filter((route) => route.kind === 'api').map((route) => `${route.method} ${pathOf(route)}`);
        expect([...seen]).to.have.members(documented);
      });

      it('through every notification that went out meanwhile', () => {
        const types = new Set(shop.received.map((one) => one.body.type));
        expect([...types]).to.include.members(['payment.created', 'payment.succeeded', 'refund.created', 'refund.succeeded']);
        for (const one of shop.received) {
          const { schema } = document.webhooks[one.body.type].post.requestBody.content['application/json'];
          expect(schemaFaults(schema, one.body, document), one.raw.slice(0, 300)).to.deep.equal([]);
        }
      });
    });
  });
});
