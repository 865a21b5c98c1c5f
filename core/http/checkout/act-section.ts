import type { Action } from '../../contract/outcome.ts';
import { drawQr } from '../../payments/qr-svg.ts';
import { html, type Markup, type Part, trust } from './markup.ts';
import { addressOf, type View } from './view.ts';

/** What the shopper has to do now, and the two ways on for who cannot. */
export function drawAct(view: View): Markup {
  const { session, voice } = view;
  const method = view.nameOf(session.payment.method ?? '');
  const part = session.action === null ? null : drawAction(view, session.action, method);
  const again = html`<a class="second" href="${addressOf(view)}">${voice.say('paidAlready')}</a>`;
  const other =
    session.isChoice && !session.isSpent && html`<a class="second" href="${addressOf(view, { choose: '1' })}">${voice.say('another')}</a>`;
  return html`${part}<p class="ways">${other}${again}</p>`;
}

function drawAction(view: View, action: Action, method: Part): Markup {
  const { say, tell } = view.voice;
  switch (action.type) {
    case 'qr':
      return drawCode(view, action.qrContent, method);
    case 'redirect':
      return html`<h2 tabindex="-1">${tell('openTitle', { method })}</h2><p>${tell('openHint', { method })}</p>
        ${isWebAddress(action.url) && html`<a class="main" data-go="link" href="${action.url}" rel="noreferrer">${tell('openButton', { method })}</a>`}`;
    case 'form':
      return html`<h2 tabindex="-1">${tell('openTitle', { method })}</h2><p>${tell('openHint', { method })}</p>${drawForm(action, tell('openButton', { method }))}`;
    case 'sdk':
      return html`<h2 tabindex="-1">${tell('openTitle', { method })}</h2><p>${say('sdkHint')}</p>
        <button class="main" type="button" data-go="wallet" data-params="${JSON.stringify(action.params)}">${say('sdkButton')}</button>
        <p class="wallet-missing" hidden>${tell('sdkMissing', { method })}</p><noscript><p>${tell('sdkMissing', { method })}</p></noscript>`;
    case 'instructions':
      return drawInstructions(view, action.params);
  }
}

function drawCode({ voice, device }: View, content: string, method: Part): Markup {
  const { say, tell } = voice;
  const open =
    device.kind === 'phone' && isWebAddress(content) && html`<a class="second" href="${content}" rel="noreferrer">${say('scanOpen')}</a>`;
  return html`<h2 tabindex="-1">${say('scanTitle')}</h2><p>${tell('scanHint', { method })}</p>
    <span id="code-name" hidden>${tell('scanLabel', { method })}</span>
    <div class="code" role="img" aria-labelledby="code-name">${trust(drawQr(content))}</div>${open}`;
}

function drawForm({ url, fields }: Extract<Action, { type: 'form' }>, label: Part): Markup {
  const inputs = Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  return html`${isWebAddress(url) && html`<form method="post" action="${url}" data-go="form">${inputs}<button class="main">${label}</button></form>`}`;
}

function drawInstructions({ voice }: View, params: Readonly<Record<string, string>>): Markup {
  const rows = Object.entries(params).map(([key, value]) => {
    // A channel from elsewhere has words of its own; its key is the best there is to show.
    const known = voice.find(`label.${key}`);
    const label = known === null ? key.replaceAll('_', ' ') : voice.say(known);
    return html`<div><dt>${label}</dt><dd><bdi>${value}</bdi> <button type="button" class="copy" data-copy="${value}" hidden>${voice.say('copy')}<span class="unseen"> ${label}</span></button></dd></div>`;
  });
  return html`<h2 tabindex="-1">${voice.say('instructionsTitle')}</h2><p>${voice.say('instructionsHint')}</p><dl class="facts" data-copied="${voice.say('copied')}">${rows}</dl>`;
}

/** Nothing else may follow a tap: what a vendor answered is not trusted with `javascript:`. */
export function isWebAddress(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'https:' || protocol === 'http:';
}
