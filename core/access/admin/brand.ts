import { hash } from 'node:crypto';
import { insertLogo } from '../../store/tables/logos.ts';
import { type AdminDeps, type Changed, changeConfig, done, exists, faulty } from './change.ts';

/** What of a merchant's looks is to change. Null takes it away, absent leaves it. */
export interface BrandInput {
  readonly id: string;
  readonly color?: string | null;
  /** The bytes of a picture. */
  readonly logo?: Buffer | null;
}

/** A logo is loaded by every shopper, on a slow phone as well. */
const mostLogoBytes = 65_536;

/** Pictures by their first bytes, in hex. No SVG: it is a document, in which scripts can be written. */
const kinds: readonly { readonly type: string; readonly begins: RegExp }[] = [
  { type: 'image/png', begins: /^89504e470d0a1a0a/ },
  { type: 'image/jpeg', begins: /^ffd8ff/ },
  // "RIFF", four bytes of length, "WEBP".
  { type: 'image/webp', begins: /^52494646.{8}57454250/ },
];

/** Changes the colour and the picture by which shoppers know a merchant at the checkout. */
export async function setBrand(deps: AdminDeps, { id, color, logo }: BrandInput): Promise<Changed<{ id: string; logoId: string | null }>> {
  const type = logo == null ? undefined : typeOf(logo);
  const faults = [
    ...(color == null || /^#[0-9a-f]{6}$/i.test(color) ? [] : ['color must be written as #1a56db']),
    ...(logo == null || type !== undefined ? [] : ['logo must be a PNG, JPEG or WebP picture']),
    ...(logo == null || logo.length <= mostLogoBytes ? [] : [`logo must have at most ${mostLogoBytes} bytes`]),
  ];
  if (faults.length > 0) return faulty(...faults);
  return changeConfig(deps.database, async (tx) => {
    if (!(await exists(tx, 'merchants', id))) return faulty(`there is no merchant ${id}`);
    if (color !== undefined) await tx.run('UPDATE merchants SET brand_color = ? WHERE id = ?', [color?.toLowerCase() ?? null, id]);
    const logoId = logo == null ? null : hash('sha256', logo);
    if (logo != null && logoId !== null) await insertLogo(tx, { id: logoId, type: type ?? '', body: logo.toString('base64') });
    if (logo !== undefined) await tx.run('UPDATE merchants SET logo_id = ? WHERE id = ?', [logoId, id]);
    return done({ id, logoId });
  });
}

function typeOf(logo: Buffer): string | undefined {
  const head = logo.subarray(0, 16).toString('hex');
  return kinds.find(({ begins }) => begins.test(head))?.type;
}
