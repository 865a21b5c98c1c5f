import type { Outcome } from '../../../core/contract/outcome.ts';
import { answering, type Defect, doing, hearing, mishearing, sending } from '../spoil.ts';

const declined = (code = 'declined'): Outcome => ({
  kind: 'declined',
  echo: {},
  code,
  advice: 'retry_other_method',
  vendor: { code: 'none', message: 'none' },
});
const lost = ['timeout', 'reset'];

/** Numbers that were sent before get something behind them. */
function numberAnew() {
  const sent = new Set<string>();
  return sending(/orders$/, (content, _, call) => {
    const { number = '' } = content;
    const isAgain = sent.has(number);
    sent.add(number);
    return isAgain ? { ...content, number: `${number}${call.nonce().slice(0, 8)}` } : content;
  });
}

const paying: readonly Defect[] = [
  {
    name: 'an answer to pay that never came is a decline',
    seenBy: /pay that meets (drop|hang)/,
    spoil: answering('pay', (outcome) => (outcome.kind === 'unknown' && lost.includes(outcome.reason) ? declined() : outcome)),
  },
  {
    name: 'an answer to pay that never came was not sent',
    seenBy: /pay that meets drop/,
    spoil: answering('pay', (outcome) => (outcome.kind === 'unknown' ? { kind: 'notSent', reason: 'local' } : outcome)),
  },
  {
    name: 'a fault of the vendor is a decline of pay',
    seenBy: /pay that meets http_500/,
    spoil: mishearing(/POST .*orders$/, 500, { status: 402, content: { code: 'over_limit' } }),
  },
  {
    name: 'no connection is unknown',
    seenBy: /takes no connection/,
    spoil: answering('pay', (outcome) => (outcome.kind === 'notSent' ? { kind: 'unknown', reason: 'reset' } : outcome)),
  },
  {
    name: 'too many requests were not sent, against the manifest',
    seenBy: /pay that is over the limit/,
    spoil: answering('pay', (outcome) =>
      outcome.kind === 'unknown' && outcome.reason === 'rate_limited' ? { kind: 'notSent', reason: 'rate_limited' } : outcome,
    ),
  },
  {
    name: 'a code that nobody knows sends the payment to another account',
    seenBy: /a code that nobody knows/,
    spoil: answering('pay', (outcome) =>
      outcome.kind === 'unknown' && outcome.reason === 'unmapped' ? declined('limit_exceeded') : outcome,
    ),
  },
  {
    name: 'an answer to pay is believed whoever signed it',
    seenBy: /pay whose answer is signed by nobody/,
    spoil: hearing(/orders$/, (content) => content),
  },
  { name: 'pay has another number each time', seenBy: /same request again makes no second/, spoil: numberAnew() },
  {
    name: 'pay writes to what it was given',
    seenBy: /pay answers with the step/,
    spoil: doing((own) => ({
      pay(request, call) {
        Object.assign(request.payer, { locale: 'en' });
        return own.pay(request, call);
      },
    })),
  },
  {
    name: 'pay answers with what was never asked of the vendor',
    seenBy: /by query or by callback/,
    spoil: doing((_, { config }) => ({
      pay: async ({ number }) => ({ kind: 'action', action: { type: 'redirect', url: `${config.base_url}/pay/${number}` } }),
    })),
  },
];

