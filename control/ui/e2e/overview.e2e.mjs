import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, setUp } from './setup.mjs';

const { visit, api } = setUp();

test('numbers agree with the API', () =>
  visit('/?range=24h', async page => {
    const to = Date.now() * 1000;
    const { total } = await api(`/overview?from=${to - 86_400e6}&to=${to}`);
    const shown = await page.locator('.tile', { hasText: 'Responses' }).locator('.tile__value').textContent();
    assert.ok(Math.abs(Number(shown.replace(/,/g, '')) - total) <= total * 0.02 + 5, `${shown} against ${total}`);
    assert.match(await page.locator('.tile', { hasText: 'Flagged' }).textContent(), /%/);
  }));

test('by mouse: from a tile to the list, from the legend to a state, from a flagged response to its verdict', () =>
  visit('/?range=24h', async page => {
    await page.locator('.tile', { hasText: 'Flagged' }).click();
    await page.waitForSelector('tbody tr');
    assert.equal(await address(page), '/verdicts?range=24h&verdict=ungrounded,contradicted');
    await page.goBack();
    await page.locator('.legend a', { hasText: 'Contradicted' }).click();
    assert.equal(await address(page), '/verdicts?range=24h&verdict=contradicted');
    await page.goBack();
    await page.locator('.newest__item').first().click();
    await page.waitForSelector('.verdict__head');
    assert.match(await address(page), /^\/verdicts\/[0-9a-f-]{36}\?range=24h&verdict=ungrounded,contradicted$/);
  }));

test('by mouse: a range drawn in the chart becomes the range of the page', () =>
  visit('/?range=6h', async page => {
    const box = await page.locator('.u-over').first().boundingBox();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 60, { steps: 6 });
    await page.mouse.up();
    await page.waitForURL(/from=.*Z&to=.*Z/);
    const query = new URL(page.url()).searchParams;
    const hours = (Date.parse(query.get('to')) - Date.parse(query.get('from'))) / 3_600_000;
    assert.ok(hours > 1.4 && hours < 2.3, `${hours} hours`);
  }));

test('by mouse: pointing at the chart tells the numbers of that moment', () =>
  visit('/?range=1h', async page => {
    const box = await page.locator('.u-over').first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const words = await page.locator('.tooltip').first().textContent();
    assert.match(words, /\d\d:\d\d – \d\d:\d\d.*Grounded\d+.*All\d+/);
  }));

test('by keyboard: time range, table instead of chart, theme, help', () =>
  visit('/', async page => {
    await page.keyboard.press('t');
    await page.getByRole('dialog', { name: 'Time range' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Last hour');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await address(page), '/?range=6h');
    await page.getByRole('button', { name: 'Table of Responses by verdict' }).press('Enter');
    assert.ok((await page.locator('.chart__table tbody tr').count()) > 10);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Theme: system' }).press('Enter');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.scheme), 'light');
    await page.getByRole('button', { name: 'Theme: light' }).press('Enter');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.scheme), 'dark');
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.scheme), 'dark');
  }));

test('by keyboard: go to every screen and back', () =>
  visit('/?range=6h', async page => {
    for (const [key, path] of [
      ['v', '/verdicts?range=6h'],
      ['l', '/live'],
      ['w', '/workloads'],
      ['m', '/models'],
      ['s', '/sidecars'],
      ['o', '/'],
    ]) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      assert.equal(await address(page), path);
    }
  }));

test('a fixed range and UTC', () =>
  visit('/?from=2026-01-01T10:00:00Z&to=2026-01-01T12:00:00Z', async page => {
    const button = page.getByRole('button', { name: /Time range/ });
    assert.match(await button.textContent(), /2026-01-01 11:00 → 13:00/);
    await button.click();
    await page.getByRole('button', { name: 'UTC', exact: true }).click();
    assert.match(await button.textContent(), /2026-01-01 10:00 → 12:00/);
    await page.getByRole('heading', { name: 'No responses in this range' }).waitFor();
  }));
