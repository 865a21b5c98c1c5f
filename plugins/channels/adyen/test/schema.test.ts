import { expect } from 'chai';
import type { Http } from '../../../../core/contract/kit.ts';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { resolve, schemaFaults } from '../../../../test/kit/json-schema.ts';
import { answer, link, openAdyen, payRequest, readVectors, received, refundRequest, session } from './fixture.ts';

type Document = Readonly<Record<string, unknown>>;

interface Case {
  readonly spec: string;
  readonly op: string;
  readonly name: string;
  readonly should_be: 'valid' | 'invalid';
  readonly body: unknown;
}

/** What links are made of, in the vendor's own words for v72 (`PaymentLinkRequest`, `UpdatePaymentLinkRequest`): the published cut has no links. */
const links: Readonly<Record<string, Document>> = {
  create: {
    type: 'object',
    additionalProperties: false,
    required: ['amount', 'merchantAccount', 'reference'],
    properties: {
      amount: { $ref: '#/components/schemas/Amount' },
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
  let spec: Document;

  before(function () {
    const read = readVectors('global/specs-min/adyen-checkout-v72.json');
    if (read === null) this.skip();
    spec = read as Document;
  });

  function schemaOf(op: string): Document {
    const paths = spec.paths as Record<string, { post: { requestBody: { content: Record<string, { schema: Document }> } } }>;
    const found = paths[op.replace('POST ', '')]?.post.requestBody.content['application/json']?.schema;
    if (found === undefined) throw new Error(`the schema has no ${op}`);
    return found;
  }
  const faultsOf = (op: string, body: unknown) => schemaFaults(schemaOf(op), body, spec);

  async function bodyOf(answerBody: Document, send: (http: Http) => Promise<unknown>): Promise<unknown> {
    const { http, requests } = scriptHttp(answer(201, answerBody));
    await send(http);
    return JSON.parse(requests[0]?.body as string);
  }
  const payer = { country: 'NL', email: 'a@example.com', locale: 'nl-NL', clientIp: '203.0.113.9' };
  const payWith = (product: string, created: Document, more = {}) =>
    bodyOf(created, (http) => channel.pay(payRequest({ product, ...more }), makeCall({ http })));

  it('judges the known bad bodies as the vendor would', () => {
    const { cases } = readVectors('global/contract-cases.json') as { readonly cases: readonly Case[] };
    // Those of POST /payments, which this channel never calls, are left out.
    const ours = cases.filter((one) => one.spec === 'adyen' && one.op !== 'POST /payments');
    expect(ours).to.have.length.greaterThan(1);
    for (const one of ours) {
      const verdict = faultsOf(one.op, one.body).length === 0 ? 'valid' : 'invalid';
      expect(verdict, one.name).to.equal(one.should_be);
    }
  });

  it('a session with everything and one with nothing that can be left out', async () => {
    for (const more of [{}, { payer, returnUrl: 'https://shop.example/r' }]) {
      expect(faultsOf('POST /sessions', await payWith('session', session(), more))).to.deep.equal([]);
    }
  });

  it('a refund', async () => {
    const body = await bodyOf(received(), (http) => channel.refund(refundRequest, makeCall({ http })));
    expect(faultsOf('POST /payments/{paymentPspReference}/refunds', body)).to.deep.equal([]);
  });

  it('a link with everything and one with nothing that can be left out, and its end', async () => {
    expect(resolve(spec, '#/components/schemas/Amount')).to.include({ additionalProperties: false });
    for (const more of [{}, { payer, returnUrl: 'https://shop.example/r', subject: 'x'.repeat(300) }]) {
      expect(schemaFaults(links.create as Document, await payWith('link', link(), more), spec)).to.deep.equal([]);
    }
    const attempt = { ...refundRequest.attempt, channelNo: null };
    const body = await bodyOf(link({ status: 'expired' }), (http) => channel.close(attempt, makeCall({ http })));
    expect(schemaFaults(links.update as Document, body, spec)).to.deep.equal([]);
    expect(schemaFaults(links.create as Document, { ...(body as object), amuont: 1 }, spec)).not.to.deep.equal([]);
  });
});
