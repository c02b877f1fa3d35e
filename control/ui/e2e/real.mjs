// Runs the browser tests against a real control plane whose database is empty: `npm run e2e:real -- http://127.0.0.1:8000`.

import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { feed } from '../dev/feed.mjs';

const url = process.argv[2];
if (!url) throw new Error('usage: node e2e/real.mjs URL [TEST-FILE…]');
const dir = fileURLToPath(new URL('.', import.meta.url));
const chosen = process.argv.slice(3);
const files =
  chosen.length > 0 ? chosen : (await readdir(dir)).filter(name => name.endsWith('.e2e.mjs')).map(name => dir + name);

const stop = await feed(url);
const child = spawn(process.execPath, ['--test', '--test-concurrency=1', ...files], {
  stdio: 'inherit',
  env: { ...process.env, BASE_URL: url },
});
child.on('exit', code => {
  void stop().finally(() => {
    process.exitCode = code ?? 1;
  });
});
