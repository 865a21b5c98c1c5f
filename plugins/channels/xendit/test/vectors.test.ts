import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import type { WireRequest } from '../../../../core/contract/kit.ts';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, ok, openXendit, paymentRequest, refunded, refundRequest } from './fixture.ts';

interface Golden {
  readonly default: {
    readonly http: {
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | null;
    };
  };
}

function readGolden(): Readonly<Record<string, Golden>> | null {
  const folder = process.env.PAYMUX_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors');
  const file = resolve(folder, 'global/golden-requests.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).channels.xendit : null;
}

const pathOf = (url: string) => new URL(url).pathname.replaceAll(/\/+/g, '/').replace(/^\/xendit\//, '/');
const keyOf = (header = '') => Buffer.from(header.slice('Basic '.length), 'base64').toString();

/** Another library's requests for the same wishes: an opinion, to spot differences by. */
describe('xendit: requests beside those of another library', () => {
  const golden = readGolden();

  beforeEach(function () {
    if (golden === null) this.skip();
  });

  async function compare(
    operation: string,
    answer: Parameters<typeof scriptHttp>[0],
    send: (call: ReturnType<typeof makeCall>) => unknown,
  ) {
    const { http, requests } = scriptHttp(answer);
    await send(makeCall({ http }));
    const ours = requests[0] as WireRequest;
    const theirs = golden?.[operation]?.default.http;
    expect(ours.method).to.equal(theirs?.method);
    expect(pathOf(ours.url)).to.equal(pathOf(theirs?.url ?? ''));
    expect(keyOf(ours.headers?.authorization)).to.match(/^[^:]+:$/);
    expect(keyOf(theirs?.headers.authorization)).to.match(/^[^:]+:$/);
    if (theirs?.body) expect(JSON.parse(String(ours.body))).to.include(JSON.parse(theirs.body));
    else expect(ours).not.to.have.property('body');
  }

  const channel = openXendit();
  const paid = { ...attempt, channelNo: 'probe_connector_txn_001' };

  it('asks at the same address', () => compare('get', ok(paymentRequest()), (call) => channel.query(paid, call)));

  it('refunds with the same members', () => {
    const request = { ...refundRequest, attempt: paid, money: { amount: 1000, currency: 'USD' } };
    return compare('refund', ok(refunded()), (call) => channel.refund(request, call));
  });

  it('asks for a refund at the same address', () =>
    compare('refund_get', ok(refunded()), (call) => channel.queryRefund({ ...refundRequest, channelNo: 'probe_refund_id_001' }, call)));
});
