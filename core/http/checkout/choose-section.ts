import type { Payer } from '../../contract/channel.ts';
import type { Bank } from '../../contract/manifest.ts';
import { html, type Markup } from './markup.ts';
import type { TextKey, Voice } from './texts.ts';
import { addressOf, type NamedOffer, type View } from './view.ts';

/** So many are seen at once; the others are one tap away. */
const shownAtOnce = 8;

/** The ways to pay. Each is a form of its own, so that one tap chooses and no script is needed. */
export function drawChoice(view: View): Markup {
  const { voice, offers } = view;
  if (offers.length === 0) return html`<h2 tabindex="-1">${voice.say('noneTitle')}</h2><p>${voice.say('noneHint')}</p>`;
  const items = offers.map((offer) => html`<li>${drawOffer(view, offer)}</li>`);
  const rest = items.slice(shownAtOnce);
  const more =
    rest.length > 0 && html`<details class="more"><summary>${voice.say('more')}</summary><ul class="offers">${rest}</ul></details>`;
  return html`<h2 tabindex="-1">${voice.say('choose')}</h2><ul class="offers">${items.slice(0, shownAtOnce)}</ul>${more}`;
}

function drawOffer(view: View, offer: NamedOffer): Markup {
  const asked = offer.missing.filter(isAsked);
  // A form may not lead to a vendor: who the shopper is, its page tells by a link.
  const now = goesOn(view, offer) && html` data-now`;
  if (offer.missing.includes('openid')) {
    const address = `${view.token}/identify?${new URLSearchParams({ method: offer.method, lang: view.voice.language })}`;
    return html`<a class="offer" href="${address}"${now}>${drawLabel(view.voice, offer)}</a>`;
  }
  const open = html`<form method="post" action="${addressOf(view)}"${asked.length === 0 && now}><input type="hidden" name="method" value="${offer.method}">`;
  if (asked.length === 0) return html`${open}<button class="offer">${drawLabel(view.voice, offer)}</button></form>`;
  const fields = asked.map((field) => drawField(view.voice, offer, field));
  return html`<details><summary class="offer">${drawLabel(view.voice, offer)}</summary>${open}${fields}<button class="main">${view.voice.say('continue')}</button></form></details>`;
}

/** Whoever opened the page inside a wallet has chosen by that: a script goes on by itself, once. After a failure he decides. */
function goesOn({ offers, session, notice, wantsChoice }: View, { isAtHome }: NamedOffer): boolean {
  return isAtHome && offers.length === 1 && session.phase === 'choose' && session.current === null && notice === null && !wantsChoice;
}

const hints = {
  qr: 'byQr',
  redirect: 'byRedirect',
  form: 'byForm',
  sdk: 'bySdk',
  instructions: 'byInstructions',
  none: 'byNone',
} as const satisfies Record<NamedOffer['action'], TextKey>;

function drawLabel(voice: Voice, { label, action, isUp }: NamedOffer): Markup {
  return html`<span><strong>${label}</strong> <small>${voice.say(isUp ? hints[action] : 'unsteady')}</small></span>`;
}

/** What a page asks its shopper for, and how a browser helps him to fill it in. */
const fields = {
  bankCode: { type: 'text', complete: 'off', pattern: '[!-~]{1,32}' },
  name: { type: 'text', complete: 'name', pattern: '.*\\S.*' },
  email: { type: 'email', complete: 'email', pattern: null },
  phone: { type: 'tel', complete: 'tel', pattern: '\\+[1-9][0-9]{6,14}' },
  country: { type: 'text', complete: 'country', pattern: '[A-Z]{2}' },
} as const;

type Asked = keyof typeof fields;

function isAsked(field: keyof Payer): field is Asked {
  return Object.hasOwn(fields, field);
}

function drawField(voice: Voice, { method, banks }: NamedOffer, field: Asked): Markup {
  const { type, complete, pattern } = fields[field];
  const id = `${method}-${field}`;
  const label = html`<label for="${id}">${voice.say(`field.${field}`)}</label>`;
  if (field === 'bankCode' && banks.length > 0) {
    const options = banks.map((bank) => drawBank(voice, bank));
    return html`${label}<select id="${id}" name="${field}" required><option value=""></option>${options}</select>`;
  }
  const rule = pattern !== null && html` pattern="${pattern}"`;
  return html`${label}<input id="${id}" name="${field}" type="${type}" autocomplete="${complete}" maxlength="254" required${rule}>`;
}

/** An option holds no markup, so it says its language itself. */
function drawBank(voice: Voice, { code, name }: Bank): Markup {
  const { text, lang } = voice.name(name);
  return html`<option value="${code}"${lang !== null && html` lang="${lang}"`}>${text}</option>`;
}
