import type { Advice } from '../../contract/outcome.ts';
import { html, type Markup } from './markup.ts';
import { addressOf, type View } from './view.ts';

export function drawConfirming(view: View): Markup {
  const { say } = view.voice;
  return html`<div class="turning" aria-hidden="true"></div><h2 tabindex="-1">${say('confirmingTitle')}</h2><p>${say('confirmingHint')}</p>
    <p class="ways"><a class="second" href="${addressOf(view)}">${say('paidAlready')}</a></p>`;
}

const marks = { succeeded: '✓', refunded: '↩', failed: '✕', closed: '–', late: '–', spent: '–' } as const;

/** An end: what happened, and the way back to the shop. */
export function drawEnd(view: View, end: keyof typeof marks): Markup {
  const { say } = view.voice;
  const shop = view.shop.name;
  const hint = end === 'late' ? say('closedHint') : say(`${end}Hint`, { shop });
  const reason = end === 'failed' ? drawReason(view) : null;
  const back =
    view.returnAddress === null
      ? html`<p>${say('mayClose')}</p>`
      : html`<a class="main" href="${view.returnAddress}" rel="noreferrer">${say('backToShop', { shop })}</a>`;
  return html`<div class="mark ${end}" aria-hidden="true">${marks[end]}</div><h2 tabindex="-1">${say(`${end}Title`)}</h2>${reason}<p>${hint}</p>${back}`;
}

/** Why the last attempt did not succeed and what to do, in the shopper's words. Null: nothing went wrong. */
export function drawReason({ session, voice, nameOf }: View): Markup | null {
  if (session.payment.failure === null) return null;
  const { code, advice } = JSON.parse(session.payment.failure) as { code: string; advice: Advice };
  const method = nameOf(session.payment.method ?? '');
  const reason = voice.tell(voice.find(`reason.${code}`) ?? 'reason.declined', { method });
  return html`<p class="notice">${reason} ${session.phase === 'failed' ? null : voice.say(`advice.${advice}`)}</p>`;
}
