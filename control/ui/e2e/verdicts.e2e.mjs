import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, focused, setUp } from './setup.mjs';

const { visit, api } = setUp();
const states = page => page.locator('tbody td:nth-child(2)').allTextContents();

test('by mouse: facets filter, chips drop, everything is in the address', () =>
  visit('/verdicts?range=24h', async page => {
    await page.getByLabel(/^Contradicted/).check();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('tbody td:nth-child(2)')].every(cell => cell.textContent === 'Contradicted'),
    );
    assert.equal(await address(page), '/verdicts?range=24h&verdict=contradicted');
    await page.getByLabel(/^Ungrounded/).check();
    await page.getByRole('button', { name: '0.7' }).click();
    assert.equal(await address(page), '/verdicts?range=24h&verdict=contradicted,ungrounded&min_risk=0.7');
    await page.waitForSelector('.outdated', { state: 'detached' });
    const risks = await page.locator('tbody .risk').allTextContents();
    assert.ok(risks.length > 0 && risks.every(text => Number(text) >= 0.7), risks.join());
    await page.getByRole('button', { name: 'Drop Verdict: Contradicted' }).click();
    assert.equal(await address(page), '/verdicts?range=24h&verdict=ungrounded&min_risk=0.7');
    await page.goBack();
    assert.equal(await address(page), '/verdicts?range=24h&verdict=contradicted,ungrounded&min_risk=0.7');
    await page.getByRole('button', { name: 'Clear all' }).click();
    assert.equal(await address(page), '/verdicts?range=24h');
  }));

test('a permalink shows the same list', () =>
  visit('/verdicts?range=24h&verdict=unverifiable', async page => {
    await page.waitForSelector('tbody tr');
    assert.ok((await states(page)).every(state => state === 'Unverifiable'));
    assert.ok(await page.getByLabel(/^Unverifiable/).isChecked());
  }));

test('counts in the facets are those of the API', () =>
  visit('/verdicts?range=24h', async page => {
    const to = Date.now() * 1000;
    const { facets } = await api(`/verdicts/facets?from=${to - 86_400e6}&to=${to}`);
    await page.waitForSelector('.facet__value');
    const shown = await page.locator('.facet__value', { hasText: 'Contradicted' }).locator('.num').textContent();
    assert.ok(Math.abs(Number(shown.replace(/,/g, '')) - (facets.verdict.contradicted ?? 0)) <= 5);
  }));

test('by keyboard: search, rows, open, back', () =>
  visit('/verdicts?range=24h', async page => {
    await page.waitForSelector('tbody tr');
    const model = await page.locator('tbody tr').first().locator('.col--model').textContent();
    await page.keyboard.press('/');
    await page.keyboard.type(model);
    await page.waitForURL(url => new URL(url).searchParams.get('q') === model);
    await page.waitForSelector('.outdated', { state: 'detached' });
    await page.keyboard.press('Tab');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = await focused(page);
    assert.equal(second, await page.locator('tbody .rowlink').nth(1).textContent());
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict__head');
    assert.match(await address(page), /^\/verdicts\/[0-9a-f-]{36}\?range=24h&q=/);
    const opened = (await address(page)).split('?')[0];
    await page.keyboard.press('u');
    await page.waitForFunction(path => document.activeElement?.pathname === path, opened);
  }));

test('pages: forward, back, by the browser’s own back too; none twice', () =>
  visit('/verdicts?range=24h', async page => {
    const ids = () => page.locator('.rowlink').evaluateAll(links => links.map(link => link.pathname));
    await page.waitForSelector('tbody tr');
    const first = await ids();
    assert.equal(first.length, 50);
    await page.keyboard.press('n');
    await page.waitForURL(/cursor=/);
    await page.waitForFunction(before => document.querySelector('.rowlink')?.pathname !== before, first[0]);
    const second = await ids();
    assert.deepEqual(
      second.filter(id => first.includes(id)),
      [],
    );
    await page.getByRole('button', { name: 'Newer' }).click();
    await page.waitForFunction(
      id => [...document.querySelectorAll('.rowlink')].some(link => link.pathname === id),
      first[0],
    );
    assert.doesNotMatch(await address(page), /cursor/);
    await page.goBack();
    await page.waitForFunction(id => document.querySelector('.rowlink')?.pathname === id, second[0]);
  }));

test('a whole id in the search box opens that verdict', async () => {
  const { items } = await api('/verdicts?limit=1');
  await visit('/', async page => {
    await page.getByRole('searchbox').fill(items[0].id);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict__head');
    assert.equal(await address(page), `/verdicts/${items[0].id}`);
  });
});

test('fifty rows fit a screen and a half', () =>
  visit('/verdicts?range=24h', async page => {
    await page.waitForSelector('tbody tr:nth-child(50)');
    const height = await page.locator('tbody').evaluate(body => body.getBoundingClientRect().height);
    assert.ok(height <= 1600, `${height} px`);
  }));

test('nothing matches: says so and offers ways out', () =>
  visit('/verdicts?range=15m&q=zzzz-nothing-holds-this', async page => {
    await page.getByRole('heading', { name: 'No verdict matches' }).waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.waitForSelector('tbody tr');
  }));
