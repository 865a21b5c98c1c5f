import type { PaymentLinkRow } from '../../store/tables/payment-links.ts';
import type { Page } from './document.ts';
import { formatList, formatMoney, formatNumber } from './format.ts';
import { html, type Markup } from './markup.ts';
import { drawShop, type Shop } from './shop.ts';
import type { Voice } from './texts.ts';

/** What the page of a link shows. */
export interface LinkView {
  readonly link: PaymentLinkRow;
  readonly livemode: boolean;
  readonly voice: Voice;
  readonly shop: Shop;
  /** Names this page, so that sent twice it makes one payment. */
  readonly pageKey: string;
  /** The last step of the link's address. */
  readonly token: string;
  /** What the shopper typed before; null: nothing yet. */
  readonly typed: Typed | null;
}

export interface Typed {
  readonly text: string;
  /** It could not be read, or is not within the link's bounds. */
  readonly isWrong: boolean;
}

/** What is paid for, and a button; where the link has no amount of its own, a field for it. */
export function drawLink(view: LinkView): Page {
  const { link, voice, shop, livemode } = view;
  const { say } = voice;
  const amount = link.amount !== null && formatMoney({ amount: link.amount, currency: link.currency }, voice.language);
  const main = html`<header>${!livemode && html`<p class="test">${say('test')}</p>`}${drawShop(shop)}
    ${amount && html`<p class="amount"><span class="unseen">${say('amount')}: </span><bdi>${amount}</bdi></p>`}<p class="subject"><bdi>${link.subject}</bdi></p></header>
    <section>${drawForm(view)}</section>`;
  return {
    status: view.typed?.isWrong === true ? 422 : 200,
    title: say('pageTitle', { shop: shop.name }),
    shop,
    main,
    live: null,
    formTarget: null,
    refreshSec: null,
  };
}

function drawForm({ link, voice, pageKey, token, typed }: LinkView): Markup {
  const { say, language } = voice;
  const field = link.amount === null && drawAmount(link, voice, typed);
  const action = `${token}?${new URLSearchParams({ lang: language })}`;
  return html`<form method="post" action="${action}"><input type="hidden" name="page" value="${pageKey}">${field}<button class="main">${say('linkPay')}</button></form>`;
}

function drawAmount({ currency, min_amount: min, max_amount: max }: PaymentLinkRow, voice: Voice, typed: Typed | null): Markup {
  const { say, language } = voice;
  const money = (amount: number) => formatMoney({ amount, currency }, language);
  const bounds = [
    ...(min === null ? [] : [say('linkLeast', { min: money(min) })]),
    ...(max === null ? [] : [say('linkMost', { max: money(max) })]),
  ];
  const isWrong = typed?.isWrong === true;
  const example = formatNumber({ amount: min ?? 1999, currency }, language);
  const problem = isWrong && html`<p class="notice" role="alert" id="wrong">${say('linkWrong', { example })}</p>`;
  const describe = [...(bounds.length === 0 ? [] : ['bounds']), ...(isWrong ? ['wrong'] : [])].join(' ');
  const described = describe !== '' && html` aria-describedby="${describe}"`;
  const invalid = isWrong && html` aria-invalid="true"`;
  return html`${problem}<label for="amount">${say('linkAmount', { currency })}</label>
    <input id="amount" name="amount" inputmode="decimal" autocomplete="off" maxlength="24" required value="${typed?.text ?? ''}"${described}${invalid}>
    ${bounds.length > 0 && html`<p id="bounds"><bdi>${formatList(bounds, language)}</bdi></p>`}`;
}
