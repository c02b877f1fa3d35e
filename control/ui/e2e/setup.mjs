// What every test file begins with: a server, a browser, and pages that must stay clean.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { openPage, startBrowser, startServer } from './browser.mjs';

/** Registers the set-up and answers a `visit` that opens a page, lets it be used, and then looks at what went wrong. */
export function setUp(serverOptions = { rate: 8 }) {
  let server;
  let browser;
  before(async () => {
    server = await startServer(serverOptions);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    server?.stop();
  });

  /** `allow` names console messages that the test itself provokes. */
  async function visit(path, use, { allow = [], prepare, ...options } = {}) {
    const { page, wrong, close } = await openPage(browser, server, options);
    try {
      await prepare?.(page);
      await page.goto(path);
      await page.waitForSelector('h1, h2');
      await use(page);
      assert.deepEqual(
        wrong.filter(message => !allow.some(pattern => pattern.test(message))),
        [],
      );
    } finally {
      await close();
    }
  }

  const api = async path => (await fetch(`${server.url}/api/v1${path}`)).json();
  return { visit, api };
}

/** The newest verdict with captured content and spans that `wanted` accepts. */
export async function findVerdict(api, wanted) {
  const { items } = await api('/verdicts?limit=200&verdict=ungrounded,contradicted');
  return items.find(item => item.has_content && wanted(item));
}

export const focused = page => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
export const address = page => page.evaluate(() => location.pathname + location.search);
