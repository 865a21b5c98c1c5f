import { abilitiesOf } from '../../core/channels/abilities.ts';
import type { PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { PaymentReport, RefundOutcome } from '../../core/contract/outcome.ts';
import type { Stage } from '../../test/contract/stage.ts';
import type { Sample } from '../../test/kit/shopper.ts';
import type { Show } from './show.ts';

/** Why a walk ends before its end. */
export class Stumble extends Error {}

/** One method from the order to the refund, and another order of it that is closed. */
export async function walk(stage: Stage, sample: Sample, show: Show): Promise<void> {
  const able = abilitiesOf(stage.plugin.manifest, sample.method.product);
  const paid = await payAndConfirm(stage, sample, show);
  if (able.refund !== 'none') await refund(stage, sample, show, paid);
  if (able.close !== 'none') await closeAnother(stage, sample, show);
}

async function payAndConfirm(stage: Stage, sample: Sample, show: Show): Promise<PayRequest> {
  const { channel } = stage;
  show.step(`${sample.method.id}: pay ${sample.amount} ${sample.currency}`);
  const request = stage.order(sample);
  const outcome = await channel.pay(request, show.wire(stage.call()));
  show.value('pay() answers', outcome);
  if (outcome.kind !== 'action' && outcome.kind !== 'ok') throw new Stumble(`pay() answered ${outcome.kind}: there is nothing to pay`);
  show.step('the shopper pays');
  const started = { request, outcome, sent: 1 };
  await stage.pay(started);
  const told = await showCallbacks(stage, show);
  const named = await stage.named(started);
  const able = abilitiesOf(stage.plugin.manifest, sample.method.product);
  if (able.query === 'none' || channel.query === undefined) return { ...named, channelNo: checkPaid(told, sample) };
  show.step('query');
  const found = await channel.query(named, show.wire(stage.call()));
  show.value('query() answers', found);
  // Some vendors tell of the money by callback alone, and answer before only that somebody is paying.
  const isTold = found.kind === 'ok' && found.report.state === 'succeeded';
  return { ...named, channelNo: checkPaid(isTold ? found.report : told, sample) };
}

/** The vendor’s number of the transaction. */
function checkPaid(report: PaymentReport | null, { amount, currency }: Sample): string {
  if (report?.state !== 'succeeded') throw new Stumble('neither query() nor a callback says that the payment succeeded');
  const { money } = report;
  if (money.amount !== amount || money.currency !== currency) throw new Stumble(`${money.amount} ${money.currency} was told as paid`);
  return report.channelNo;
}

/** Answers what they say of the payment, if anything. */
async function showCallbacks(stage: Stage, show: Show): Promise<PaymentReport | null> {
  let paid: PaymentReport | null = null;
  const raws = await stage.callbacks();
  if (raws.length === 0) show.step('no callback came');
  for (const raw of raws) {
    show.step('a callback');
    show.message(`<- ${raw.method} ${raw.url}${raw.query === '' ? '' : `?${raw.query}`}`, raw.headers, raw.body);
    const read = await stage.channel.parseCallback(raw, show.wire(stage.call()));
    show.value('parseCallback() answers', read);
    if (read.kind === 'refused') throw new Stumble(`parseCallback() refused the vendor’s own callback: ${read.reason}`);
    const items = read.kind === 'event' ? read.items : [];
    for (const item of items) if (item.of === 'payment' && item.report.state === 'succeeded') paid = item.report;
  }
  return paid;
}

const mostQueries = 40;

async function refund(stage: Stage, sample: Sample, show: Show, paid: PayRequest): Promise<void> {
  const { channel, plugin } = stage;
  const isPartial = abilitiesOf(plugin.manifest, sample.method.product).refund === 'partial';
  const asked = stage.refundOf(paid, isPartial ? Math.floor(sample.amount / 2) : sample.amount);
  show.step(`refund ${asked.money.amount} ${asked.money.currency}`);
  const outcome = await channel.refund?.(asked, show.wire(stage.call()));
  show.value('refund() answers', outcome);
  if (outcome?.kind !== 'ok') throw new Stumble(`refund() answered ${outcome?.kind ?? 'nothing'}`);
  await untilRefunded(stage, show, { ...asked, channelNo: channelNoOf(outcome) }, outcome);
  await showCallbacks(stage, show);
}

const channelNoOf = (outcome: RefundOutcome) =>
  outcome.kind === 'ok' && 'channelNo' in outcome.report ? (outcome.report.channelNo ?? null) : null;

async function untilRefunded(stage: Stage, show: Show, asked: RefundRequest, first: RefundOutcome): Promise<void> {
  let last: RefundOutcome = first;
  for (let tries = 0; tries < mostQueries; tries += 1) {
    if (last.kind === 'ok' && last.report.state === 'succeeded') return;
    if (stage.channel.queryRefund === undefined) return show.step('nobody can be asked how far the refund is: its callback tells');
    await new Promise((resolve) => setTimeout(resolve, 50));
    last = await stage.channel.queryRefund(asked, show.wire(stage.call()));
    show.value('queryRefund() answers', last);
  }
  throw new Stumble('the refund came to no end');
}

async function closeAnother(stage: Stage, sample: Sample, show: Show): Promise<void> {
  // A bar code is paid at once: there is nothing to close.
  if (sample.method.action === 'none') return;
  show.step(`${sample.method.id}: another order, closed before it is paid`);
  const started = await stage.start(sample);
  const outcome = await stage.channel.close?.(await stage.named(started), show.wire(stage.call()));
  show.value('close() answers', outcome);
  if (outcome?.kind === 'unknown') return show.step('this one could not be closed: it ends by itself');
  if (outcome?.kind !== 'closed' && outcome?.kind !== 'notFound') throw new Stumble(`close() answered ${outcome?.kind ?? 'nothing'}`);
}
