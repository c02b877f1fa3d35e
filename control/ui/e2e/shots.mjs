// Screenshots of every screen in both schemes: `node e2e/shots.mjs DIR [name…]`.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPage, startBrowser, startServer } from './browser.mjs';

const dir = process.argv[2] ?? 'shots';
const only = process.argv.slice(3);
await mkdir(dir, { recursive: true });
const server = await startServer({ rate: 6 });
const browser = await startBrowser();

const newest = async query => (await (await fetch(`${server.url}/api/v1/verdicts?limit=200&${query}`)).json()).items;
const flagged = await newest('verdict=ungrounded,contradicted');
const rich = flagged.filter(v => v.has_content).sort((a, b) => b.spans.length - a.spans.length)[0] ?? flagged[0];
const tool = flagged.find(v => v.has_content && v.spans.some(span => span.call !== undefined));
const faint = (await newest('verdict=grounded')).find(v => v.has_content && v.spans.length > 0);
const bare = flagged.find(v => !v.has_content);

/** name → address and what to do there before the picture. */
const SCREENS = {
  overview: ['/?range=1h', async page => page.waitForSelector('.u-over')],
  verdicts: ['/verdicts?range=24h', async page => page.waitForSelector('tbody tr')],
  filtered: [
    '/verdicts?range=24h&verdict=ungrounded,contradicted&min_risk=0.7',
    async page => page.waitForSelector('tbody tr'),
  ],
  ...(rich
    ? {
        verdict: [
          `/verdicts/${rich.id}?verdict=ungrounded,contradicted`,
          async page => {
            await page.waitForSelector('.answer');
            await page.keyboard.press('j');
            await page.keyboard.press('j');
            await page.waitForTimeout(900);
          },
        ],
      }
    : {}),
  ...(tool ? { tool: [`/verdicts/${tool.id}`, async page => page.waitForSelector('.answer')] } : {}),
  ...(faint ? { weak: [`/verdicts/${faint.id}`, async page => page.waitForSelector('.answer')] } : {}),
  ...(bare ? { bare: [`/verdicts/${bare.id}`, async page => page.waitForSelector('h1')] } : {}),
  live: ['/live', async page => page.waitForTimeout(5000)],
  // The development server has no such page.
  ...(server.ours ? {} : { docs: ['/docs', async page => page.waitForSelector('h2')] }),
  workloads: ['/workloads?range=24h', async page => page.waitForSelector('tbody tr')],
  workload: ['/workloads/shop/support-agent?range=24h', async page => page.waitForSelector('.detail__newest tbody tr')],
  models: ['/models?range=24h&sort=-share', async page => page.waitForSelector('tbody tr')],
  palette: [
    '/workloads?range=24h',
    async page => {
      await page.waitForSelector('tbody tr');
      await page.keyboard.press('Control+k');
      await page.keyboard.type('s');
    },
  ],
  sidecars: ['/sidecars', async page => page.waitForSelector('tbody tr')],
};

for (const [name, [path, act]] of Object.entries(SCREENS)) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const scheme of ['light', 'dark']) {
    for (const width of [1440, 900]) {
      const { page, wrong, close } = await openPage(browser, server, { scheme, width });
      await page.goto(path);
      await act(page);
      await page.waitForTimeout(250);
      const file = join(dir, `${name}-${scheme}-${width}.png`);
      await page.screenshot({ path: file, fullPage: !['live', 'verdicts', 'palette'].includes(name) });
      console.log(file, wrong.length === 0 ? '' : wrong);
      await close();
    }
  }
}
await browser.close();
server.stop();
