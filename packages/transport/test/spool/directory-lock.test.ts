import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectoryLock, holderOf } from '../../src/index.ts';

describe('DirectoryLock', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const lockIn = (path: string): DirectoryLock => new DirectoryLock(join(path, 'test.lock'), 'the thing');

  test('has one holder at a time, and leaves nothing behind', async () => {
    const first = lockIn(directory);
    const second = lockIn(directory);
    await first.acquire();
    expect(await first.isHeld()).toBe(true);
    expect(await holderOf(join(directory, 'test.lock'))).toBe(String(process.pid));
    await expect(second.acquire()).rejects.toMatchObject({
      code: 'DL_HELD',
      message: `the thing is in use by process ${process.pid}`,
    });
    expect(await second.isHeld()).toBe(false);
    await second.release();
    await first.release();
    await first.release();
    expect(readdirSync(directory)).toEqual([]);
    expect(await holderOf(join(directory, 'test.lock'))).toBe(null);
    await second.acquire();
    await second.release();
  });

  test('of many at once exactly one gets it, also over what a dead one left', async () => {
    for (let round = 0; round < 5; round++) {
      await abandon(directory);
      const locks = Array.from({ length: 8 }, () => lockIn(directory));
      const outcomes = await Promise.allSettled(locks.map((lock) => lock.acquire()));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const lock of locks) await lock.release();
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  test('is free as soon as its holder was killed', async () => {
    const child = await holder(directory);
    await expect(lockIn(directory).acquire()).rejects.toMatchObject({ message: `the thing is in use by process ${child.pid}` });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(existsSync(join(directory, 'test.lock'))).toBe(true);
    const next = lockIn(directory);
    await next.acquire();
    await next.release();
  });

  test('a holder that is stopped still holds', async () => {
    const child = await holder(directory);
    child.kill('SIGSTOP');
    await expect(lockIn(directory).acquire()).rejects.toMatchObject({ code: 'DL_HELD' });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  });

  test('works where the path is longer than a socket may have', async () => {
    const deep = join(directory, 'd'.repeat(100), 'e'.repeat(100));
    mkdirSync(deep, { recursive: true });
    const lock = lockIn(deep);
    await lock.acquire();
    await expect(lockIn(deep).acquire()).rejects.toMatchObject({ code: 'DL_HELD' });
    await lock.release();
    expect(readdirSync(deep)).toEqual([]);
  });

  test('a file in its place is no holder', async () => {
    writeFileSync(join(directory, 'test.lock'), '12345');
    const lock = lockIn(directory);
    await lock.acquire();
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });
});

const source = join(import.meta.dirname, '../../src/index.ts');

/** A process that holds the lock. */
async function holder(directory: string): Promise<ReturnType<typeof spawn>> {
  const code = `import { DirectoryLock } from ${JSON.stringify(source)};
    await new DirectoryLock(${JSON.stringify(join(directory, 'test.lock'))}, 'the thing').acquire();
    process.stdout.write('held');
    setInterval(() => undefined, 1000);`;
  const file = join(directory, 'holder.mts');
  writeFileSync(file, code);
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=dev', file], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  rmSync(file);
  return child;
}

/** Leaves a lock whose holder is dead. */
async function abandon(directory: string): Promise<void> {
  const child = await holder(directory);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
}
