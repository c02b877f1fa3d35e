// Workloads and models: the tables of all, the pages of one, with names that somebody else chose and more of them than fit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, focused, setUp } from './setup.mjs';

const { visit, api } = setUp();
const DAY = 86_400e6;
const lastDay = () => `from=${Date.now() * 1000 - DAY}&to=${Date.now() * 1000}`;
const names = page => page.locator('.golden__link').allTextContents();
const column = async (page, name) =>
  (await page.locator(`tbody .golden__${name}`).allTextContents()).map(text => Number(text.replace(/[^\d.]/g, '')));
const row = (name, total, flagged, more = {}) => ({ name, total, flagged, mean_risk: 0.25, ...more });
const answering = (items, path = 'workloads') => ({
  prepare: page => page.route(`**/api/v1/${path}?*`, route => route.fulfill({ json: { from: 0, to: 1, items } })),
});
/** About equal: the development server goes on making verdicts meanwhile. */
const near = (a, b) => assert.ok(Math.abs(a - b) <= 10 + b * 0.03, `${a} against ${b}`);

for (const kind of ['workloads', 'models']) {
  test(`${kind}: the numbers are those of the API, most flagged first`, async () => {
    const { items } = await api(`/${kind}?${lastDay()}`);
    await visit(`/${kind}?range=24h`, async page => {
      await page.waitForSelector('tbody tr');
      assert.deepEqual((await names(page)).sort(), items.map(({ name }) => name).sort());
      const first = items.find(({ name }) => name === items[0].name);
      const shown = page
        .locator('tbody tr', { has: page.getByText(first.name, { exact: true }) })
        .or(page.locator('tbody tr').filter({ has: page.locator(`[title="${first.name}"]`) }));
      near(Number((await shown.first().locator('.golden__total').textContent()).replace(/\D/g, '')), first.total);
      const flagged = await column(page, 'flagged');
      assert.deepEqual(
        flagged,
        [...flagged].sort((a, b) => b - a),
      );
      assert.equal(await page.locator('[aria-sort=descending]').textContent(), 'Flagged');
    });
  });

  test(`${kind}, by mouse: order by a column, find by name, on to one’s page and to its verdicts`, () =>
    visit(`/${kind}?range=24h`, async page => {
      await page.waitForSelector('tbody tr');
      await page.getByRole('link', { name: 'Responses', exact: true }).click();
      assert.equal(await address(page), `/${kind}?range=24h&sort=-total`);
      const totals = await column(page, 'total');
      assert.deepEqual(
        totals,
        [...totals].sort((a, b) => b - a),
      );
      await page.getByRole('link', { name: 'Name', exact: true }).click();
      assert.equal(await address(page), `/${kind}?range=24h&sort=name`);
      const all = await names(page);
      assert.deepEqual(all, [...all].sort(new Intl.Collator('en', { numeric: true }).compare));
      await page.getByRole('link', { name: 'Name', exact: true }).click();
      assert.equal(await address(page), `/${kind}?range=24h&sort=-name`);
      assert.deepEqual(await names(page), all.reverse());
      await page.getByRole('searchbox', { name: `Find ${kind}` }).fill(all[2].slice(1));
      await page.waitForURL(/name=/);
      assert.ok((await names(page)).includes(all[2]));
      assert.ok((await names(page)).length < all.length);
      await page.goto(`/${kind}?range=24h`);
      const target = page.locator('tbody tr').first();
      const name = await target.locator('.golden__link').textContent();
      await target.locator('.golden__risk').click();
      await page.waitForSelector('.tile');
      assert.equal(await page.locator('h1').textContent(), name);
      assert.equal(await page.title(), `${name} · ${kind === 'models' ? 'Models' : 'Workloads'} · AgentGuard`);
      await page.goBack();
      await target.locator('.golden__flagged a').click();
      await page.waitForSelector('.chip');
      assert.equal(
        await address(page),
        `/verdicts?range=24h&verdict=ungrounded,contradicted&${kind.slice(0, -1)}=${name}`,
      );
    }));
}

test('by keyboard: to the table, find, the first row, its page, a flagged verdict, all the way back', () =>
  visit('/?range=24h', async page => {
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    await page.waitForSelector('.golden__link');
    assert.equal(await address(page), '/workloads?range=24h');
    await page.keyboard.press('f');
    await page.keyboard.type('support');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.textContent === 'shop/support-agent');
    assert.equal(await address(page), '/workloads?range=24h&name=support');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.detail__newest tbody tr');
    assert.equal(await address(page), '/workloads/shop/support-agent?range=24h');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict__head');
    assert.match(
      await address(page),
      /^\/verdicts\/[0-9a-f-]{36}\?range=24h&workload=shop\/support-agent&verdict=ungrounded,contradicted$/,
    );
    await page.goBack();
    await page.waitForSelector('.detail__newest tbody tr');
    await page.keyboard.press('u');
    await page.waitForSelector('.golden__link');
    assert.equal(await address(page), '/workloads?range=24h');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    assert.equal(await focused(page), (await names(page))[1]);
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('heading', { name: 'Models' }).waitFor();
    assert.equal(await address(page), '/models?range=24h');
  }));

