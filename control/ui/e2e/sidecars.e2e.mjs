import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, setUp } from './setup.mjs';

const { visit, api } = setUp();

test('the ledger agrees with the API and adds up', async () => {
  const before = await api('/sidecars');
  await visit('/sidecars', async page => {
    await page.waitForSelector('tbody tr');
    assert.equal(await page.locator('tbody tr').count(), before.length);
    const words = await page.locator('.ledger').first().getAttribute('aria-label');
    assert.match(words, /^[\d,]+ stored/);
    const unexplained = await page.locator('.sums div', { hasText: 'Unexplained' }).locator('dd').textContent();
    assert.equal(
      Number(unexplained.replace(/,/g, '')),
      before.reduce((sum, sidecar) => sum + sidecar.unexplained, 0),
    );
  });
});

test('connections that were not checked are told of in words', async () => {
  const told = (await api('/sidecars')).flatMap(sidecar => sidecar.not_checked);
  assert.ok(told.some(one => one.reason === 'tls_pinned'));
  await visit('/sidecars', async page => {
    await page.waitForSelector('.unjudged li');
    const words = await page.locator('.unjudged li').first().textContent();
    assert.match(words, /^3 connections to api\.openai\.com: the client refused our certificate/);
    assert.equal(await page.locator('tbody .badge', { hasText: 'not checked' }).count(), 1);
  });
});

test('by mouse and by keyboard: from a sidecar to the verdicts of its workload', () =>
  visit('/sidecars', async page => {
    await page.waitForSelector('tbody tr');
    const name = await page.locator('tbody a').first().textContent();
    await page.locator('tbody a').first().click();
    await page.waitForSelector('.chip');
    assert.equal(await address(page), `/verdicts?workload=${name}&range=24h`);
    await page.goBack();
    await page.waitForSelector('tbody tr');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = await page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.chip');
    assert.equal(await address(page), `/verdicts?workload=${second}&range=24h`);
  }));
