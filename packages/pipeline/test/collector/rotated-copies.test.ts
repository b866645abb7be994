import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sourcesConfig } from '../../src/collector/config.ts';
import { expandGlob } from '../../src/collector/glob.ts';
import { rotatedFrom } from '../../src/collector/rotated-copies.ts';

it.each([
  ['kern.log.1', true],
  ['kern.log.0', true],
  ['kern.log.12.gz', true],
  ['kern.log-20260131', true],
  ['kern.log-20260131.gz', true],
  ['kern.log-20260131-1795132800.gz', true],
  ['kern.log.2026-01-31', true],
  ['kern.log.1.xz', true],
  ['kern-20260131.log', true],
  ['kern-20260131.log.gz', true],
  ['kern.log.old', true],
  ['kern.log', false],
  ['kern.log.gz', false],
  ['kern.log2', false],
  ['kernel.log.1', false],
  ['kern.log.swp', false],
  ['xkern.log.1', false],
])('%s is a rotated copy of kern.log: %s', (name, rotated) => {
  expect(rotatedFrom(name).includes('kern.log')).toBe(rotated);
});

it('expands patterns', async () => {
  const root = mkdtempSync(join(tmpdir(), 'droplens-glob-'));
  try {
    for (const path of ['a/x.log', 'a/y.log', 'b/x.log', 'b/.hidden.log', 'b/x.txt', 'c[1].log']) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), '');
    }
    const names = async (pattern: string): Promise<string[]> =>
      (await expandGlob(join(root, pattern))).map((path) => path.slice(root.length + 1));
    expect(await names('*/x.log')).toEqual(['a/x.log', 'b/x.log']);
    expect(await names('?/[xy].log')).toEqual(['a/x.log', 'a/y.log', 'b/x.log']);
    expect(await names('[!a]/*.log')).toEqual(['b/x.log']);
    expect(await names('b/.*')).toEqual(['b/.hidden.log']);
    expect(await names('a/[z-a]*')).toEqual([]);
    expect(await names('none/*')).toEqual([]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

it.each([
  [[{ file: '/var/log/kern.log' }, { journald: {} }, { kmsg: {} }, { stdin: {} }], true],
  [[{ journald: null }], true],
  [undefined, true],
  [[{ file: '' }], false],
  [[{ files: '/x' }], false],
  [[{ kmsg: { path: '/x' } }], false],
  ['kmsg', false],
])('the configuration %j is valid: %s', (value, valid) => {
  expect(sourcesConfig.safeParse(value).success).toBe(valid);
});
