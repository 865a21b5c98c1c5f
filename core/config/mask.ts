import type { Setting } from './setting.ts';

/** What stands in the place of a secret. */
const hidden = '********';

/** A value as it may be shown to people: secrets are hidden, and of a database URL only the password. */
export function showValue(setting: Setting | undefined, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (setting?.secret === 'all') return hidden;
  if (setting?.secret === 'password') return hidePassword(value);
  const shown = typeof value === 'bigint' ? `${value}` : (JSON.stringify(value) ?? typeof value);
  return shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
}

/** A URL that cannot be read might hold its password anywhere, so all of it is hidden. */
function hidePassword(value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || url.host === '' || url.search !== '') return hidden;
  return `${url.protocol}//${url.username}${url.password === '' ? '' : `:${hidden}`}@${url.host}${url.pathname}`;
}
