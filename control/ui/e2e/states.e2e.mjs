// Empty, failing, unauthorised and stale: what a person sees when things are not well.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from './setup.mjs';

const { visit } = setUp();
const answer = (status, body) => route =>
  route.fulfill({
    status,
    contentType: status < 400 ? 'application/json' : 'application/problem+json',
    body: JSON.stringify(body),
  });
const NOTHING = {
  from: 0,
  to: 0,
  total: 0,
  by_verdict: {},
  by_action: {},
  not_checked: {},
  rate: 0,
  flagged_share: 0,
  coverage: 0,
  judge_ms: { p50: 0, p95: 0, p99: 0 },
  held_ms: { p50: 0, p95: 0, p99: 0 },
  total_ms: { p50: 0, p95: 0, p99: 0 },
  previous: null,
  workloads: [],
  models: [],
  newest_flagged: [],
};

test('before the first response: the one line that sends traffic', () =>
  visit(
    '/',
    async page => {
      await page.getByRole('heading', { name: 'No responses yet' }).waitFor();
      await page.getByText(/OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:19003\/openai\/v1/).waitFor();
    },
    {
      prepare: async page => {
        await page.route('**/api/v1/overview*', answer(200, NOTHING));
        await page.route('**/api/v1/timeseries*', answer(200, { step: 60, t: [], series: {}, judge_p95_ms: [] }));
        await page.route('**/api/v1/verdicts?*', answer(200, { items: [], next: null }));
      },
    },
  ));

test('before the first response: list, live and sidecars say so too', async () => {
  const prepare = async page => {
    await page.route('**/api/v1/verdicts?*', answer(200, { items: [], next: null }));
    await page.route('**/api/v1/verdicts/facets*', answer(200, { facets: {}, partial: false }));
    await page.route('**/api/v1/sidecars', answer(200, []));
  };
  for (const path of ['/verdicts', '/sidecars']) {
    await visit(path, page => page.getByRole('heading', { name: 'No responses yet' }).waitFor(), { prepare });
  }
});

test('an error shows the server’s own words, and trying again recovers', () =>
  visit(
    '/',
    async page => {
      await page.getByRole('alert').getByRole('heading', { name: 'The store cannot be used now' }).waitFor();
      await page.getByText('disk full').waitFor();
      await page.unroute('**/api/v1/overview*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.waitForSelector('.tile');
    },
    {
      allow: [/503/],
      prepare: page =>
        page.route('**/api/v1/overview*', answer(503, { title: 'The store cannot be used now', detail: 'disk full' })),
    },
  ));

test('data that cannot be brought up to date stays, with a note', () =>
  visit(
    '/',
    async page => {
      await page.waitForSelector('.tile');
      await page.route('**/api/v1/**', route => route.abort());
      await page.keyboard.press('r');
      await page
        .getByText(/Showing what was true at .* cannot be reached/)
        .first()
        .waitFor();
      assert.ok(await page.locator('.tile').first().isVisible());
      await page.unroute('**/api/v1/**');
      await page.keyboard.press('r');
      await page
        .getByText(/Showing what was true/)
        .first()
        .waitFor({ state: 'detached' });
    },
    { allow: [/ERR_FAILED/] },
  ));

test('401 leaves for the sign-in page and brings the way back', () =>
  visit(
    '/',
    async page => {
      await page.waitForURL('**/login?**');
      assert.equal(new URL(page.url()).searchParams.get('next'), '/verdicts?range=6h');
    },
    {
      allow: [/401/],
      prepare: async page => {
        await page.route('**/api/v1/**', answer(401, { title: 'Sign in' }));
        await page.route('**/login?**', route =>
          route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Sign in</h1>' }),
        );
        page.goto = (
          go => () =>
            go.call(page, '/verdicts?range=6h')
        )(page.goto);
      },
    },
  ));

test('an answer of another shape breaks one screen, not the page', () =>
  visit(
    '/',
    async page => {
      await page.getByRole('alert').getByText('This screen could not be drawn').waitFor();
      await page.keyboard.press('g');
      await page.keyboard.press('s');
      await page.waitForSelector('tbody tr');
    },
    {
      prepare: page => page.route('**/api/v1/overview*', answer(200, { total: 3 })),
    },
  ));

test('a page that is not there', () =>
  visit('/verdicts/a/b', page => page.getByRole('heading', { name: 'There is no such page' }).waitFor()));

test('a damaged address still shows something', () =>
  visit('/verdicts?range=banana&verdict=%22%3E%3Cscript%3E&min_risk=9e99&from=x', async page => {
    await page.waitForSelector('tbody tr, .blank');
    assert.match(await page.getByRole('button', { name: /Time range/ }).textContent(), /Last hour/);
  }));

test('single-key shortcuts can be turned off', () =>
  visit('/', async page => {
    await page.keyboard.press('?');
    await page.getByLabel('Single-key shortcuts').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    assert.equal(await page.locator('dialog[open]').count(), 0);
  }));
