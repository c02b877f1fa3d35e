import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, findVerdict, setUp } from './setup.mjs';

const { visit, api } = setUp();
const withEvidence = item => item.spans.some(span => span.evidence && span.call === undefined && span.choice === 0);
const slice = (text, { start, end }) => Array.from(text).slice(start, end).join('');

test('marks are the words of the spans, counted in scalar values', async () => {
  const { id } = await findVerdict(api, withEvidence);
  const verdict = await api(`/verdicts/${id}`);
  await visit(`/verdicts/${id}`, async page => {
    await page.waitForSelector('.answer__text');
    for (const [index, span] of verdict.spans.entries()) {
      if (span.call !== undefined) continue;
      const marked = (await page.locator(`.answer [data-span~="${index}"]`).allTextContents()).join('');
      assert.equal(marked, slice(verdict.content.texts[span.choice], span));
    }
  });
});

test('what stayed below the threshold is a weak signal and counts nowhere', async () => {
  const { items } = await api('/verdicts?limit=200&verdict=grounded');
  const { id } = items.find(item => item.has_content && item.spans.length === 1);
  await visit(`/verdicts/${id}`, async page => {
    assert.equal((await page.locator('.spanchip').allTextContents()).join(), 'Weak signal');
    assert.equal(await page.locator('.answer mark').first().getAttribute('data-tone'), 'weak');
    assert.match(
      await page.locator('section', { hasText: 'Weak signals' }).textContent(),
      /threshold of 0\.50, not flagged/,
    );
    assert.equal(await page.locator('.risk--medium, .risk--high').count(), 0);
  });
  await visit(`/verdicts?q=${id}&range=24h`, async page => {
    await page.waitForSelector('tbody tr');
    assert.equal(await page.locator('tbody .kinds').count(), 0);
  });
});

test('by mouse: pointing at a mark lights its passage, inside view', async () => {
  const { id } = await findVerdict(api, withEvidence);
  const verdict = await api(`/verdicts/${id}`);
  const index = verdict.spans.findIndex(span => span.evidence && span.call === undefined && span.choice === 0);
  const { evidence } = verdict.spans[index];
  await visit(`/verdicts/${id}`, async page => {
    await page.locator(`.answer [data-span~="${index}"]`).first().hover();
    const passage = page.locator('.passage--active');
    await passage.first().waitFor();
    const sources = verdict.content.evidence
      .filter(source => source.label === evidence.source)
      .map(source => slice(source.text, evidence));
    assert.ok(sources.includes((await passage.allTextContents()).join('')));
    await page.waitForTimeout(500);
    const [frame, rect] = [await page.locator('.evidence__sources').boundingBox(), await passage.first().boundingBox()];
    assert.ok(rect.y >= frame.y - 1 && rect.y < frame.y + frame.height);
    await page.locator('h1').hover();
    await passage.first().waitFor({ state: 'detached' });
  });
});

test('by keyboard: spans with j and k, kept in the address; chips by Tab', async () => {
  const { id, spans } = await findVerdict(api, item => item.spans.length >= 2 && withEvidence(item));
  await visit(`/verdicts/${id}`, async page => {
    await page.waitForSelector('.spanchip');
    await page.keyboard.press('j');
    assert.match(await address(page), /span=1/);
    await page.keyboard.press('j');
    assert.match(await address(page), /span=2/);
    assert.equal(await page.locator('.spanchip[aria-pressed=true]').count(), 1);
    await page.keyboard.press('k');
    assert.match(await address(page), /span=1/);
    await page.keyboard.press('Escape');
    assert.doesNotMatch(await address(page), /span=/);
    await page.locator('.spanchip').first().focus();
    await page.waitForSelector('.span--active');
    assert.match(await page.locator('.spanchip').first().getAttribute('aria-label'), /^Span \d+: .+, risk \d\.\d\d\./);
    assert.equal(await page.locator('.spanchip').count(), spans.length);
  });
});

test('[ and ] walk along the list', async () => {
  const { items } = await api('/verdicts?limit=3&verdict=ungrounded,contradicted');
  const scope = 'range=7d&verdict=ungrounded,contradicted';
  await visit(`/verdicts/${items[1].id}?${scope}`, async page => {
    await page.getByRole('link', { name: 'Older verdict' }).waitFor();
    await page.keyboard.press(']');
    await page.waitForURL(`**/verdicts/${items[2].id}?**`);
    await page.keyboard.press('[');
    await page.waitForURL(`**/verdicts/${items[1].id}?**`);
    await page.keyboard.press('[');
    await page.waitForURL(`**/verdicts/${items[0].id}?**`);
    await page.keyboard.press('u');
    assert.equal(await address(page), `/verdicts?${scope}`);
  });
});

test('tool calls: flagged arguments are marked, a flagged call on its name', async t => {
  const found = await findVerdict(api, item => item.spans.some(span => span.call !== undefined));
  if (!found) return t.skip('no verdict with a flagged tool call');
  const verdict = await api(`/verdicts/${found.id}`);
  await visit(`/verdicts/${found.id}`, async page => {
    await page.waitForSelector('.call');
    for (const [index, span] of verdict.spans.entries()) {
      if (span.call === undefined) continue;
      const call = verdict.content.tool_calls.find(one => one.choice === span.choice && one.call === span.call);
      const words = slice(call.arguments, span);
      const marked = (await page.locator(`.call [data-span~="${index}"]`).allTextContents()).join('');
      assert.equal(marked.replace(/\s/g, ''), words === call.arguments ? call.name : words.replace(/\s/g, ''));
    }
  });
});

test('content that was not captured: says how to turn it on', async t => {
  const { items } = await api('/verdicts?limit=200');
  const bare = items.find(item => !item.has_content);
  if (!bare) return t.skip('every verdict has its content');
  await visit(`/verdicts/${bare.id}`, async page => {
    await page.getByRole('heading', { name: 'The content was not captured' }).waitFor();
    assert.match(await page.locator('.uncaptured pre').textContent(), /capture: flagged/);
  });
});

test('raw JSON is what the API says', async () => {
  const { items } = await api('/verdicts?limit=1');
  await visit(`/verdicts/${items[0].id}`, async page => {
    await page.getByText('Raw JSON').click();
    const shown = JSON.parse(await page.locator('.raw pre').textContent());
    assert.deepEqual(shown, await api(`/verdicts/${items[0].id}`));
  });
});

test('an id that is not there', () =>
  visit(
    '/verdicts/00000000-0000-7000-8000-000000000000',
    async page => {
      await page.getByRole('alert').waitFor();
      await page.getByRole('button', { name: 'Try again' }).waitFor();
    },
    { allow: [/404/] },
  ));
