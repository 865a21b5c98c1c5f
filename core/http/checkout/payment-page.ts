import { createHash } from 'node:crypto';
import type { CheckoutSession } from '../../checkout/session.ts';
import { drawAct, isWebAddress } from './act-section.ts';
import { drawChoice } from './choose-section.ts';
import type { Page } from './document.ts';
import { formatDuration, formatMoney, formatTime } from './format.ts';
import { html, type Markup } from './markup.ts';
import { drawConfirming, drawEnd, drawReason } from './result-section.ts';
import { drawShop } from './shop.ts';
import { addressOf, type View } from './view.ts';

/** The page of a payment, whatever has become of it. */
export function drawPayment(view: View): Page {
  const { session, voice, shop } = view;
  const { action } = session;
  const isOpen = session.phase === 'choose' || session.phase === 'act' || session.phase === 'confirming';
  const formTarget = action?.type === 'form' && isWebAddress(action.url) ? new URL(action.url).origin : null;
  return {
    status: 200,
    title: voice.say('pageTitle', { shop: shop.name }),
    shop,
    main: html`${drawHead(view)}<section>${drawNotice(view)}${drawPhase(view)}</section>`,
    live: isOpen ? { stamp: stampOf(session), address: view.token } : null,
    formTarget,
    refreshSec: session.phase === 'confirming' || (action?.type === 'qr' && !view.wantsChoice) ? 5 : null,
  };
}

/** Changes whenever the page would show something else. */
export function stampOf({ phase, payment, action, current }: CheckoutSession): string {
  const facts = JSON.stringify([phase, payment.method, action, payment.failure, current?.id]);
  return `${phase}-${createHash('sha256').update(facts).digest('base64url').slice(0, 12)}`;
}

function drawHead(view: View): Markup {
  const { session, voice, shop } = view;
  const { payment, phase } = session;
  const isWaiting = (phase === 'choose' && whyNotChoose(view) === null) || phase === 'act';
  return html`<header>${payment.livemode === 0 && html`<p class="test">${voice.say('test')}</p>`}
    ${drawShop(shop)}
    <p class="amount"><span class="unseen">${voice.say('amount')}: </span><bdi>${formatMoney(payment, voice.language)}</bdi></p>
    <p class="subject"><bdi>${payment.subject}</bdi></p><p class="order"><bdi>${voice.say('order', { number: payment.merchant_order_no })}</bdi></p>
    ${isWaiting && drawDeadline(view)}</header>`;
}

/** What is left, which a script counts down; without one the instant is said, because what is left is soon untrue. */
function drawDeadline({ session, voice, leftMs }: View): Markup {
  const at = session.payment.expires_at;
  const instant = new Date(at).toISOString();
  const left = html`<time datetime="${instant}" data-left="${leftMs}">${formatDuration(leftMs)}</time>`;
  return html`<p class="deadline">${voice.say('timeLeft')}: <bdi>${left}</bdi><noscript> (${formatTime(at, voice.language)})</noscript></p>`;
}

function drawNotice(view: View): Markup | null {
  const { session, shop } = view;
  const { say, tell } = view.voice;
  const method = view.nameOf(session.current?.method ?? '');
  if (view.notice === 'held') return html`<p class="notice" role="alert">${tell('held', { method })}</p>`;
  if (view.notice === 'refused') return html`<p class="notice" role="alert">${say('refusedChoice')}</p>`;
  if (view.notice === 'spent' && session.phase === 'act')
    return html`<p class="notice" role="alert">${tell('spentHeld', { method, shop: shop.name })}</p>`;
  return session.phase === 'choose' && !session.isSpent ? drawReason(view) : null;
}

/** Why nothing may begin any more, though the payment is open. Null: the shopper may choose. */
function whyNotChoose({ isLate, session }: View): 'late' | 'spent' | null {
  if (isLate) return 'late';
  return session.isSpent ? 'spent' : null;
}

function drawPhase(view: View): Markup {
  switch (view.session.phase) {
    case 'choose': {
      const end = whyNotChoose(view);
      return end === null ? drawChoice(view) : drawEnd(view, end);
    }
    case 'act':
      return view.wantsChoice && view.session.isChoice
        ? html`${drawChoice(view)}<p class="ways"><a class="second" href="${addressOf(view)}">${view.nameOf(view.session.payment.method ?? '')}</a></p>`
        : drawAct(view);
    case 'confirming':
      return drawConfirming(view);
    default:
      return drawEnd(view, view.session.phase);
  }
}