test('Escape empties the box, then leaves it', () =>
  visit('/workloads?range=24h&name=shop', async page => {
    await page.waitForSelector('tbody tr');
    await page.keyboard.press('f');
    await page.keyboard.press('Escape');
    assert.equal(await address(page), '/workloads?range=24h');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    assert.equal(await focused(page), (await names(page))[0]);
  }));

test('a permalink shows the same table; a damaged one the usual', async () => {
  await visit('/workloads?range=24h&sort=name&name=shop', async page => {
    await page.waitForSelector('tbody tr');
    assert.ok((await names(page)).every(name => name.includes('shop')));
    assert.equal(await page.locator('[aria-sort=ascending]').textContent(), 'Name');
    assert.equal(await page.getByRole('searchbox', { name: 'Find workloads' }).inputValue(), 'shop');
  });
  await visit('/workloads?range=24h&sort=%22%3E%3Cimg%3E&page=-7', async page => {
    await page.waitForSelector('tbody tr');
    assert.equal(await page.locator('[aria-sort=descending]').textContent(), 'Flagged');
  });
});

test('the page of one: its counts are those of the API and lead to their verdicts; its sidecars have their ledgers', async () => {
  const name = 'shop/support-agent';
  const { facets, total } = await api(`/verdicts/facets?${lastDay()}&workload=${name}`);
  const sidecars = (await api('/sidecars')).filter(one => `${one.workload.namespace}/${one.workload.name}` === name);
  await visit(`/workloads/${name}?range=24h`, async page => {
    const tile = async title =>
      Number(
        (await page.locator('.tile', { hasText: title }).locator('.tile__value').textContent()).replace(/[,%]/g, ''),
      );
    await page.waitForSelector('.tile');
    near(await tile('Responses'), total);
    near(await tile('Coverage'), (100 * (total - facets.verdict.not_checked)) / total);
    const list = page.locator('section', { has: page.getByRole('heading', { name: 'Models' }) });
    assert.deepEqual((await list.locator('tbody a').allTextContents()).sort(), Object.keys(facets.model).sort());
    assert.equal(await page.locator('.detail__sidecars tbody tr').count(), sidecars.length);
    assert.match(await page.locator('.detail__sidecars .ledger').first().getAttribute('aria-label'), /^[\d,]+ stored/);
    const flagged = await page.locator('.detail__newest tbody td:nth-child(2)').allTextContents();
    assert.ok(flagged.length > 0 && flagged.every(state => ['Ungrounded', 'Contradicted'].includes(state)));
    await list.locator('tbody a').first().click();
    await page.waitForFunction(() => document.title.includes('Models'));
    await page.waitForSelector('.tile');
    assert.match(await address(page), /^\/models\/.+\?range=24h$/);
    assert.equal(await page.locator('.detail__sidecars').count(), 0);
    await page.goBack();
    await page.getByRole('link', { name: 'Contradicted' }).first().click();
    await page.waitForSelector('.chip');
    assert.equal(await address(page), `/verdicts?range=24h&workload=${name}&verdict=contradicted`);
  });
});

test('a name with dots has a permalink that the server answers', async () => {
  const { items } = await api(`/models?${lastDay()}`);
  const { name } = items.find(item => item.name.includes('.'));
  await visit('/models?range=24h', async page => {
    await page.getByRole('link', { name, exact: true }).click();
    await page.waitForSelector('.tile');
    const path = await address(page);
    assert.equal((await page.goto(path)).status(), 200);
    await page.waitForSelector('.tile');
    assert.equal(await page.locator('h1').textContent(), name);
  });
});

