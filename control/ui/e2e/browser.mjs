// A browser for the tests: Chromium from CHROMIUM (default /usr/bin/chromium), a server from BASE_URL or the development server.

import { chromium } from 'playwright-core';
import { startMock } from '../dev/mock.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The server under test and a way to stop it, if it is ours. */
export async function startServer(options) {
  const given = process.env.BASE_URL;
  return given
    ? { url: given.replace(/\/$/, ''), stop: () => undefined, ours: false }
    : { ...(await startMock(options)), ours: true };
}

export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
}

/** A page that collects what must not happen: console errors, uncaught errors, requests to other hosts, refused policies. */
export async function openPage(browser, server, { scheme = 'light', width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({
    baseURL: server.url,
    colorScheme: scheme,
    viewport: { width, height },
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Vienna',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => wrong.push(`uncaught: ${error.message}`));
  page.on('request', request => {
    if (!request.url().startsWith(server.url)) wrong.push(`foreign request: ${request.url()}`);
  });
  page.on('dialog', dialog => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, wrong, close: () => context.close() };
}
