// A development server: the API over generated verdicts, and the built page under the policy it gets in production.
// `node dev/mock.mjs [--port 8001] [--rate 2] [--count 6000]`. Never part of the product.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INSTANCES, makeHistory, makeVerdict, random } from './data.mjs';
import * as answers from './query.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const POLICY =
  "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const KEEP = 20_000;

/** Starts the server; answers its address and a way to stop it. */
export async function startMock({ port = 0, rate = 2, count = 6000 } = {}) {
  const next = random(23);
  const all = makeHistory(count, Date.now());
  const tails = new Set();
  const timer = setInterval(() => {
    if (next() > rate / 10) return;
    const verdict = makeVerdict(Date.now(), next);
    all.unshift(verdict);
    all.length = Math.min(all.length, KEEP);
    for (const { response, query } of tails) {
      if (answers.matches(verdict, query)) send(response, 'verdict', answers.item(verdict), verdict.id);
      if (next() < 0.01) send(response, 'lost', { lost: 1 + Math.floor(next() * 40) });
    }
  }, 100);

  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url, 'http://mock');
    if (pathname.startsWith('/api/v1/')) api(pathname.slice('/api/v1'.length), query, request, response);
    else void file(pathname, response);
  });

  function api(path, query, request, response) {
    const id = /^\/verdicts\/([^/]+)$/.exec(path)?.[1];
    if (path === '/overview') json(response, answers.overview(all, query));
    else if (path === '/timeseries') json(response, answers.timeSeries(all, query));
    else if (path === '/workloads') json(response, answers.topList(all, query, answers.workloadOf));
    else if (path === '/models')
      json(
        response,
        answers.topList(all, query, v => v.model),
      );
    else if (path === '/verdicts') json(response, answers.page(all, query));
    else if (path === '/verdicts/facets') json(response, answers.facets(all, query));
    else if (path === '/sidecars') json(response, answers.sidecars(all, INSTANCES, Date.now()));
    else if (path === '/tail') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': tail\n\n');
      const tail = { response, query };
      tails.add(tail);
      request.on('close', () => tails.delete(tail));
    } else if (id) {
      const verdict = all.find(one => one.id === id);
      if (verdict) json(response, verdict);
      else problem(response, 404, 'Not found', `There is no verdict ${id}. It may have passed its retention.`);
    } else problem(response, 404, 'Not found', `There is no ${path}.`);
  }

  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  const stop = () => {
    clearInterval(timer);
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

function send(response, name, data, id) {
  response.write(`event: ${name}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`);
}

function json(response, body) {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function problem(response, status, title, detail) {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ type: 'about:blank', status, title, detail }));
}

async function file(pathname, response) {
  const known = extname(pathname) !== '';
  const path = join(DIST, normalize(known ? pathname : '/index.html'));
  const body = path.startsWith(DIST) ? await readFile(path).catch(() => undefined) : undefined;
  if (body === undefined) return problem(response, 404, 'Not found', 'Run `npm run build` first.');
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name, fallback) =>
    Number(process.argv[process.argv.indexOf(`--${name}`) + 1] ?? fallback) || fallback;
  const { url } = await startMock({
    port: option('port', 8001),
    rate: option('rate', 2),
    count: option('count', 6000),
  });
  console.log(`mock control plane on ${url}`);
}
