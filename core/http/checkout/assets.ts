import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defineRawRoute, type RawRoute } from '../route.ts';
import { compress } from './compress.ts';

const read = (name: string) => readFileSync(new URL(`../../../web/checkout/${name}`, import.meta.url), 'utf8');

/** What the pages bring along: the style goes into each of them, the script is loaded once. */
export interface Assets {
  readonly style: string;
  /** From a page of the checkout. */
  readonly scriptPath: string;
  readonly scriptIntegrity: string;
  readonly routes: readonly RawRoute[];
}

export function loadAssets(): Assets {
  const script = read('script.js');
  const name = `checkout-${hash('sha256', script).slice(0, 16)}.js`;
  const headers = { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': 'public, max-age=31536000, immutable' };
  const route = defineRawRoute({
    id: 'checkout.script',
    methods: ['GET'],
    path: `/assets/${name}`,
    summary: 'The script of the hosted checkout',
    tag: 'Checkout',
    handle: async (input) => compress({ status: 200, headers, body: script }, input.headers['accept-encoding']),
  });
  return {
    style: squeeze(read('style.css')),
    scriptPath: `../../assets/${name}`,
    scriptIntegrity: `sha384-${hash('sha384', script, 'base64')}`,
    routes: [route],
  };
}

/** Every page carries the style: without its comments and line ends it is a third smaller. */
function squeeze(style: string): string {
  return style
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
