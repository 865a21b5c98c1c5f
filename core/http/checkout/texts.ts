import ar from '../../../web/checkout/texts/ar.json' with { type: 'json' };
import en from '../../../web/checkout/texts/en.json' with { type: 'json' };
import es from '../../../web/checkout/texts/es.json' with { type: 'json' };
import ja from '../../../web/checkout/texts/ja.json' with { type: 'json' };
import zh from '../../../web/checkout/texts/zh-CN.json' with { type: 'json' };
import type { Name } from '../../contract/manifest.ts';
import { html, type Markup, type Part } from './markup.ts';

export type TextKey = keyof typeof en;
export type Language = 'zh-CN' | 'en' | 'ja' | 'es' | 'ar';

/** The languages of the checkout, each by its own name. The first is spoken to those who ask for none of them. */
export const languages: Readonly<Record<Language, string>> = {
  en: 'English',
  'zh-CN': '简体中文',
  ja: '日本語',
  es: 'Español',
  ar: 'العربية',
};

/** A language that misses a text of the others does not compile. */
const texts: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { en, 'zh-CN': zh, ja, es, ar };

/** How the checkout speaks to one shopper. */
export interface Voice {
  readonly language: Language;
  readonly direction: 'ltr' | 'rtl';
  say(key: TextKey, values?: Readonly<Record<string, string>>): string;
  /** The same for a page, with names that may be of another language. */
  tell(key: TextKey, values: Readonly<Record<string, Part>>): Markup;
  /** The key of a text, if what came from elsewhere is one. */
  find(key: string): TextKey | null;
  /** In this language; else in English, whose name then goes with it. */
  name(name: Name | string): Named;
}

/** A name as it is shown. By `lang` screen readers know how to read it; null: as the page, or nobody knows. */
export interface Named {
  readonly text: string;
  readonly lang: 'en' | null;
}

export function drawName({ text, lang }: Named): Part {
  return lang === null ? text : html`<bdi lang="${lang}">${text}</bdi>`;
}

export function speak(language: Language): Voice {
  const own = texts[language];
  const say: Voice['say'] = (key, values = {}) => own[key].replace(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? '');
  return {
    language,
    direction: language === 'ar' ? 'rtl' : 'ltr',
    say,
    tell: (key, values) => html`${own[key].split(/\{(\w+)\}/).map((piece, at) => (at % 2 === 0 ? piece : (values[piece] ?? '')))}`,
    find: (key) => (Object.hasOwn(own, key) ? (key as TextKey) : null),
    name: (name) => {
      if (typeof name === 'string') return { text: name, lang: null };
      const known = name[language === 'zh-CN' ? 'zh' : language];
      const isForeign = language !== 'en' && (known === undefined || known === name.en);
      return { text: known ?? name.en, lang: isForeign ? 'en' : null };
    },
  };
}

/** The language that the shopper chose on the page; else the first of the browser's that is spoken here. */
export function chooseLanguage(chosen: string | null, acceptLanguage: string | undefined): Language {
  const wanted = [chosen ?? '', ...readRanges(acceptLanguage ?? '')].map((tag) => tag.toLowerCase().split('-')[0] ?? '');
  const spoken = Object.keys(languages) as Language[];
  const found = wanted.map((tag) => spoken.find((language) => language.toLowerCase().split('-')[0] === tag));
  return found.find((language) => language !== undefined) ?? 'en';
}

function readRanges(header: string): readonly string[] {
  const ranges = header.split(',', 20).map((part) => {
    const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length) ?? 1);
    return { tag, quality: Number.isFinite(quality) ? quality : 0 };
  });
  const accepted = ranges.filter(({ quality }) => quality > 0);
  return accepted.toSorted((one, other) => other.quality - one.quality).map(({ tag }) => tag);
}
