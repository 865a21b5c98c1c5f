import { escapeHtml } from '../html.ts';

/** HTML that is already safe to send. Made by {@link html} and {@link trust} alone. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text is escaped, markup is not, lists are joined, and what is absent is nothing. */
export type Part = string | number | Markup | null | false | readonly Part[];

/** A template whose every value is escaped unless it is markup itself. Attributes must be quoted. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(pieces.map((piece, index) => piece + write(parts[index] ?? null)).join(''));
}

/** Markup of our own making that no template wrote: a drawn code, a style from a file. */
export function trust(text: string): Markup {
  return new Markup(text);
}

function write(part: Part): string {
  if (part === null || part === false) return '';
  if (part instanceof Markup) return part.text;
  return typeof part === 'object' ? part.map(write).join('') : escapeHtml(String(part));
}