const asking: readonly Defect[] = [
  {
    name: 'an answer to query that never came is a decline',
    seenBy: /query that meets (drop|hang)/,
    spoil: answering('query', (outcome) => (outcome.kind === 'unknown' && lost.includes(outcome.reason) ? declined() : outcome)),
  },
  {
    name: 'a fault of the vendor means that there is no such order',
    seenBy: /query that meets http_500/,
    spoil: mishearing(/GET .*orders/, 500, { status: 404, content: { code: 'no_such_order' } }),
  },
  {
    name: 'too many questions mean that there is no such order',
    seenBy: /query that is over the limit/,
    spoil: mishearing(/GET .*orders/, 429, { status: 404, content: { code: 'no_such_order' } }),
  },
  {
    name: 'an order that is not found is a decline',
    seenBy: /does not know/,
    spoil: answering('query', (outcome) => (outcome.kind === 'ok' && outcome.report.state === 'not_found' ? declined() : outcome)),
  },
  {
    name: 'an order that is not found is closed',
    seenBy: /does not know/,
    spoil: answering('query', (outcome) =>
      outcome.kind === 'ok' && outcome.report.state === 'not_found' ? { kind: 'ok', report: { state: 'closed', echo: {} } } : outcome,
    ),
  },
  {
    name: 'an unpaid order is paid',
    seenBy: /query of what nobody paid/,
    spoil: hearing(/orders\/\w+$/, (content) => (content['status'] === 'open' ? { ...content, status: 'paid' } : content)),
  },
  {
    name: 'a paid order is unpaid',
    seenBy: /by query or by callback/,
    spoil: hearing(/orders\/\w+$/, (content) => (content['status'] === 'paid' ? { ...content, status: 'open' } : content)),
  },
  {
    name: 'the own clock says that an order is closed',
    seenBy: /by our own clock/,
    spoil: doing((own) => ({
      async query(attempt, call) {
        const outcome = await own.query?.(attempt, call);
        const isOver = call.now() > attempt.expiresAt && outcome?.kind === 'ok' && outcome.report.state === 'pending';
        return isOver ? { kind: 'ok', report: { state: 'closed', echo: {} } } : (outcome as Outcome);
      },
    })),
  },
  {
    name: 'the amount is the one that was asked for, whatever the vendor says',
    seenBy: /shows the amount that the vendor states/,
    spoil: doing((own) => ({
      async query(attempt, call) {
        const outcome = (await own.query?.(attempt, call)) as Outcome;
        const isPaid = outcome.kind === 'ok' && outcome.report.state === 'succeeded';
        return isPaid ? ({ ...outcome, report: { ...outcome.report, money: attempt.money } } as Outcome) : outcome;
      },
    })),
  },
  {
    name: 'the merchant is the own one, whatever the vendor says',
    seenBy: /shows the merchant that the vendor states/,
    spoil: hearing(/orders\/\w+$/, (content, _, { config }) => ({ ...content, merchant: config.merchant })),
  },
  {
    name: 'an answer to query is believed whoever signed it',
    seenBy: /query whose answer is signed by nobody/,
    spoil: hearing(/orders\/\w+$/, (content) => content),
  },
];

/** Remembers what it closed, and will not do it again. */
function closeOnce() {
  const closed = new Set<string>();
  return doing((own) => ({
    async close(attempt, call) {
      if (closed.has(attempt.number)) return { kind: 'rejected', reason: 'validation' };
      closed.add(attempt.number);
      return (await own.close?.(attempt, call)) ?? { kind: 'notFound' };
    },
  }));
}

const closing: readonly Defect[] = [
  {
    name: 'close says closed and asks nobody',
    seenBy: /close of an unpaid attempt/,
    spoil: doing(() => ({ close: async () => ({ kind: 'closed' }) })),
  },
  {
    name: 'close of a closed order is a fault of ours',
    seenBy: /close twice/,
    spoil: closeOnce(),
  },
  {
    name: 'close of a paid order says closed',
    seenBy: /close of a paid attempt/,
    spoil: mishearing(/close$/, 409, { status: 200, content: { status: 'closed' } }),
  },
  {
    name: 'an answer to close that never came says closed',
    seenBy: /close that meets drop/,
    spoil: doing((own) => ({
      async close(attempt, call) {
        const outcome = await own.close?.(attempt, call);
        return outcome === undefined || outcome.kind === 'unknown' ? { kind: 'closed' } : outcome;
      },
    })),
  },
  {
    name: 'a fault of the vendor says closed',
    seenBy: /close that meets http_500/,
    spoil: mishearing(/close$/, 500, { status: 200, content: { status: 'closed' } }),
  },
  {
    name: 'too many requests say closed',
    seenBy: /close that is over the limit/,
    spoil: mishearing(/close$/, 429, { status: 200, content: { status: 'closed' } }),
  },
  {
    name: 'an answer to close is believed whoever signed it',
    seenBy: /close whose answer is signed by nobody/,
    spoil: hearing(/close$/, (content) => content),
  },
];

export const paymentDefects: readonly Defect[] = [...paying, ...asking, ...closing];
