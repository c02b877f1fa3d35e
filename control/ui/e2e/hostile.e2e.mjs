// Hostile text in every place where text of others is shown: it stays text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from './setup.mjs';

const { visit, api } = setUp();
const EVIL =
  '"><img src=x onerror="window.owned=1"><script>window.owned=1</script><svg/onload=window.owned=1>\u202e{{7*7}}javascript:window.owned=1';

/** The verdict with every text field turned hostile. */
function poison(verdict) {
  const point = Array.from(EVIL).length;
  return {
    ...verdict,
    verdict: 'ungrounded',
    explanation: EVIL,
    model: EVIL,
    provider: EVIL,
    host: EVIL,
    path: EVIL,
    dialect: EVIL,
    rule: EVIL,
    policy: EVIL,
    judge: EVIL,
    response_id: EVIL,
    trace: EVIL,
    signals: [EVIL],
    workload: { namespace: EVIL, name: EVIL, pod: EVIL },
    spans: [
      {
        choice: 0,
        start: 2,
        end: point - 3,
        kind: 'unsupported',
        risk: 0.9,
        evidence: { source: EVIL, start: 1, end: 9 },
      },
      { choice: 0, call: 0, start: 0, end: 9, kind: 'tool_call', risk: 0.8 },
    ],
    content: {
      texts: [EVIL],
      tool_calls: [{ choice: 0, call: 0, name: EVIL, arguments: JSON.stringify({ [EVIL]: EVIL }) }],
      evidence: [{ label: EVIL, kind: 'document', text: EVIL }],
    },
  };
}

const unharmed = async page => {
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.equal(await page.locator('main img, main script, main [onerror], main [onload]').count(), 0);
  assert.equal(await page.locator('main a[href^="javascript:"]').count(), 0);
};

test('in a verdict', async () => {
  const { items } = await api('/verdicts?limit=1');
  const verdict = poison(await api(`/verdicts/${items[0].id}`));
  await visit(
    `/verdicts/${verdict.id}`,
    async page => {
      await page.waitForSelector('.answer__text');
      const text = await page.locator('.answer__text').evaluate(element => {
        const copy = element.cloneNode(true);
        for (const chip of copy.querySelectorAll('button')) chip.remove();
        return copy.textContent;
      });
      assert.equal(text, EVIL);
      await page.keyboard.press('j');
      await unharmed(page);
    },
    { prepare: page => page.route(`**/api/v1/verdicts/${verdict.id}`, route => route.fulfill({ json: verdict })) },
  );
});

test('in the list, the facets and the overview', async () => {
  const { items } = await api('/verdicts?limit=3');
  const bad = items.map(poison).map(({ content: _, ...item }) => item);
  await visit(
    '/verdicts?range=7d',
    async page => {
      await page.waitForSelector('tbody tr');
      await unharmed(page);
      await page.locator('.facet__value').last().click();
      await unharmed(page);
    },
    {
      prepare: async page => {
        await page.route('**/api/v1/verdicts?*', route => route.fulfill({ json: { items: bad, next: null } }));
        await page.route('**/api/v1/verdicts/facets*', route =>
          route.fulfill({ json: { facets: { model: { [EVIL]: 3 }, workload: { [EVIL]: 1 } } } }),
        );
      },
    },
  );
  const to = Date.now() * 1000;
  const overview = await api(`/overview?from=${to - 86_400e6}&to=${to}`);
  const row = { name: EVIL, total: 3, flagged: 2, mean_risk: 0.5 };
  await visit(
    '/?range=24h',
    async page => {
      await page.waitForSelector('.newest__item');
      await unharmed(page);
    },
    {
      prepare: page =>
        page.route('**/api/v1/overview*', route =>
          route.fulfill({
            json: { ...overview, workloads: [row], models: [row], not_checked: { [EVIL]: 2 }, newest_flagged: bad },
          }),
        ),
    },
  );
});

test('in an error', () =>
  visit(
    '/',
    async page => {
      await page.getByRole('alert').waitFor();
      await unharmed(page);
    },
    {
      allow: [/500/],
      prepare: page =>
        page.route('**/api/v1/overview*', route =>
          route.fulfill({
            status: 500,
            contentType: 'application/problem+json',
            body: JSON.stringify({ title: EVIL, detail: EVIL }),
          }),
        ),
    },
  ));

test('the content policy is strict and holds', () =>
  visit(
    '/',
    async page => {
      const response = await page.request.get('/');
      const policy = response.headers()['content-security-policy'] ?? '';
      assert.match(policy, /default-src 'self'/);
      assert.doesNotMatch(policy, /unsafe/);
      // A mark that the policy is in force, not only announced: inline script does not run.
      const ran = await page.evaluate(() => {
        const script = document.createElement('script');
        try {
          script.text = 'window.inline = 1';
          document.head.append(script);
        } catch {
          // Trusted Types refuse even the assignment.
        }
        return window.inline;
      });
      assert.equal(ran, undefined);
    },
    { allow: [/Content Security Policy|TrustedScript|Trusted Type/i] },
  ));
