import type { RawAnswer } from '../route.ts';
import type { Assets } from './assets.ts';
import { html, type Markup, trust } from './markup.ts';
import { brandStyle, type Shop } from './shop.ts';
import { type Language, languages, type Voice } from './texts.ts';

/** A page of the checkout before it is framed. */
export interface Page {
  readonly status: number;
  readonly title: string;
  /** Whose colours it has. */
  readonly shop: Shop | null;
  readonly main: Markup;
  /** What the script reads: the state shown, and where it hears of the next one. */
  readonly live: { readonly stamp: string; readonly address: string } | null;
  /** Where a form on it may be sent beside here. */
  readonly formTarget: string | null;
  /** Seconds after which a browser without script asks again. */
  readonly refreshSec: number | null;
}

export interface Frame {
  readonly assets: Assets;
  readonly voice: Voice;
  readonly nonce: string;
}

/** The whole document, with the headers that let nothing run or load but what is ours. */
export function drawDocument({ assets, voice, nonce }: Frame, page: Page): RawAnswer {
  const { language, direction } = voice;
  const live = page.live && html` data-stamp="${page.live.stamp}" data-live="${page.live.address}"`;
  const refresh = page.refreshSec !== null && html`<noscript><meta http-equiv="refresh" content="${page.refreshSec}"></noscript>`;
  const script =
    page.live && html`<script type="module" src="${assets.scriptPath}" integrity="${assets.scriptIntegrity}" nonce="${nonce}"></script>`;
  const document = html`<!doctype html>
<html lang="${language}" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${page.title}</title><link rel="icon" href="data:,">${refresh}
<style nonce="${nonce}">${trust(assets.style + (page.shop === null ? '' : brandStyle(page.shop)))}</style>${script}</head>
<body${live}><main id="main">${page.main}</main><p id="said" class="unseen" role="status"></p>${drawLanguages(voice)}</body></html>`;
  return { status: page.status, headers: headersOf(page, nonce, language), body: document.text };
}

function drawLanguages({ language, say }: Voice): Markup {
  const others = (Object.keys(languages) as Language[]).filter((other) => other !== language);
  const links = others.map((other) => html`<li><a href="?lang=${other}" lang="${other}" hreflang="${other}">${languages[other]}</a></li>`);
  return html`<footer><nav aria-label="${say('language')}"><ul class="languages">${links}</ul></nav></footer>`;
}

function headersOf({ formTarget }: Page, nonce: string, language: Language): Readonly<Record<string, string>> {
  // A vendor's page that takes a form sends the browser on to others of its own, and browsers hold those against the policy too.
  const forms = formTarget === null ? "'self'" : `'self' https: ${formTarget}`;
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    `form-action ${forms}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Language': language,
    'Content-Security-Policy': policy.join('; '),
    // Other sites never see the address, whose token opens the payment; our own forms must tell where they come from.
    'Referrer-Policy': 'same-origin',
    'X-Robots-Tag': 'noindex, nofollow',
    Vary: 'Accept-Language, User-Agent',
  };
}
