import ar from '../../../web/checkout/texts/ar.json' with { type: 'json' };
import en from '../../../web/checkout/texts/en.json' with { type: 'json' };
import es from '../../../web/checkout/texts/es.json' with { type: 'json' };
import ja from '../../../web/checkout/texts/ja.json' with { type: 'json' };
import zh from '../../../web/checkout/texts/zh-CN.json' with { type: 'json' };

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
  /** The text of a key that came from elsewhere; null where there is none. */
  find(key: string, values?: Readonly<Record<string, string>>): string | null;
  /** Names that have only two languages. */
  name(both: { readonly en: string; readonly zh: string }): string;
}

export function speak(language: Language): Voice {
  const own = texts[language];
  const say: Voice['say'] = (key, values = {}) => own[key].replace(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? '');
  return {
    language,
    direction: language === 'ar' ? 'rtl' : 'ltr',
    say,
    find: (key, values) => (Object.hasOwn(own, key) ? say(key as TextKey, values) : null),
    name: (both) => (language === 'zh-CN' ? both.zh : both.en),
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
