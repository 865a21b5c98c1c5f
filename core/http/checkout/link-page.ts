import { exponentOf, toMajor } from '../../money.ts';
import type { PaymentLinkRow } from '../../store/tables/payment-links.ts';
import type { Page } from './document.ts';
import { formatMoney } from './format.ts';
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
  /** What was typed and could not be read. */
  readonly wrong: string | null;
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
    status: view.wrong === null ? 200 : 422,
    title: say('pageTitle', { shop: shop.name }),
    shop,
    main,
    live: null,
    formTarget: null,
    refreshSec: null,
  };
}

function drawForm({ link, voice, pageKey, token, wrong }: LinkView): Markup {
  const { say, language } = voice;
  const field = link.amount === null && drawAmount(link, voice, wrong);
  const action = `${token}?${new URLSearchParams({ lang: language })}`;
  return html`<form method="post" action="${action}"><input type="hidden" name="page" value="${pageKey}">${field}<button class="main">${say('linkPay')}</button></form>`;
}

function drawAmount({ currency, min_amount: min, max_amount: max }: PaymentLinkRow, voice: Voice, wrong: string | null): Markup {
  const { say, language } = voice;
  const money = (amount: number) => formatMoney({ amount, currency }, language);
  const bounds = [
    ...(min === null ? [] : [say('linkLeast', { min: money(min) })]),
    ...(max === null ? [] : [say('linkMost', { max: money(max) })]),
  ].join(', ');
  const decimals = exponentOf(currency) ?? 0;
  const pattern = decimals === 0 ? '[0-9]{1,12}' : `[0-9]{1,12}([.,][0-9]{1,${decimals}})?`;
  const example = toMajor({ amount: min ?? 1999, currency });
  const problem = wrong !== null && html`<p class="notice" role="alert" id="wrong">${say('linkWrong', { example })}</p>`;
  const describe = `${bounds === '' ? '' : 'bounds '}${wrong === null ? '' : 'wrong'}`.trim();
  const described = describe !== '' && html` aria-describedby="${describe}"`;
  const invalid = wrong !== null && html` aria-invalid="true"`;
  return html`${problem}<label for="amount">${say('linkAmount', { currency })}</label>
    <input id="amount" name="amount" inputmode="decimal" autocomplete="off" maxlength="16" required pattern="${pattern}" value="${wrong ?? ''}"${described}${invalid}>
    ${bounds !== '' && html`<p id="bounds"><bdi>${bounds}</bdi></p>`}`;
}
