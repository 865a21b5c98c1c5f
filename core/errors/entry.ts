import type { Advice } from '../contract/outcome.ts';

/** A language that the API speaks to people. `zh` is simplified Chinese, `zh-CN` on the wire. */
export type Locale = 'en' | 'zh';

/** One text in every language of the API. */
export type Text = Readonly<Record<Locale, string>>;

/** What the API says about one code. `detail` may hold `{names}` that are filled in. */
export interface ErrorEntry {
  /** The HTTP status; null for codes that only occur inside `failure` or `errors`. */
  readonly status: number | null;
  readonly advice: Advice;
  readonly title: Text;
  readonly detail: Text;
}

/** An entry from [en, zh] pairs. */
export function entry<Status extends number | null>(
  status: Status,
  advice: Advice,
  title: readonly [string, string],
  detail: readonly [string, string],
): ErrorEntry & { readonly status: Status } {
  return { status, advice, title: { en: title[0], zh: title[1] }, detail: { en: detail[0], zh: detail[1] } };
}
