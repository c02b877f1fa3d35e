import { describe, expect, it } from 'vitest';
import { matchRoute } from '../state/router';
import { canFilter, modelPath, nameParts, undisguised, workloadPath } from './names';

describe('names and their pages', () => {
  it('finds the way back from a page’s address to the name', () => {
    const names = [
      'shop/support-agent',
      'alone',
      'a/b/c',
      'ns/my.app-1.2',
      'ns/%2F',
      'x/"><script>',
      'ns/עברית',
      'a/?#&',
    ];
    for (const name of names) {
      const path = workloadPath(name) ?? '';
      expect(new URL(path, 'http://page').pathname).toBe(path);
      expect(matchRoute(path)).toEqual({ screen: 'workload', name });
    }
    for (const name of ['gpt-4.1', 'llama3:8b', 'meta-llama/Llama-3.1-8B', '(other)', '100%'])
      expect(matchRoute(modelPath(name) ?? '')).toEqual({ screen: 'model', name });
    expect(workloadPath('shop/support-agent')).toBe('/workloads/shop/support-agent');
    expect(modelPath('gpt-4.1')).toBe('/models/gpt-4%2E1');
    expect(modelPath('llama3:8b')).toBe('/models/llama3:8b');
  });

  it('has no page for what an address or a filter cannot name', () => {
    for (const name of ['', '..', '../x', 'a/..', 'a/', '/a', 'a,b', ' a', 'a/b '])
      expect(workloadPath(name)).toBeUndefined();
    for (const name of ['', '.', 'a,b']) expect(modelPath(name)).toBeUndefined();
    expect(canFilter('a,b')).toBe(false);
    expect(canFilter('..')).toBe(true);
  });

  it('shows marks that would turn a name round, and leaves scripts that run so alone', () => {
    expect(undisguised('a/\u202Etxt.exe\u202C')).toBe('a/\uFFFDtxt.exe\uFFFD');
    expect(undisguised('עברית/שלום')).toBe('עברית/שלום');
  });

  it('takes the namespace apart', () => {
    expect(nameParts('shop/support/agent')).toEqual(['shop/', 'support/agent']);
    expect(nameParts('alone')).toEqual(['', 'alone']);
  });
});

describe('matchRoute', () => {
  it('knows the screens and nothing else', () => {
    expect(matchRoute('/')).toEqual({ screen: 'overview' });
    expect(matchRoute('/workloads')).toEqual({ screen: 'workloads' });
    expect(matchRoute('/models/')).toEqual({ screen: 'models' });
    expect(matchRoute('/verdicts/x')).toEqual({ screen: 'verdict', id: 'x' });
    expect(matchRoute('/workloads/%E0%A4%A')).toEqual({ screen: 'workload', name: '%E0%A4%A' });
    for (const path of [
      '/docs',
      '/login',
      '/verdicts/a/b',
      '/models/a/b',
      '/workloads/a/b/c',
      '/workloads//a',
      '/live/x',
    ])
      expect(matchRoute(path)).toBeUndefined();
  });
});
