import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { keyOf } from '../sign.ts';
import {
  attempt,
  config,
  fault,
  ok,
  openMollie,
  paymentId,
  readVectors,
  refunded,
  refundId,
  refundNumber,
  refundRequest,
} from './fixture.ts';

const echo = { number: refundNumber, livemode: false };
const succeeded = {
  kind: 'ok',
  report: { state: 'succeeded', channelNo: refundId, money: { amount: 500, currency: 'EUR' }, echo },
};

async function refundWith(answer: Parameters<typeof scriptHttp>[0], overrides = {}) {
  const { http, requests } = scriptHttp(answer);
  return { outcome: await openMollie().refund({ ...refundRequest, ...overrides }, makeCall({ http })), request: requests[0] };
}

describe('mollie: refunding', () => {
  it('asks for a refund of the payment, byte for byte', async () => {
    const { outcome, request } = await refundWith(ok(refunded(), 201), { reason: 'wrong size' });
    expect(request?.url).to.equal(`${config.base_url}/v2/payments/${paymentId}/refunds`);
    expect(request?.headers).to.include({ 'idempotency-key': keyOf(refundNumber) });
    expect(request?.body).to.equal(
      `{"amount":{"currency":"EUR","value":"5.00"},"description":"wrong size","metadata":{"paymux_refund":"${refundNumber}"}}`,
    );
    expect(outcome).to.deep.equal(succeeded);
  });

  for (const [status, state] of [
    ['queued', 'processing'],
    ['pending', 'processing'],
    ['processing', 'processing'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ] as const) {
    it(`${status} is ${state}`, async () => {
      expect((await refundWith(ok(refunded({ status })))).outcome).to.have.nested.property('report.state', state);
    });
  }

  it('is unknown for a state nobody has seen, for another payment and without an amount', async () => {
    for (const members of [{ status: 'new' }, { paymentId: 'tr_x' }, { amount: null }, { id: '' }, { resource: 'payment' }]) {
      expect((await refundWith(ok(refunded(members)))).outcome, JSON.stringify(members)).to.include({ kind: 'unknown' });
    }
  });

  it('is declined for an amount that Mollie does not take, and for nothing else', async () => {
    expect((await refundWith(fault(422, 'amount'))).outcome).to.include({ kind: 'declined', code: 'refund_rejected' });
    expect((await refundWith(fault(422))).outcome).to.include({ kind: 'rejected', reason: 'validation' });
    expect((await refundWith(fault(409))).outcome).to.include({ kind: 'unknown' });
    expect((await refundWith(fault(503, 'amount'))).outcome).to.include({ kind: 'unknown' });
  });

  it('sends nothing for an amount that is none, or without a payment', async () => {
    for (const overrides of [{ money: { amount: 0, currency: 'EUR' } }, { attempt: { ...attempt, channelNo: null } }]) {
      expect(await openMollie().refund({ ...refundRequest, ...overrides }, makeCall())).to.include({ kind: 'rejected' });
    }
  });

  it('asks by the number of the refund, which must be the one that answers', async () => {
    const { http, requests } = scriptHttp(ok(refunded()), ok(refunded({ id: 're_other' })), fault(404));
    const ask = () => openMollie().queryRefund({ ...refundRequest, channelNo: refundId }, makeCall({ http }));
    expect(await ask()).to.deep.equal(succeeded);
    expect(requests[0]?.url).to.equal(`${config.base_url}/v2/payments/${paymentId}/refunds/${refundId}`);
    expect(await ask()).to.include({ kind: 'unknown' });
    expect(await ask()).to.have.nested.property('report.state', 'not_found');
    for (const channelNo of [null, '../x']) {
      expect(await openMollie().queryRefund({ ...refundRequest, channelNo }, makeCall())).to.include({ kind: 'rejected' });
    }
  });
});

interface Golden {
  readonly default: { readonly http: { readonly method: string; readonly url: string; readonly body: string | null } };
}

/** Another library's requests for the same wishes: an opinion, to spot differences by. Its ids are not in Mollie's form. */
describe('mollie: requests beside those of another library', () => {
  const golden = readVectors('global/golden-requests.json') as { channels: { mollie: Record<string, Golden> } } | null;

  it('go to the same addresses, and refund with the same amount', async function () {
    if (golden === null) return this.skip();
    const { http, requests } = scriptHttp(fault(404), fault(404), fault(404), fault(404));
    const call = makeCall({ http });
    const channel = openMollie();
    await channel.query(attempt, call);
    await channel.close(attempt, call);
    await channel.refund({ ...refundRequest, money: { amount: 1000, currency: 'USD' } }, call);
    await channel.queryRefund({ ...refundRequest, channelNo: refundId }, call);
    const theirs = ['get', 'void', 'refund', 'refund_get'].map((operation) => golden.channels.mollie[operation]?.default.http);
    const pathOf = (url = '') => new URL(url).pathname.replace('/mollie', '');
    const renamed = (url = '') => pathOf(url).replace('probe_connector_txn_001', paymentId).replace('probe_refund_id_001', refundId);
    expect(requests.map(({ method, url }) => `${method} ${pathOf(url)}`)).to.deep.equal(
      theirs.map((one) => `${one?.method} ${renamed(one?.url)}`),
    );
    expect(JSON.parse(String(requests[2]?.body)).amount).to.deep.equal(JSON.parse(String(theirs[2]?.body)).amount);
  });
});