test('ten thousand workloads: a page of rows is drawn, whatever is asked', () =>
  visit(
    '/workloads?range=24h',
    async page => {
      await page.waitForSelector('tbody tr');
      assert.equal(await page.locator('tbody tr').count(), 100);
      assert.equal(await page.locator('h1 + span').textContent(), '10,000 workloads');
      assert.ok((await page.evaluate(() => document.querySelectorAll('*').length)) < 4000);
      await page.keyboard.press('n');
      assert.equal(await address(page), '/workloads?range=24h&page=2');
      assert.equal((await names(page))[0], 'ns/workload-9899');
      await page.keyboard.press('p');
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('button', { name: 'Next' }).click();
      assert.equal(await address(page), '/workloads?range=24h&page=3');
      const begun = Date.now();
      await page.getByRole('link', { name: 'Name', exact: true }).click();
      await page.waitForFunction(() => document.querySelector('.golden__link')?.textContent === 'ns/workload-0');
      assert.ok(Date.now() - begun < 3000, `${Date.now() - begun} ms to put them in order`);
      await page.getByRole('searchbox', { name: 'Find workloads' }).fill('load-777');
      await page.waitForURL(/name=/);
      assert.equal(await page.locator('tbody tr').count(), 11);
      assert.match(await page.locator('h1 + span').textContent(), /^11 of 10,000/);
      await page.goto('/workloads?range=24h&page=100');
      await page.waitForSelector('tbody tr');
      assert.equal((await names(page)).at(-1), 'ns/workload-0');
    },
    answering(Array.from({ length: 10_000 }, (_, i) => row(`ns/workload-${i}`, 10_000 + i, i))),
  ));

test('a full list says that there may be more', () =>
  visit(
    '/workloads',
    page => page.getByText(/the 1,000 with the most flagged responses/).waitFor(),
    answering(Array.from({ length: 1000 }, (_, i) => row(`ns/w${i}`, 5, 1))),
  ));

const EVIL = [
  '"><img src=x onerror=window.owned=1>/<script>window.owned=1</script>',
  '\u202eevil/\u202etxt.exe',
  'עברית/שלום-עולם',
  `long/${'x'.repeat(4000)}`,
  'a,b/with-comma',
  '../..',
  '',
  ' =cmd|x!A0',
  '{{7*7}}/javascript:alert(1)',
];

test('hostile names stay names: in the table, on their pages, in the palette', () =>
  visit(
    '/workloads?range=24h',
    async page => {
      await page.waitForSelector('tbody tr');
      assert.equal(await page.locator('tbody tr').count(), EVIL.length);
      const shown = await page.locator('tbody .golden__name').allTextContents();
      const written = EVIL.map(name => (name === '' ? '(unknown)' : name.replaceAll('\u202e', '\uFFFD')));
      assert.deepEqual([...shown].sort(), written.sort());
      const unharmed = async () => {
        assert.equal(await page.evaluate(() => window.owned), undefined);
        assert.equal(await page.locator('main img, main script, dialog img, dialog script').count(), 0);
        const { scroll, client } = await page.evaluate(() => ({
          scroll: document.documentElement.scrollWidth,
          client: document.documentElement.clientWidth,
        }));
        assert.ok(scroll <= client, `${scroll} px in ${client} px`);
      };
      await unharmed();
      // What no filter can ask for leads nowhere instead of somewhere wrong; what no path can name leads to its verdicts.
      for (const name of ['a,b/with-comma', '', ' =cmd|x!A0'])
        assert.equal(await page.locator(`tbody tr:has([title="${name}"]) a`).count(), 0);
      assert.equal(
        await page.locator('tbody tr:has([title="../.."]) .golden__link').getAttribute('href'),
        '/verdicts?range=24h&workload=../..',
      );
      for (const name of EVIL.slice(0, 4)) {
        const link = page
          .locator('tbody tr')
          .nth(EVIL.length - 1 - EVIL.indexOf(name))
          .locator('.golden__link');
        const href = await link.getAttribute('href');
        await page.goto(href);
        await page.waitForSelector('.blank, .tile');
        assert.equal(await page.locator('h1').textContent(), name.replaceAll('\u202e', '\uFFFD'));
        assert.equal(await page.locator('h1').getAttribute('title'), name);
        await unharmed();
        await page.keyboard.press('Control+k');
        await page.waitForSelector('[role=option]');
        await page.keyboard.type(name.slice(0, 40));
        await unharmed();
        await page.keyboard.press('Escape');
        await page.goto('/workloads?range=24h');
        await page.waitForSelector('tbody tr');
      }
    },
    answering(EVIL.map((name, i) => row(name, 100, i + 1))),
  ));

