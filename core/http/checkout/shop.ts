import type { App, Directory } from '../../access/directory.ts';
import { refuse } from '../../errors.ts';
import type { Reader } from '../../store/database.ts';
import { readLogo } from '../../store/tables/logos.ts';
import { defineRawRoute, type RawRoute } from '../route.ts';
import { html, type Markup } from './markup.ts';

/** Who is paid, as shoppers know him. */
export interface Shop {
  readonly name: string;
  /** `#1a56db`. */
  readonly brandColor: string | null;
  readonly logoId: string | null;
}

export function shopOf(directory: Pick<Directory, 'merchant'>, app: Pick<App, 'merchantId' | 'name'>): Shop {
  const merchant = directory.merchant(app.merchantId);
  return { name: merchant?.name ?? app.name, brandColor: merchant?.brandColor ?? null, logoId: merchant?.logoId ?? null };
}

/** The name is the heading, so the picture beside it has none. Its room is fixed: nothing moves when it comes. */
export function drawShop({ name, logoId }: Shop): Markup {
  const logo = logoId !== null && html`<img class="logo" src="../../assets/logos/${logoId}" alt="">`;
  return html`${logo}<h1><bdi>${name}</bdi></h1>`;
}

/** The style of the merchant's colour: it fills buttons, whose text is whichever of black and white can be read on it. */
export function brandStyle({ brandColor }: Pick<Shop, 'brandColor'>): string {
  if (brandColor === null || !/^#[0-9a-f]{6}$/.test(brandColor)) return '';
  return `:root{--shop:${brandColor};--on-shop:${textOn(brandColor)}}`;
}

/** White or black: for every colour one of the two has the contrast of 4.5 that WCAG 2.2 asks for. */
export function textOn(color: string): '#fff' | '#000' {
  return contrast(luminanceOf(color), 1) >= contrast(luminanceOf(color), 0) ? '#fff' : '#000';
}

/** How much two luminances differ, as WCAG 2.2 has it. */
export function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** Relative luminance as WCAG 2.2 defines it. */
export function luminanceOf(color: string): number {
  const part = (from: number) => {
    const value = Number.parseInt(color.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

/** Logos, each under the hash of its bytes: once loaded, it is never asked for again. */
export function logoRoute(database: Reader): RawRoute {
  return defineRawRoute({
    id: 'checkout.logo',
    methods: ['GET'],
    path: '/assets/logos/:logo',
    summary: 'The logo of a merchant',
    tag: 'Checkout',
    async handle({ params }) {
      const id = params['logo'] ?? '';
      const logo = /^[0-9a-f]{64}$/.test(id) ? await readLogo(database, id) : null;
      if (logo === null) return refuse('not_found');
      const headers = { 'Content-Type': logo.type, 'Cache-Control': 'public, max-age=31536000, immutable' };
      return { status: 200, headers, body: Buffer.from(logo.body, 'base64') };
    },
  });
}
