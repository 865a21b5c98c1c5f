import { expect } from 'chai';
import sinon from 'sinon';
import xendit from '../../plugins/channels/xendit/index.ts';
import type { Json } from '../simulator/kit.ts';
import { asRaw, call, faultOf, loadSdk, newNumber, openPlugin, openRing, type Ring, requestOf } from './kit.ts';

describe('referee: xendit-node', () => {
  let ring: Ring;
  let sdk: Json;
  let client: Json;

  before(async function () {
    sdk = await loadSdk(this, 'xendit-node');
    ring = await openRing('xendit');
    client = connect(ring.config.secret_key);
  });
  after(() => ring?.end());

  function connect(secretKey: string): Json {
    // It says on the console that the key is one for tests.
    const quiet = sinon.stub(console, 'warn');
    try {
      return Reflect.construct(sdk.Xendit, [{ secretKey, xenditURL: ring.origin }]);
    } finally {
      quiet.restore();
    }
  }
  const ask = (data: Json, idempotencyKey = newNumber()): Promise<Json> =>
    client.PaymentRequest.createPaymentRequest({ idempotencyKey, data });
  const codeOf = (referenceId: string): Json => ({
    referenceId,
    amount: 20_000,
    currency: 'IDR',
    paymentMethod: { type: 'QR_CODE', reusability: 'ONE_TIME_USE', qrCode: { channelCode: 'QRIS' } },
  });
  const read = (id: string): Promise<Json> => client.PaymentRequest.getPaymentRequestByID({ paymentRequestId: id });
  /** What the SDK makes of a word that it does not know. */
  const hasUnknownWord = (answer: Json) => JSON.stringify(answer).includes('UNKNOWN_ENUM_VALUE');

  it('sells by a code that is shown: made, paid, told, read, listed', async () => {
    const number = newNumber();
    const made = await ask(codeOf(number));
    expect(sdk.instanceOfPaymentRequest?.(made) ?? true).to.equal(true);
    expect(made).to.include({ status: 'PENDING', referenceId: number, amount: 20_000, businessId: ring.config.business_id });
    expect(await ring.pay(made.paymentMethod.qrCode.channelProperties.qrString)).to.include({ paid: true, number });
    const told = await ring.told(({ body }) => body.includes(made.id));
    expect(told.headers['x-callback-token']).to.equal(ring.config.callback_token);
    const paid = await read(made.id);
    expect(paid.status).to.equal('SUCCEEDED');
    expect([made, paid].map(hasUnknownWord)).to.deep.equal([false, false]);
    const listed = await client.PaymentRequest.getAllPaymentRequests({ referenceId: [number] });
    expect(listed.data.map(({ id }: Json) => id)).to.deep.equal([made.id]);
    expect(await ring.truthOf(number)).to.deep.equal(['charge 2000000']);
  });

  it('refunds in parts, and never more than is left', async () => {
    const made = await ask(codeOf(newNumber()));
    await ring.pay(made.paymentMethod.qrCode.channelProperties.qrString);
    const refund = (amount: number): Promise<Json> =>
      client.Refund.createRefund({
        idempotencyKey: newNumber(),
        data: { paymentRequestId: made.id, referenceId: newNumber(), amount, reason: 'OTHERS' },
      });
    const part = await refund(15_000);
    // The library drops the status of a refund.
    expect(part).to.include({ amount: 15_000, paymentRequestId: made.id, currency: 'IDR' });
    await ring.told(({ body }) => body.includes(part.id));
    const ended = await client.Refund.getRefund({ refundID: part.id });
    expect(ended).to.deep.include({ id: part.id, amount: 15_000, channelCode: 'QRIS' });
    expect(await faultOf(refund(5_001))).to.include({ status: 400, errorCode: 'MAXIMUM_REFUND_AMOUNT_REACHED' });
  });

  it('sends a shopper to a wallet, and gives an account to transfer to', async () => {
    const wallet = { channelCode: 'SHOPEEPAY', channelProperties: { successReturnUrl: 'http://127.0.0.1/back' } };
    const opened = await ask({ ...codeOf(newNumber()), paymentMethod: { type: 'EWALLET', reusability: 'ONE_TIME_USE', ewallet: wallet } });
    expect(opened.status).to.equal('REQUIRES_ACTION');
    expect(await ring.pay(opened.actions[0].url)).to.include({ paid: true });
    const account = { channelCode: 'BCA', channelProperties: { customerName: 'Ada' } };
    const given = await ask({
      ...codeOf(newNumber()),
      paymentMethod: { type: 'VIRTUAL_ACCOUNT', reusability: 'ONE_TIME_USE', virtualAccount: account },
    });
    expect(given.paymentMethod.virtualAccount.channelProperties.virtualAccountNumber).to.match(/^\d+$/);
    expect([opened, given].map(hasUnknownWord)).to.deep.equal([false, false]);
  });

  it('repeats under an idempotency key, and refuses another request under it', async () => {
    const [number, key] = [newNumber(), newNumber()];
    const first = await ask(codeOf(number), key);
    expect((await ask(codeOf(number), key)).id).to.equal(first.id);
    expect(await faultOf(ask({ ...codeOf(number), amount: 1 }, key))).to.include({ status: 409, errorCode: 'IDEMPOTENCY_ERROR' });
  });

  it('reads faults as what they are: a wrong key, nothing there, too many requests, trouble', async () => {
    const codeOfFault = async (asked: Promise<unknown>) => {
      const { status, errorCode } = await faultOf(asked);
      return `${status} ${errorCode}`;
    };
    expect(await codeOfFault(connect('xnd_development_wrong').PaymentRequest.getPaymentRequestByID({ paymentRequestId: 'pr-x' }))).to.equal(
      '401 INVALID_API_KEY',
    );
    expect(await codeOfFault(read('pr-x'))).to.equal('404 DATA_NOT_FOUND');
    await ring.misbehave('query', 'rate_limited');
    expect(await codeOfFault(read('pr-x'))).to.equal('429 RATE_LIMIT_EXCEEDED');
    await ring.misbehave('query', 'http_500');
    expect(await codeOfFault(read('pr-x'))).to.equal('500 SERVER_ERROR');
  });

  // The vendor signs no callbacks: there is only the token.
  it('reads what the plugin made, and what a callback names', async () => {
    const channel = openPlugin(xendit, ring);
    const request = requestOf(ring, { product: 'qris', money: { amount: 2_500_000, currency: 'IDR' } });
    const made: Json = await channel.pay(request, call);
    await ring.pay(made.action.qrContent);
    const told = await ring.told(({ body }) => body.includes(request.number));
    const taken: Json = await channel.parseCallback(asRaw(ring, told), call);
    expect(taken).to.include({ kind: 'event', trust: 'token' });
    expect(await read(taken.items[0].channelNo)).to.include({ referenceId: request.number, amount: 25_000, status: 'SUCCEEDED' });
  });
});
