// axe over every screen, in both schemes, wide and narrow; and what axe cannot see.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { findVerdict, setUp } from './setup.mjs';

const { visit, api } = setUp();
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(tags => window.axe.run(document, { runOnly: tags }), TAGS);
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(node => `${node.target} ${node.failureSummary}`).join(' | ')}`,
  );
}

const flagged = () => findVerdict(api, item => item.spans.length > 1);
const SCREENS = {
  overview: async () => ['/?range=24h', '.u-over'],
  'overview as tables': async () => [
    '/?range=1h',
    '.u-over',
    page =>
      page
        .getByRole('button', { name: /^Table of/ })
        .first()
        .click(),
  ],
  'time range': async () => ['/', '.u-over', page => page.keyboard.press('t')],
  help: async () => ['/', '.u-over', page => page.keyboard.press('?')],
  verdicts: async () => ['/verdicts?range=24h&verdict=ungrounded,contradicted', 'tbody tr'],
  'no match': async () => ['/verdicts?q=zzzz-nothing', '.blank'],
  verdict: async () => [`/verdicts/${(await flagged()).id}?span=1`, '.spanchip'],
  live: async () => ['/live', '.live__state[data-state=open]', page => page.waitForTimeout(1500)],
  workloads: async () => ['/workloads?range=24h', 'tbody tr'],
  workload: async () => ['/workloads/shop/support-agent?range=24h', '.detail__newest tbody tr'],
  models: async () => ['/models?range=24h&sort=name', 'tbody tr'],
  model: async () => ['/models/gpt-4o-mini?range=24h', '.detail__newest tbody tr'],
  'go to': async () => [
    '/workloads?range=24h',
    'tbody tr',
    async page => {
      await page.keyboard.press('Control+k');
      await page.getByRole('option', { name: /support-agent/ }).waitFor();
    },
  ],
  sidecars: async () => ['/sidecars', 'tbody tr'],
};

for (const [name, where] of Object.entries(SCREENS)) {
  for (const scheme of ['light', 'dark']) {
    for (const width of [1440, 900, 390]) {
      test(`axe: ${name}, ${scheme}, ${width} px`, async () => {
        const [path, ready, act] = await where();
        await visit(
          path,
          async page => {
            await page.waitForSelector(ready);
            await act?.(page);
            assert.deepEqual(await violations(page), []);
            const over = await page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            );
            assert.ok(over <= 0, `the page is ${over} px wider than the window`);
          },
          { scheme, width },
        );
      });
    }
  }
}

test('the first Tab reaches a way past the frame', () =>
  visit('/', async page => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  }));

test('the focus goes to the new screen’s heading, which the title names', () =>
  visit('/', async page => {
    await page.getByRole('link', { name: 'Verdicts', exact: true }).press('Enter');
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Verdicts');
    assert.match(await page.title(), /^Verdicts · AgentGuard$/);
  }));

for (const path of ['/verdicts?range=24h', '/workloads?range=24h', '/workloads/shop/support-agent?range=24h'])
  test(`focus can always be seen: ${path}`, () =>
    visit(path, async page => {
      await page.waitForSelector('tbody tr');
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        const seen = await page.evaluate(() => {
          const element = document.activeElement;
          const style = getComputedStyle(element);
          const row = element.closest('tr');
          const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
          return shown || (row !== null && getComputedStyle(row.cells[0]).boxShadow !== 'none');
        });
        assert.ok(seen, await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200)));
      }
    }));
