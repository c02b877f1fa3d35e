import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from './setup.mjs';

const { visit } = setUp({ rate: 10 });
const rows = page => page.locator('tbody tr').count();

test('verdicts arrive; Space holds them back and lets them go', () =>
  visit('/live', async page => {
    await page.waitForSelector('.live__state[data-state=open]');
    await page.getByText(/[1-9]\d* seen/).waitFor({ timeout: 20_000 });
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    const before = await rows(page);
    await page.waitForSelector('.live__held', { timeout: 20_000 });
    assert.equal(await rows(page), before);
    await page.keyboard.press('Space');
    await page.waitForFunction(n => document.querySelectorAll('tbody tr').length > n, before);
  }));

test('by mouse: pause, filter by state, open a row', () =>
  visit('/live', async page => {
    await page.waitForSelector('tbody tr', { timeout: 20_000 });
    await page
      .getByRole('group', { name: 'States shown' })
      .getByRole('button', { name: 'Grounded', exact: true })
      .click();
    await page.waitForURL(/verdict=grounded/);
    await page.waitForSelector('tbody tr', { timeout: 20_000 });
    await page.waitForTimeout(1500);
    await page.getByRole('button', { name: 'Pause' }).click();
    const states = await page.locator('tbody tr:not(.live__mark) td:nth-child(2)').allTextContents();
    assert.ok(
      states.every(state => state === 'Grounded'),
      states.join(),
    );
    await page.locator('tbody tr:not(.live__mark)').first().click();
    await page.waitForSelector('.verdict__head');
  }));

/** A tail of our own: these bodies, one for each connection, then nothing any more. */
const tail =
  (...bodies) =>
  async page => {
    await page.route('**/api/v1/tail*', async route => {
      const body = bodies.shift();
      if (body === undefined) await route.abort();
      else await route.fulfill({ status: 200, contentType: 'text/event-stream', body });
    });
  };

test('loss is marked, a broken connection comes back by itself', () =>
  visit(
    '/live',
    async page => {
      await page.getByText('12 verdicts not shown here').waitFor();
      await page.getByText('Connected again').waitFor();
      await page.getByText(/Disconnected, trying again/).waitFor();
      assert.match(await page.locator('.screen__head').textContent(), /12 not shown/);
    },
    { prepare: tail('id: 1\nevent: lost\ndata: {"lost":12}\n\n', ': back\n\n'), allow: [/ERR_FAILED/] },
  ));

test('a refused filter is told and not tried for ever', () =>
  visit(
    '/live',
    async page => {
      await page.getByText('min_risk must be between 0 and 1').first().waitFor();
      await page.getByRole('button', { name: 'Try now' }).waitFor();
    },
    {
      allow: [/400/],
      prepare: page =>
        page.route('**/api/v1/tail*', route =>
          route.fulfill({
            status: 400,
            contentType: 'application/problem+json',
            body: JSON.stringify({ title: 'Bad parameter', detail: 'min_risk must be between 0 and 1' }),
          }),
        ),
    },
  ));
