// Tables as files and screens on paper.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { findVerdict, setUp } from './setup.mjs';

const { visit, api } = setUp();

/** What a click on the button saves, line by line. */
async function saved(page) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Download .* as CSV$/ }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  assert.equal(text[0], '\uFEFF');
  return { name: download.suggestedFilename(), lines: text.slice(1).split('\r\n').slice(0, -1) };
}

test('the table of workloads: what is found, in its order, on every page of it', () =>
  visit(
    '/workloads?name=ns&sort=name',
    async page => {
      await page.waitForSelector('tbody tr');
      const { name, lines } = await saved(page);
      assert.match(name, /^agentguard-workloads-\d{8}T\d{6}Z\.csv$/);
      assert.equal(lines[0], 'Name,Responses,Flagged,Flagged share,Mean risk');
      assert.equal(lines[1], 'ns/w0,10,0,0,0.25');
      assert.equal(lines.length, 251);
    },
    {
      prepare: page =>
        page.route('**/api/v1/workloads?*', route => {
          const items = Array.from({ length: 250 }, (_, i) => ({
            name: `ns/w${i}`,
            total: 10 + i,
            flagged: i,
            mean_risk: 0.25,
          }));
          items.push({ name: 'other/x', total: 1, flagged: 0, mean_risk: 0 });
          void route.fulfill({ json: { from: 0, to: 1, items } });
        }),
    },
  ));

test('names that would be formulas are disarmed', () =>
  visit(
    '/models',
    async page => {
      await page.waitForSelector('tbody tr');
      const { lines } = await saved(page);
      const cells = lines.slice(1).map(line => line.replace(/,\d.*$/, ''));
      assert.deepEqual(cells.sort(), ['"\'=HYPERLINK(""http://evil"",""x"")"', "'+1", "'-2+3", "'@SUM(A1)"]);
    },
    {
      prepare: page =>
        page.route('**/api/v1/models?*', route => {
          const names = ['=HYPERLINK("http://evil","x")', '+1', '-2+3', '@SUM(A1)'];
          const items = names.map(name => ({ name, total: 3, flagged: 1, mean_risk: 0.5 }));
          void route.fulfill({ json: { from: 0, to: 1, items } });
        }),
    },
  ));

test('the page of verdicts and the sidecars', async () => {
  await visit('/verdicts?range=24h&verdict=contradicted', async page => {
    await page.waitForSelector('tbody tr');
    const ids = await page.locator('.rowlink').evaluateAll(links => links.map(link => link.pathname.split('/').at(-1)));
    const { lines } = await saved(page);
    assert.match(lines[0], /^Id,Time,Verdict,Reason,Risk,/);
    assert.deepEqual(
      lines.slice(1).map(line => line.split(',')[0]),
      ids,
    );
    assert.match(lines[1], /^[0-9a-f-]{36},\d{4}-\d\d-\d\dT[\d:.]+Z,contradicted,,0\.\d+,/);
  });
  const sidecars = await api('/sidecars');
  await visit('/sidecars', async page => {
    await page.waitForSelector('tbody tr');
    const { lines } = await saved(page);
    assert.equal(lines.length, sidecars.length + 1);
    assert.ok(lines.slice(1).every(line => sidecars.some(({ instance }) => line.startsWith(instance))));
  });
});

test('on paper: no frame, no controls, dark ink on white, and where it came from', async () => {
  const { id } = await findVerdict(api, item => item.spans.length > 1);
  for (const path of [
    '/workloads?range=24h',
    '/workloads/shop/support-agent?range=24h',
    '/',
    '/sidecars',
    `/verdicts/${id}`,
  ]) {
    await visit(
      path,
      async page => {
        await page.waitForSelector('.panel');
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
        for (const gone of ['.rail', '.bar', '.screen__head .button', '.findbox'])
          for (const element of await page.locator(gone).all()) assert.equal(await element.isVisible(), false, gone);
        assert.ok(await page.locator('h1').isVisible());
        const words = await page.locator('.printhead').textContent();
        assert.ok(words.endsWith(page.url()), words);
        assert.equal(/Last (24 hours|hour)/.test(words), !/^\/(verdicts\/|sidecars)/.test(path));
        const ink = await page.evaluate(() => getComputedStyle(document.body).color);
        assert.equal(ink, 'rgb(23, 25, 28)');
        await page.waitForFunction(() => document.documentElement.dataset.scheme === 'light');
        // A4 between its margins.
        await page.setViewportSize({ width: 688, height: 980 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - 688);
        assert.ok(over <= 0, `${path} is ${over} px wider than the paper`);
        assert.ok((await page.pdf({ format: 'A4' })).length > 10_000);
      },
      { scheme: 'dark' },
    );
  }
});