for (const moves of ['with', 'without'])
  test(`rows that change places keep the focus, in a browser ${moves} moveBefore`, () => {
    const order = names => names.map((name, i) => row(`a/${name}`, 100, 50 - i));
    let items = order(['one', 'two', 'three', 'four', 'five']);
    const ways = [
      ['five', 'four', 'three', 'two', 'one'],
      ['two', 'three', 'five', 'one', 'four'],
      ['one', 'two', 'three', 'four', 'five'],
    ];
    return visit(
      '/workloads',
      async page => {
        await page.waitForSelector('tbody tr');
        await page.keyboard.press('j');
        for (const way of ways) {
          for (let at = 0; at < way.length; at++) {
            const held = await focused(page);
            items = order([...way.slice(at), ...way.slice(0, at)]);
            await page.keyboard.press('r');
            await page.waitForFunction(
              name => document.querySelector('.golden__link')?.textContent === name,
              items[0].name,
            );
            assert.equal(await focused(page), held, `in the order ${items.map(({ name }) => name)}`);
            await page.keyboard.press(at % 2 === 0 ? 'j' : 'k');
          }
        }
      },
      {
        prepare: async page => {
          if (moves === 'without') {
            await page.addInitScript(() => {
              delete Element.prototype.moveBefore;
            });
          }
          await page.route('**/api/v1/workloads?*', route => route.fulfill({ json: { from: 0, to: 1, items } }));
        },
      },
    );
  });

test('coverage is shown where the control plane says what was judged, and only there', async () => {
  await visit(
    '/workloads',
    async page => {
      await page.waitForSelector('tbody tr');
      await page.getByText('The flagged share is of all responses, judged or not.').waitFor();
      assert.equal(await page.getByRole('link', { name: 'Coverage' }).count(), 0);
    },
    answering([row('a/b', 10, 1)]),
  );
  await visit(
    '/workloads?sort=coverage',
    async page => {
      await page.waitForSelector('tbody tr');
      assert.deepEqual(await names(page), ['a/half', 'a/all']);
      assert.deepEqual(await page.locator('tbody .golden__coverage').allTextContents(), ['50.0%', '100%']);
      assert.deepEqual(await page.locator('tbody .golden__share').allTextContents(), ['20.0%', '10.0%']);
    },
    answering([row('a/all', 10, 1, { judged: 10 }), row('a/half', 10, 1, { judged: 5 })]),
  );
});

test('nothing in the range, nothing of that name, an unknown workload: said, with a way on', async () => {
  await visit(
    '/workloads?range=15m',
    async page => {
      await page.getByRole('heading', { name: 'No responses in this range' }).waitFor();
      await page.getByRole('link', { name: 'Show the last 7 days' }).waitFor();
    },
    answering([]),
  );
  await visit('/models?range=24h&name=zzzz-nobody', async page => {
    await page.getByRole('heading', { name: 'No model has such a name' }).waitFor();
    await page.getByRole('button', { name: /^Show all/ }).click();
    await page.waitForSelector('tbody tr');
  });
  await visit('/workloads/nobody/here?range=24h', async page => {
    await page.getByRole('heading', { name: 'No responses in this range' }).waitFor();
    await page.getByText('No sidecar that reports now has this name.').waitFor();
    await page.getByRole('link', { name: 'Show the last 7 days' }).click();
    assert.equal(await address(page), '/workloads/nobody/here?range=7d');
  });
  await visit('/models/a,b', page => page.getByRole('heading', { name: /cannot be asked for this name/ }).waitFor());
});

test('waiting, failing, out of date', async () => {
  let answer;
  const held = new Promise(resolve => (answer = resolve));
  await visit(
    '/workloads?range=24h',
    async page => {
      await page.getByRole('status').getByText('Loading').waitFor({ state: 'attached' });
      answer();
      await page.waitForSelector('tbody tr');
    },
    {
      prepare: page =>
        page.route('**/api/v1/workloads?*', async route => {
          await held;
          await route.continue();
        }),
    },
  );
  await visit(
    '/models',
    async page => {
      await page.getByRole('alert').getByText('disk full').waitFor();
      await page.unroute('**/api/v1/models?*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.waitForSelector('tbody tr');
      await page.route('**/api/v1/**', route => route.abort());
      await page.keyboard.press('r');
      await page.getByText(/Showing what was true at .* cannot be reached/).waitFor();
      assert.ok(await page.locator('tbody tr').first().isVisible());
    },
    {
      allow: [/503/, /ERR_FAILED/],
      prepare: page =>
        page.route('**/api/v1/models?*', route =>
          route.fulfill({
            status: 503,
            contentType: 'application/problem+json',
            body: JSON.stringify({ title: 'The store cannot be used now', detail: 'disk full' }),
          }),
        ),
    },
  );
  await visit(
    '/workloads/shop/support-agent?range=24h',
    async page => {
      await page.waitForSelector('.tile');
      await page.getByText('the newest responses of the range only').waitFor();
      assert.match(await page.locator('.tile__value').first().textContent(), /^[\d,]+\+$/);
    },
    {
      prepare: page =>
        page.route('**/api/v1/verdicts/facets?*', async route => {
          const response = await route.fetch();
          await route.fulfill({ json: { ...(await response.json()), partial: true } });
        }),
    },
  );
});
