import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const program = '/usr/bin/chromium';

export function hasChromium(): boolean {
  return existsSync(program);
}

/** The distribution's browser. Nothing of it may call anywhere by itself. */
export function startChromium(): Promise<Browser> {
  const quiet = ['--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-sync', '--disable-component-update'];
  return chromium.launch({ executablePath: program, args: ['--no-sandbox', ...quiet] });
}

/** A page with the memory of everything that went wrong on it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console, uncaught errors, broken security policies, and requests to other machines. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export async function openPage(browser: Browser, size: Size, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: size, ...options });
  const faults: string[] = [];
  await context.route(
    (url) => url.hostname !== '127.0.0.1',
    (route) => {
      faults.push(`asked for ${route.request().url()}`);
      return route.abort();
    },
  );
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  if (options.javaScriptEnabled === false) return { page, faults, close: () => context.close() };
  await page.exposeFunction('reportViolation', (directive: string) => faults.push(`policy: ${directive}`));
  await page.addInitScript(`addEventListener('securitypolicyviolation', (e) => reportViolation(e.violatedDirective))`);
  return { page, faults, close: () => context.close() };
}
