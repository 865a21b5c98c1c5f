import { expect } from 'chai';
import type { Http } from '../../../../core/contract/kit.ts';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { schemaFaults } from '../../../../test/kit/json-schema.ts';
import { readVendorCases, readVendorSchema, type VendorSchema } from '../../../../test/kit/vendor-schema.ts';
import { answer, link, openAdyen, payRequest, received, refundRequest, session } from './fixture.ts';

type Document = Readonly<Record<string, unknown>>;

/** What links are made of, in the vendor's own words for v72 (`PaymentLinkRequest`, `UpdatePaymentLinkRequest`): the published cut has no links. */
const links: Readonly<Record<string, Document>> = {
  create: {
    type: 'object',
    additionalProperties: false,
    required: ['amount', 'merchantAccount', 'reference'],
    properties: {
      amount: {
        type: 'object',
        additionalProperties: false,
        required: ['currency', 'value'],
        properties: { currency: { type: 'string', maxLength: 3, minLength: 3 }, value: { type: 'integer', format: 'int64' } },
      },
      captureDelayHours: { type: 'integer', format: 'int32' },
      countryCode: { type: 'string', maxLength: 100 },
      description: { type: 'string', maxLength: 280 },
      expiresAt: { type: 'string', format: 'date-time' },
      manualCapture: { type: 'boolean' },
      merchantAccount: { type: 'string' },
      reference: { type: 'string' },
      returnUrl: { type: 'string', maxLength: 8000 },
      reusable: { type: 'boolean' },
      shopperEmail: { type: 'string', maxLength: 500 },
      shopperLocale: { type: 'string', maxLength: 32 },
    },
  },
  update: {
    type: 'object',
    additionalProperties: false,
    required: ['status'],
    properties: { status: { type: 'string', enum: ['expired'] } },
  },
};

describe("adyen: our requests against the vendor's schema of v72", () => {
  const channel = openAdyen();
  let schema: VendorSchema | null;

  before(() => {
    schema = readVendorSchema('adyen-checkout-v72.json');
  });

  const faultsOf = (op: string, body: unknown) => schema?.faultsOf(op, body);

  async function bodyOf(answerBody: Document, send: (http: Http) => Promise<unknown>): Promise<unknown> {
    const { http, requests } = scriptHttp(answer(201, answerBody));
    await send(http);
    return JSON.parse(requests[0]?.body as string);
  }
  const payer = { country: 'NL', email: 'a@example.com', locale: 'nl-NL', clientIp: '203.0.113.9' };
  const payWith = (product: string, created: Document, more = {}) =>
    bodyOf(created, (http) => channel.pay(payRequest({ product, ...more }), makeCall({ http })));

  it('judges the known good and bad bodies as the vendor would', function () {
    if (schema === null) this.skip();
    const cases = readVendorCases('adyen');
    expect(cases).to.have.length.greaterThan(4);
    for (const one of cases) {
      const verdict = schema.faultsOf(one.op, one.body).length === 0 ? 'valid' : 'invalid';
      expect(verdict, one.name).to.equal(one.should_be);
    }
  });

  it('a session with everything and one with nothing that can be left out', async function () {
    if (schema === null) this.skip();
    for (const more of [{}, { payer, returnUrl: 'https://shop.example/r' }]) {
      expect(faultsOf('POST /sessions', await payWith('session', session(), more))).to.deep.equal([]);
    }
  });

  it('a refund', async function () {
    if (schema === null) this.skip();
    const body = await bodyOf(received(), (http) => channel.refund(refundRequest, makeCall({ http })));
    expect(faultsOf('POST /payments/{paymentPspReference}/refunds', body)).to.deep.equal([]);
  });

  it('a link with everything and one with nothing that can be left out, and its end', async () => {
    for (const more of [{}, { payer, returnUrl: 'https://shop.example/r', subject: 'x'.repeat(300) }]) {
      expect(schemaFaults(links.create as Document, await payWith('link', link(), more), {})).to.deep.equal([]);
    }
    const attempt = { ...refundRequest.attempt, channelNo: null };
    const body = await bodyOf(link({ status: 'expired' }), (http) => channel.close(attempt, makeCall({ http })));
    expect(schemaFaults(links.update as Document, body, {})).to.deep.equal([]);
    expect(schemaFaults(links.create as Document, { ...(body as object), amuont: 1 }, {})).not.to.deep.equal([]);
  });
});
