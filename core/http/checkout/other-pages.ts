import type { Page } from './document.ts';
import { html } from './markup.ts';
import type { Voice } from './texts.ts';

/** For an address that opens nothing: it says the same of every one of them. */
export function unknownPage({ say }: Voice): Page {
  return plain(404, say('unknownTitle'), say('unknownHint'));
}

/** For a link that takes no more payments. */
export function linkOverPage({ say }: Voice): Page {
  return plain(410, say('linkOverTitle'), say('linkOverHint'));
}

/** For a link whose last payments others may yet make. */
export function linkHeldPage({ say }: Voice): Page {
  return plain(409, say('linkHeldTitle'), say('linkHeldHint'));
}

/** For what could not be done and changed nothing. */
export function busyPage({ say }: Voice, status: number): Page {
  return plain(status, say('busyTitle'), say('busyHint'));
}

function plain(status: number, title: string, hint: string): Page {
  const main = html`<section><div class="mark closed" aria-hidden="true">–</div><h1>${title}</h1><p>${hint}</p></section>`;
  return { status, title, shop: null, main, live: null, formTarget: null, refreshSec: null };
}
