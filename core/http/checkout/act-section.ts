import type { Action } from '../../contract/outcome.ts';
import { drawQr } from '../../payments/qr-svg.ts';
import { html, type Markup, trust } from './markup.ts';
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

function drawAction(view: View, action: Action, method: string): Markup {
  const { say } = view.voice;
  switch (action.type) {
    case 'qr':
      return drawCode(view, action.qrContent, method);
    case 'redirect':
      return html`<h2 tabindex="-1">${say('openTitle', { method })}</h2><p>${say('openHint', { method })}</p>
        ${isWebAddress(action.url) && html`<a class="main" data-go="link" href="${action.url}" rel="noreferrer">${say('openButton', { method })}</a>`}`;
    case 'form':
      return html`<h2 tabindex="-1">${say('openTitle', { method })}</h2><p>${say('openHint', { method })}</p>${drawForm(action, say('openButton', { method }))}`;
    case 'sdk':
      return html`<h2 tabindex="-1">${say('openTitle', { method })}</h2><p>${say('sdkHint')}</p>
        <button class="main" type="button" data-go="wallet" data-params="${JSON.stringify(action.params)}">${say('sdkButton')}</button>
        <p class="wallet-missing" hidden>${say('sdkMissing', { method })}</p><noscript><p>${say('sdkMissing', { method })}</p></noscript>`;
    case 'instructions':
      return drawInstructions(view, action.params);
  }
}

function drawCode({ voice, device }: View, content: string, method: string): Markup {
  const { say } = voice;
  const open =
    device.kind === 'phone' && isWebAddress(content) && html`<a class="second" href="${content}" rel="noreferrer">${say('scanOpen')}</a>`;
  return html`<h2 tabindex="-1">${say('scanTitle')}</h2><p>${say('scanHint', { method })}</p>
    <div class="code" role="img" aria-label="${say('scanLabel', { method })}">${trust(drawQr(content))}</div>${open}`;
}

function drawForm({ url, fields }: Extract<Action, { type: 'form' }>, label: string): Markup {
  const inputs = Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  return html`${isWebAddress(url) && html`<form method="post" action="${url}" data-go="form">${inputs}<button class="main">${label}</button></form>`}`;
}

function drawInstructions({ voice }: View, params: Readonly<Record<string, string>>): Markup {
  const rows = Object.entries(params).map(([key, value]) => {
    // A channel from elsewhere has words of its own; its key is the best there is to show.
    const label = voice.find(`label.${key}`) ?? key.replaceAll('_', ' ');
    return html`<div><dt>${label}</dt><dd><bdi>${value}</bdi> <button type="button" class="copy" data-copy="${value}" hidden>${voice.say('copy')}<span class="unseen"> ${label}</span></button></dd></div>`;
  });
  return html`<h2 tabindex="-1">${voice.say('instructionsTitle')}</h2><p>${voice.say('instructionsHint')}</p><dl class="facts" data-copied="${voice.say('copied')}">${rows}</dl>`;
}

/** Nothing else may follow a tap: what a vendor answered is not trusted with `javascript:`. */
export function isWebAddress(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'https:' || protocol === 'http:';
}
