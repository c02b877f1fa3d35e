// How the page is built: hashed files under dist/assets, nothing inlined (the policy forbids inline script, style and data: URLs).
import { defineConfig } from 'vite';

/** Holds the first paint until the script has chosen the theme, so that a dark page never flashes white. */
const blockFirstPaint = {
  name: 'block-first-paint',
  transformIndexHtml: html => html.replace('<script type="module"', '<script blocking="render" type="module"'),
};

export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [{ ...blockFirstPaint, enforce: 'post' }],
  build: { target: 'es2022', assetsInlineLimit: 0, cssCodeSplit: false, sourcemap: false, modulePreload: false },
  server: { proxy: { '/api': process.env.AGENTGUARD_API ?? 'http://127.0.0.1:8001' } },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
});
