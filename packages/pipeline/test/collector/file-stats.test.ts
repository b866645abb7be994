import { copyFileSync, linkSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { statsOf } from '../../src/collector/file-stats.ts';

const directory = mkdtempSync(join(tmpdir(), 'droplens-stats-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string): string => join(directory, name);

it('tells names of one file from names of another, to the last bit of an inode', async () => {
  writeFileSync(path('a'), 'text');
  utimesSync(path('a'), 1_700_000_000, 1_700_000_000.25);
  linkSync(path('a'), path('b'));
  symlinkSync(path('a'), path('c'));
  copyFileSync(path('a'), path('d'));
  const { ino, dev } = statSync(path('a'), { bigint: true });
  const handle = await open(path('a'));
  const a = await statsOf(handle);
  await handle.close();
  expect(a).toEqual({ identity: `${dev}:${ino}`, kind: 'file', size: 4, mtimeMs: 1_700_000_000_250, links: 2 });
  expect(await statsOf(path('b'))).toEqual(a);
  expect(await statsOf(path('c'))).toEqual(a);
  expect((await statsOf(path('d'))).identity).not.toBe(a.identity);
  expect((await statsOf(directory)).kind).toBe('directory');
  expect((await statsOf('/dev/null')).kind).toBe('other');
});
