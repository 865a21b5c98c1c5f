import { expect } from 'chai';
import type { RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  answer,
  attempt,
  config,
  fault,
  link,
  linkId,
  number,
  openAdyen,
  pspReference,
  received,
  refundNumber,
  refundPsp,
  refundRequest,
  sessionId,
} from './fixture.ts';

const channel = openAdyen();
const echo = { number, merchantNo: 'ShopECOM' };
const url = `http://127.0.0.1:8090/adyen/v72/paymentLinks/${linkId}`;
const refusal = fault(422, '702', 'validation');

async function run<T>(operation: (call: ReturnType<typeof makeCall>) => Promise<T>, ...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  return { outcome: await operation(makeCall({ http })), requests };
}
const query = async (step: HttpStep) => (await run((call) => channel.query(attempt, call), step)).outcome;
const close = async (...steps: HttpStep[]) => (await run((call) => channel.close(attempt, call), ...steps)).outcome;
const refund = async (step: HttpStep, request: RefundRequest = refundRequest) =>
  (await run((call) => channel.refund(request, call), step)).outcome;

describe('adyen: asking about a link', () => {
  it('asks by the number of the link, with the key and no body', async () => {
    const { requests } = await run((call) => channel.query(attempt, call), answer(200, link()));
    const headers = { accept: 'application/json', 'user-agent': 'paymux', 'x-api-key': config.api_key };
    expect(requests).to.deep.equal([{ method: 'GET', url, headers }]);
  });

  it('never says paid: a completed link is processing, and the callback has the truth', async () => {
    const states = { active: 'pending', paymentPending: 'processing', completed: 'processing', paid: 'processing', expired: 'closed' };
    for (const [status, state] of Object.entries(states)) {
      expect(await query(answer(200, link({ status }))), status).to.deep.equal({ kind: 'ok', report: { state, echo } });
    }
  });

  it('takes the echo from the answer', async () => {
    const outcome = await query(answer(200, link({ reference: 'x', merchantAccount: 'OtherECOM' })));
    expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'pending', echo: { number: 'x', merchantNo: 'OtherECOM' } } });
  });

  it('leaves another link, a new status and every refusal without a verdict', async () => {
    expect(await query(answer(200, link({ id: 'PL0' })))).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    expect(await query(answer(200, link({ status: 'new' })))).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    expect((await query(fault(422, '905', 'configuration'))).kind).to.equal('rejected');
    expect((await query(fault(404, '999', 'validation'))).kind).to.equal('unknown');
    expect((await query(answered(502, ''))).kind).to.equal('unknown');
  });

  it('cannot be done for a session, and never with a number that is none', async () => {
    const refs = [
      { ...attempt, product: 'session', sessionNo: sessionId },
      { ...attempt, sessionNo: null },
      { ...attempt, sessionNo: '../../payments' },
    ];
    for (const ref of refs) {
      expect(await channel.query(ref, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
      expect(await channel.close(ref, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    }
  });
});

describe('adyen: closing a link', () => {
  it('expires it', async () => {
    const { outcome, requests } = await run((call) => channel.close(attempt, call), answer(200, link({ status: 'expired' })));
    expect(outcome).to.deep.equal({ kind: 'closed' });
    expect(requests[0]).to.include({ method: 'PATCH', url, body: '{"status":"expired"}' });
    expect(requests[0]?.headers).not.to.have.property('idempotency-key');
  });

  it('looks which end a link took that cannot be expired any more', async () => {
    expect(await close(refusal, answer(200, link({ status: 'expired' })))).to.deep.equal({ kind: 'closed' });
    for (const status of ['completed', 'paid', 'paymentPending']) {
      expect(await close(refusal, answer(200, link({ status }))), status).to.deep.equal({ kind: 'paid' });
    }
    expect((await close(refusal, answer(200, link()))).kind).to.equal('rejected');
    expect((await close(refusal, { kind: 'unknown', reason: 'timeout' })).kind).to.equal('unknown');
    expect((await close(refusal, fault(403, '010', 'security'))).kind).to.equal('rejected');
  });

  it('is not confirmed by anything else', async () => {
    expect((await close(answer(200, link()))).kind).to.equal('unknown');
    expect((await close(answer(200, link({ id: 'PL0', status: 'expired' })))).kind).to.equal('unknown');
    expect((await close(fault(403, '010', 'security'))).kind).to.equal('rejected');
    expect((await close({ kind: 'notSent', reason: 'refused' })).kind).to.equal('notSent');
  });
});

describe('adyen: a refund', () => {
  it('is asked for by the number of the payment, under its own as idempotency key', async () => {
    const { requests } = await run((call) => channel.refund(refundRequest, call), answer(201, received()));
    expect(requests[0]).to.deep.include({
      method: 'POST',
      url: `http://127.0.0.1:8090/adyen/v72/payments/${pspReference}/refunds`,
      body: `{"merchantAccount":"ShopECOM","amount":{"value":500,"currency":"EUR"},"reference":"${refundNumber}"}`,
    });
    expect(requests[0]?.headers).to.include({ 'idempotency-key': refundNumber });
  });

  it('is processing when Adyen has received it', async () => {
    const report = { state: 'processing', channelNo: refundPsp, echo: { number: refundNumber, merchantNo: 'ShopECOM' } };
    expect(await refund(answer(201, received()))).to.deep.equal({ kind: 'ok', report });
  });

  it('is unknown when the answer is about another payment or amount, or says anything else', async () => {
    const odd = [
      { paymentPspReference: 'X' },
      { amount: { currency: 'EUR', value: 501 } },
      { amount: null },
      { status: 'done' },
      { pspReference: '' },
    ];
    for (const members of odd) expect((await refund(answer(201, received(members)))).kind, JSON.stringify(members)).to.equal('unknown');
    expect((await refund(fault(422, '704', 'validation'))).kind).to.equal('unknown');
    expect((await refund(answered(500, ''))).kind).to.equal('unknown');
  });

  it('is rejected where Adyen refuses the request, and where there is nothing to name', async () => {
    expect(await refund(fault(422, '167', 'validation'))).to.deep.include({ kind: 'rejected', reason: 'validation' });
    for (const channelNo of [null, '', '../x']) {
      const request = { ...refundRequest, attempt: { ...attempt, channelNo } };
      expect(await channel.refund(request, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'validation' });
    }
  });
});
