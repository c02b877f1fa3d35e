// The README's pictures, from a running demo: `BASE_URL=http://127.0.0.1:8000 node e2e/readme.mjs DIR`.

import { join } from 'node:path';
import { openPage, startBrowser, startServer } from './browser.mjs';

const dir = process.argv[2] ?? '.';
const server = await startServer();
if (server.ours) throw new Error('BASE_URL is missing: start `agentguard demo` and say where its dashboard is');
const browser = await startBrowser();
const ask = async path => (await fetch(`${server.url}/api/v1/verdicts${path}`)).json();
const { items } = await ask('?limit=200&verdict=contradicted');
const whole = await Promise.all(items.map(item => ask(`/${item.id}`)));
const seating = whole.find(item => item.content?.texts.some(text => text.includes('outdoor seating')));

const pictures = [
  ['overview', '/?range=15m', 1000, '.u-over'],
  ['verdict', `/verdicts/${seating.id}?verdict=contradicted`, 900, '.answer'],
];
for (const [name, path, height, ready] of pictures) {
  const { page, wrong, close } = await openPage(browser, server, { height });
  await page.goto(path);
  await page.waitForSelector(ready);
  await page.waitForTimeout(900);
  await page.screenshot({ path: join(dir, `${name}.png`) });
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  await close();
}
await browser.close();
