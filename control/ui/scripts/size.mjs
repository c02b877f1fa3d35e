// Fails when the page's script grows past its budget, or when the build inlined something that the content policy forbids.

import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
/** What the design allows, and what this page aims at; bytes of gzipped script. */
const LIMIT = 150_000;
const AIM = 66_000;

const assets = await readdir(`${DIST}assets`);
const sizes = await Promise.all(
  assets.map(async name => ({ name, bytes: gzipSync(await readFile(`${DIST}assets/${name}`), { level: 9 }).length })),
);
for (const { name, bytes } of sizes) console.log(`${String(bytes).padStart(7)}  ${name}`);

const script = sizes.filter(({ name }) => name.endsWith('.js')).reduce((sum, { bytes }) => sum + bytes, 0);
console.log(`${String(script).padStart(7)}  script in all, gzipped (aim ${AIM}, limit ${LIMIT})`);

const problems = [];
if (script > AIM)
  problems.push(`the script is over its aim: look at what the last change imports, or raise AIM knowingly`);
const html = await readFile(`${DIST}index.html`, 'utf8');
if (/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/.test(html))
  problems.push('index.html holds inline script or style');
for (const { name } of sizes) {
  const text = await readFile(`${DIST}assets/${name}`, 'utf8');
  if (/\.css$/.test(name) && /url\(["']?(data:|https?:|\/\/)/.test(text))
    problems.push(`${name} loads from elsewhere or from data:`);
}
for (const problem of problems) console.error(`size: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
