import type { RefundOutcome } from '../../../core/contract/outcome.ts';
import { type Defect, doing, hearing, mishearing, sending } from '../spoil.ts';

const failed: RefundOutcome = { kind: 'ok', report: { state: 'failed', code: 'refund_rejected', echo: {} } };
type Function = 'refund' | 'queryRefund';

const answering = (name: Function, change: (outcome: RefundOutcome) => RefundOutcome) =>
  doing((own) => ({ [name]: async (...given: never) => change(await (own[name] as (...all: never) => Promise<RefundOutcome>)(...given)) }));

const sent: readonly Defect[] = [
  {
    name: 'a refund goes without its number',
    seenBy: /same refund again|sent again is still one/,
    spoil: sending(/refunds$/, ({ refund: _, ...content }) => content),
  },
  {
    name: 'a refund has another number each time',
    seenBy: /same refund again|sent again is still one/,
    spoil: sending(/refunds$/, (content, _, call) => ({ ...content, refund: call.nonce() })),
  },
  {
    name: 'a refund gives everything back',
    seenBy: /exactly its money/,
    spoil: doing((own) => ({
      refund: async (request, call) => (await own.refund?.({ ...request, money: request.attempt.money }, call)) as RefundOutcome,
    })),
  },
  {
    name: 'a refund of too much gives back what there is',
    seenBy: /more than was paid/,
    spoil: doing((own) => ({
      async refund(request, call) {
        const outcome = (await own.refund?.(request, call)) as RefundOutcome;
        if (outcome.kind !== 'declined') return outcome;
        return (await own.refund?.({ ...request, money: request.attempt.money }, call)) as RefundOutcome;
      },
    })),
  },
  {
    name: 'an answer to a refund that never came is a failure',
    seenBy: /a refund that meets|answer was lost/,
    spoil: answering('refund', (outcome) => (outcome.kind === 'unknown' ? failed : outcome)),
  },
  {
    name: 'a fault of the vendor is the failure of a refund',
    seenBy: /a refund that meets http_500/,
    spoil: mishearing(/refunds$/, 500, { status: 409, content: { code: 'too_much' } }),
  },
  {
    name: 'too many refunds were not sent, against the manifest',
    seenBy: /a refund that is over the limit/,
    spoil: answering('refund', (outcome) =>
      outcome.kind === 'unknown' && outcome.reason === 'rate_limited' ? { kind: 'notSent', reason: 'rate_limited' } : outcome,
    ),
  },
  {
    name: 'a code that nobody knows is a refund on its way',
    seenBy: /a refund that is declined with a code/,
    spoil: answering('refund', (outcome) =>
      outcome.kind === 'unknown' && outcome.reason === 'unmapped' ? { kind: 'ok', report: { state: 'processing', echo: {} } } : outcome,
    ),
  },
  {
    name: 'the amount of a refund is the one that was asked for, whatever the vendor says',
    seenBy: /refund shows the amount/,
    spoil: hearing(/refunds$/, (content, { body }) => ({ ...content, amount: JSON.parse(String(body)).amount })),
  },
  {
    name: 'an answer to a refund is believed whoever signed it',
    seenBy: /refund whose answer is signed by nobody/,
    spoil: hearing(/refunds$/, (content) => content),
  },
];

const asked: readonly Defect[] = [
  {
    name: 'a refund that is not found has failed',
    seenBy: /a refund that was never sent/,
    spoil: answering('queryRefund', (outcome) => (outcome.kind === 'ok' && outcome.report.state === 'not_found' ? failed : outcome)),
  },
  {
    name: 'a refund that was carried out is not found',
    seenBy: /a refund that was carried out/,
    spoil: answering('queryRefund', () => ({ kind: 'ok', report: { state: 'not_found' } })),
  },
  {
    name: 'a refund that nobody could ask about has failed',
    seenBy: /asked about a refund, .* decides nothing/,
    spoil: answering('queryRefund', (outcome) => (outcome.kind === 'unknown' ? failed : outcome)),
  },
];

export const refundDefects: readonly Defect[] = [...sent, ...asked];
