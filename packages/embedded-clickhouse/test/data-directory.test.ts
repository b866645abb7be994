import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findEngine, openEngine, type Account } from '../src/index.ts';

interface Said {
  readonly url?: string;
  readonly writer?: Account;
  readonly code?: string;
  readonly message?: string;
}

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly said: Promise<Said>;
}

let directory: string;
let children: Child[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'droplens-lock-'));
});

afterEach(async () => {
  for (const child of children) await end(child, 'SIGKILL');
  children = [];
  await rm(directory, { recursive: true });
});

/** Another process that opens the engine on the directory. */
function start(): Child {
  const script = join(import.meta.dirname, 'engine-child.ts');
  const child = spawn(process.execPath, ['--conditions=dev', '--import', 'tsx', script, directory]);
  child.stderr.resume();
  const said = once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(line as string) as Said);
  children.push({ process: child, said });
  return children.at(-1)!;
}

async function end(child: Child, signal: 'SIGKILL' | 'stdin'): Promise<void> {
  if (child.process.exitCode !== null || child.process.signalCode !== null) return;
  const exit = once(child.process, 'exit');
  if (signal === 'stdin') child.process.stdin.end();
  else child.process.kill(signal);
  await exit;
}

async function ask(said: Said, sql: string): Promise<string> {
  const { username, password } = said.writer!;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return await (await fetch(said.url!, { method: 'POST', body: sql, headers: { authorization } })).text();
}

test('a second process is told who holds the directory', async () => {
  const holder = start();
  const { url } = await holder.said;
  expect(await findEngine(directory)).toMatchObject({ url, pid: holder.process.pid, writer: { username: 'droplens' } });
  const error = await openEngine({ directory }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'DL_ENGINE_LOCKED' });
  expect((error as Error).message).toMatch(new RegExp(`held by process ${holder.process.pid}, .*${url} since 20`));
  // Also when the file that says so is gone: the lock itself is the kernel's.
  await rm(join(directory, 'engine', 'endpoint.json'));
  const second = await openEngine({ directory }).catch((thrown: unknown) => thrown);
  expect(second).toMatchObject({ code: 'DL_ENGINE_LOCKED' });
  expect((second as Error).message).toContain(`held by process ${holder.process.pid}`);
});

test('of processes that start at the same instant exactly one gets it, and the others name it', { timeout: 60_000 }, async () => {
  const said = await Promise.all([start(), start(), start()].map((child) => child.said));
  expect(said.filter((one) => one.url !== undefined)).toHaveLength(1);
  expect(said.filter((one) => one.code === 'DL_ENGINE_LOCKED' && /held by process \d+/.test(one.message ?? ''))).toHaveLength(2);
});

test('a killed process leaves the directory free, and all it had answered for', { timeout: 60_000 }, async () => {
  let expected = 0;
  for (let round = 0; round < 3; round += 1) {
    const child = start();
    const said = await child.said;
    await ask(said, 'CREATE TABLE IF NOT EXISTS t (round UInt32, a UInt64) ENGINE = MergeTree ORDER BY a');
    expect(await ask(said, 'SELECT count() FROM t')).toBe(`${expected}\n`);
    for (let i = 0; i < 5; i += 1) {
      expect(await ask(said, `INSERT INTO t SELECT ${round}, number FROM numbers(1000)`)).toBe('');
      expected += 1000;
    }
    const unanswered = ask(said, 'SELECT sleep(3)').catch(() => 'gone');
    await end(child, 'SIGKILL');
    expect(await unanswered).toBe('gone');
    expect(await findEngine(directory)).toBeNull();
  }
});

