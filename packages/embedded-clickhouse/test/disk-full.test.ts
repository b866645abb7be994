import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, unlinkSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openEngine } from '../src/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'droplens-full-'));
/** A disk of its own needs root; without it these tests have nothing to fill. */
const isMounted = mount();

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

afterAll(() => {
  if (isMounted) execFileSync('umount', [directory]);
  rmdirSync(directory);
});

test('a full disk is said aloud and passes', { timeout: 60_000 }, async (context) => {
  if (!isMounted) context.skip('mounting a small disk needs root');
  const engine = await openEngine({ directory });
  const { username, password } = engine.writer;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const ask = async (sql: string): Promise<string> =>
    await (await fetch(engine.url, { method: 'POST', body: sql, headers: { authorization } })).text();
  await ask('CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a');
  expect(await ask('INSERT INTO t FORMAT TSV\n1\tx\n')).toBe('');
  const filler = join(directory, 'filler');
  for (const bytes of [1 << 20, 1 << 12, 1]) {
    let isFull = false;
    while (!isFull) {
      isFull = await appendFile(filler, Buffer.alloc(bytes)).then(
        () => false,
        () => true,
      );
    }
  }
  const full = /^Code: 243\..*\(NOT_ENOUGH_SPACE\)\n$/s;
  expect(await ask(`INSERT INTO t FORMAT TSV\n${'2\ty\n'.repeat(100_000)}`)).toMatch(full);
  expect(await ask('INSERT INTO t SELECT number, toString(number) FROM numbers(1000000)')).toMatch(full);
  expect(await ask('SELECT count() FROM t')).toMatch(full);
  expect(await ask('SELECT number FROM numbers(1000000)')).toMatch(/Code: 243\..*NOT_ENOUGH_SPACE/s);
  unlinkSync(filler);
  expect(await ask('INSERT INTO t FORMAT TSV\n3\tz\n')).toBe('');
  expect(await ask('SELECT groupArray(a) FROM (SELECT a FROM t ORDER BY a)')).toBe('[1,3]\n');
  await engine.close();
});
