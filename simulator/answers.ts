import type { Answer } from './types.ts';

type Headers = Readonly<Record<string, string>>;

export const jsonAnswer = (status: number, value: unknown, headers: Headers = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

/** Pairs as in an HTML form, which some gateways answer too. */
export const formAnswer = (status: number, fields: Readonly<Record<string, string>>): Answer => ({
  status,
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body: new URLSearchParams(fields).toString(),
});

export const xmlAnswer = (status: number, xml: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml; charset=utf-8' },
  body: xml,
});

/** A page for the shopper's browser; `pages.ts` renders them. */
export const pageAnswer = (status: number, html: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: html,
});

/** Sends the shopper's browser on. */
export const redirectAnswer = (location: string): Answer => ({ status: 302, headers: { location }, body: '' });
