// Anywhere by name: screens, workloads, models, verdicts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, focused, setUp } from './setup.mjs';

const { visit, api } = setUp();
const options = page => page.getByRole('option').allTextContents();
const open = async page => {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
};

test('by keyboard: a workload, a model, a screen, a search; the range stays', () =>
  visit('/?range=24h', async page => {
    await open(page);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'combobox');
    await page.getByRole('option', { name: /support-agent/ }).waitFor();
    await page.keyboard.type('support');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.tile');
    assert.equal(await address(page), '/workloads/shop/support-agent?range=24h');
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await open(page);
    await page
      .getByRole('option', { name: /gpt-4o-mini/ })
      .waitFor({ state: 'attached' })
      .catch(() => undefined);
    await page.keyboard.type('gpt');
    await page.waitForFunction(() => document.querySelectorAll('[role=option]').length >= 3);
    await page.keyboard.press('ArrowDown');
    const second = page.locator('[role=option][aria-selected=true]');
    const name = await second.locator('bdi').textContent();
    assert.equal(
      await page.getByRole('combobox').getAttribute('aria-activedescendant'),
      await second.getAttribute('id'),
    );
    await page.keyboard.press('Enter');
    await page.waitForFunction(wanted => document.querySelector('h1')?.textContent === wanted, name);
    assert.match(await address(page), /^\/models\/.+\?range=24h$/);
    await open(page);
    await page.keyboard.type('sidec');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sidecars', exact: true }).waitFor();
    assert.equal(await address(page), '/sidecars');
    await open(page);
    await page.keyboard.type('refund window');
    await page.keyboard.press('Enter');
    assert.equal(await address(page), '/verdicts?q=refund+window');
  }));

test('by mouse: the button in the bar, a place in the list', () =>
  visit('/?range=24h', async page => {
    await page.getByRole('button', { name: 'Go to' }).click();
    await page.getByRole('option', { name: /^Models/ }).click();
    await page.getByRole('heading', { name: 'Models' }).waitFor();
    assert.equal(await address(page), '/models?range=24h');
  }));

test('a verdict by its id', async () => {
  const { items } = await api('/verdicts?limit=1');
  await visit('/', async page => {
    await open(page);
    await page.keyboard.insertText(` ${items[0].id.toUpperCase()} `);
    assert.equal((await options(page)).length, 1);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict__head');
    assert.equal(await address(page), `/verdicts/${items[0].id}`);
  });
});

test('Escape gives the focus back; it works while somebody types and without the single keys', () =>
  visit('/workloads?range=24h', async page => {
    await page.waitForSelector('tbody tr');
    await page.keyboard.press('j');
    const before = await focused(page);
    await open(page);
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), before);
    await page.keyboard.press('/');
    await open(page);
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('?');
    await page.getByLabel('Single-key shortcuts').uncheck();
    await page.keyboard.press('Escape');
    await open(page);
  }));

test('without its names it still goes to screens, and says what is missing', () =>
  visit(
    '/',
    async page => {
      await open(page);
      await page.getByText(/Workloads and models are not listed: .*cannot be reached/).waitFor();
      await page.keyboard.type('live');
      await page.keyboard.press('Enter');
      assert.equal(await address(page), '/live');
    },
    {
      allow: [/ERR_FAILED/],
      prepare: async page => {
        await page.route('**/api/v1/workloads?*', route => route.abort());
        await page.route('**/api/v1/models?*', route => route.abort());
      },
    },
  ));
