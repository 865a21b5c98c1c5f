import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { isSigned } from '../sign.ts';
import { config, number, openGoCardless, paymentId, rawOf, refundId, refundNumber, requestId } from './fixture.ts';

const channel = openGoCardless();
const call = makeCall();
const sign = (body: string, key = config.webhook_secret) => ({ 'webhook-signature': createHmac('sha256', key).update(body).digest('hex') });
const tell = (...events: readonly object[]) => JSON.stringify({ events, meta: { webhook_id: 'WB123' } });
const read = (body: string, using = call) => channel.parseCallback(rawOf(body, sign(body)), using);

const fulfilled = {
  id: 'EV0001',
  resource_type: 'billing_requests',
  action: 'fulfilled',
  links: { billing_request: requestId, payment_request_payment: paymentId },
};
const confirmed = { id: 'EV0002', resource_type: 'payments', action: 'confirmed', links: { payment: paymentId } };
const returned = { id: 'EV0003', resource_type: 'refunds', action: 'paid', links: { refund: refundId } };
const mandate = { id: 'EV0004', resource_type: 'mandates', action: 'created', links: { mandate: 'MD000AMA19XGEC' } };
const all = tell(fulfilled, mandate, confirmed, returned);
const changed = { state: 'changed' };

function readSample() {
  const path = join(process.env['PAYMUX_VECTORS'] ?? '../shared/vectors', 'global/webhook-signatures.json');
  if (!existsSync(path)) return null;
  return JSON.parse(readFileSync(path, 'utf8')).vectors.find(({ id }: { id: string }) => id === 'gocardless-body');
}

describe('gocardless: the vendor’s sample', () => {
  it('verifies, and with any byte changed does not', function () {
    const sample = readSample();
    if (sample === null) this.skip();
    const { secret, body, expected } = sample;
    expect(isSigned(secret, Buffer.from(body), expected)).to.equal(true);
    for (const text of [body, secret, expected] as string[]) {
      for (let at = 0; at < text.length; at += 1) {
        const other = Buffer.from(text);
        other[at] = (other[at] ?? 0) ^ 1;
        const of = (one: string) => (one === text ? other.toString() : one);
        expect(isSigned(of(secret), Buffer.from(of(body)), of(expected)), `byte ${at}`).to.equal(false);
      }
    }
  });

  it('tells of nothing that is of interest', async function () {
    const sample = readSample();
    if (sample === null) this.skip();
    const callback = await openGoCardless({ webhook_secret: sample.secret }).parseCallback(
      rawOf(sample.body, { 'webhook-signature': sample.expected }),
      call,
    );
    expect(callback).to.deep.include({ kind: 'ignored', eventType: 'subscriptions.created' });
  });
});

describe('gocardless: callbacks', () => {
  it('tell many events at once, each of which makes us ask', async () => {
    const callback = await read(all);
    expect(callback).to.include({ kind: 'event', trust: 'signed' });
    expect(callback).to.have.deep.property('items', [
      { of: 'payment', sessionNo: requestId, report: changed },
      { of: 'payment', channelNo: paymentId, report: changed },
      { of: 'refund', channelNo: refundId, report: changed },
    ]);
  });

  it('bring our numbers where the endpoint was told to send metadata', async () => {
    const body = tell(
      { ...confirmed, resource_metadata: { attempt_number: number } },
      { ...returned, resource_metadata: { refund_number: refundNumber } },
    );
    expect(await read(body)).to.have.deep.property('items', [
      { of: 'payment', channelNo: paymentId, number, report: changed },
      { of: 'refund', channelNo: refundId, number: refundNumber, report: changed },
    ]);
  });

  it('are the same event when they come again, and another with other events', async () => {
    const [first, again, other] = await Promise.all([read(all), read(`${all} `), read(tell(confirmed))]);
    expect(first).to.have.property('eventId', (again as { eventId: string }).eventId);
    expect(first).to.not.have.property('eventId', (other as { eventId: string }).eventId);
  });

  for (const action of ['failed', 'late_failure_settled', 'charged_back', 'paid_out', 'brand_new']) {
    it(`never undo or settle anything by themselves when a payment is ${action}`, async () => {
      const callback = await read(tell({ ...confirmed, action }));
      expect(callback).to.have.deep.property('items', [{ of: 'payment', channelNo: paymentId, report: changed }]);
    });
  }

  it('about money that the bank took back are told to operators', async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    await read(tell(confirmed, { ...confirmed, action: 'charged_back' }), makeCall({ log }));
    expect(lines).to.have.length(1);
    expect(lines[0]).to.deep.equal([
      'warn',
      'GoCardless tells of money that the bank took back',
      { payment: paymentId, action: 'charged_back' },
    ]);
  });

  it('are refused for each changed byte, for another key, and without a signature', async () => {
    const bytes = Buffer.from(all);
    for (let at = 0; at < bytes.length; at += 1) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] ?? 0) ^ 1;
      const callback = await channel.parseCallback({ ...rawOf('', sign(all)), body: other }, call);
      expect(callback, `byte ${at}`).to.deep.include({ kind: 'refused', reason: 'bad_signature' });
    }
    for (const headers of [{}, sign(all, config.access_token), { 'webhook-signature': 'zz' }, { 'webhook-signature': '' }]) {
      const callback = await channel.parseCallback(rawOf(all, headers), call);
      expect(callback).to.have.nested.property('reply.status', 498);
    }
  });

  it('that are genuine and say nothing are malformed, and empty ones ignored', async () => {
    for (const body of ['', '[]', '{}', '{"events":[1]}', tell({ ...confirmed, id: 'x' })]) {
      expect(await read(body), body).to.deep.include({ kind: 'refused', reason: 'malformed' });
    }
    expect(await read(tell())).to.include({ kind: 'ignored' });
    expect(await read(tell({ ...confirmed, links: null }))).to.include({ kind: 'ignored', eventType: 'payments.confirmed' });
  });

  it('of any bytes are refused without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.string(), async (body, signature) => {
        const raw = { ...rawOf('', { 'webhook-signature': signature }), body: Buffer.from(body) };
        expect(await channel.parseCallback(raw, call)).to.have.property('kind', 'refused');
      }),
    ));

  it('of any signed content are read without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom('payments', 'refunds', 'billing_requests'), fc.jsonValue(), async (resource, value) => {
        const event = { id: 'EV0001', resource_type: resource, action: value, links: value, resource_metadata: value };
        expect(await read(JSON.stringify({ events: [event, value] }))).to.have.property('kind');
        expect(await read(tell(event))).to.have.property('kind');
      }),
    ));
});