test('a closed engine has freed the directory, kept its data and its passwords', { timeout: 60_000 }, async () => {
  const first = start();
  const said = await first.said;
  await ask(said, 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a');
  const inserts = Array.from({ length: 5 }, () =>
    ask(said, 'INSERT INTO t SELECT number FROM numbers(100000)').catch(() => 'refused'),
  );
  await inserts[0];
  await end(first, 'stdin');
  const stored = (await Promise.all(inserts)).filter((answer) => answer === '').length;
  expect(first.process.exitCode).toBe(0);
  expect(await findEngine(directory)).toBeNull();
  const engine = await openEngine({ directory });
  expect(engine.writer).toEqual(said.writer);
  expect(await ask(engine, 'SELECT count() FROM t')).toBe(`${stored * 100_000}\n`);
  await engine.close();
  await engine.close();
  const again = await openEngine({ directory: relative(process.cwd(), directory) });
  expect(await ask(again, 'SELECT 1')).toBe('1\n');
  await again.close();
});

test('this process serves one directory at a time', async () => {
  const engine = await openEngine({ directory });
  await expect(openEngine({ directory })).rejects.toMatchObject({ code: 'DL_ENGINE_LOCKED' });
  await expect(openEngine({ directory: join(directory, 'other') })).rejects.toMatchObject({ code: 'DL_ENGINE_FAILED' });
  await engine.close();
});

test('close stops queries, refuses new statements and ends quickly', async () => {
  const engine = await openEngine({ directory });
  const slow = ask(engine, 'SELECT sum(sleepEachRow(0.02)) FROM numbers(5000) SETTINGS max_block_size = 2');
  const deadline = Date.now() + 20_000;
  while (
    (await ask({ ...engine, writer: engine.readonly }, "SELECT value FROM system.metrics WHERE metric = 'Query'")) === '1\n'
  ) {
    expect(Date.now()).toBeLessThan(deadline);
  }
  const begun = Date.now();
  await engine.close();
  expect(await slow).toMatch(/^Code: (210|394)/);
  expect(Date.now() - begun).toBeLessThan(10_000);
  await expect(ask(engine, 'SELECT 1')).rejects.toThrow('fetch failed');
});

test('what cannot be a data directory is said in one line', async () => {
  await writeFile(join(directory, 'file'), 'x');
  await expect(openEngine({ directory: join(directory, 'file') })).rejects.toMatchObject({ code: 'DL_DATA_DIRECTORY' });
  await expect(openEngine({ directory: '/proc/nowhere' })).rejects.toMatchObject({ code: 'DL_DATA_DIRECTORY' });
  await expect(openEngine({ directory, listen: 'nonsense' })).rejects.toMatchObject({ code: 'DL_CONFIG_INVALID' });
  await expect(openEngine({ directory, threads: 0 })).rejects.toMatchObject({ code: 'DL_CONFIG_INVALID' });
  await expect(openEngine({ directory, listen: '192.0.2.1:1' })).rejects.toMatchObject({
    code: 'DL_ENGINE_LISTEN',
    message: 'the engine cannot listen on 192.0.2.1:1: this machine has no such address',
  });
  expect(await findEngine(join(directory, 'nothing'))).toBeNull();
});

test.each(['with space', "quote's", 'back\\slash', 'a&b<c>', '{x,y}*?[z]', 'ünïcode'])(
  'a directory named %s works',
  async (name) => {
    const engine = await openEngine({ directory: join(directory, name) });
    await ask(engine, 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a');
    expect(await ask(engine, 'INSERT INTO t FORMAT TSV\n1\n2\n')).toBe('');
    expect(await ask(engine, 'SELECT sum(a) FROM t')).toBe('3\n');
    await engine.close();
  },
);

test('damaged files of its own are replaced', async () => {
  const first = await openEngine({ directory });
  await first.close();
  await writeFile(join(directory, 'engine', 'credentials.json'), '{"writer":', { mode: 0o644 });
  await writeFile(join(directory, 'engine', 'endpoint.json'), '\0');
  const second = await openEngine({ directory });
  expect(second.writer.password).not.toBe(first.writer.password);
  expect(await readFile(join(directory, 'engine', 'credentials.json'), 'utf8')).toContain(second.readonly.password);
  expect((await stat(join(directory, 'engine', 'credentials.json'))).mode & 0o777).toBe(0o600);
  await second.close();
});
