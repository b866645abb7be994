import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine, type Engine } from '../src/index.ts';

const run = promisify(execFile);
const source = join(import.meta.dirname, '../../../test/grafana-driver');
const required = (process.env['DROPLENS_TEST_REQUIRE'] ?? '').split(',').includes('go');

let directory: string;
let engine: Engine;
let missing: string | null = null;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'droplens-go-'));
  engine = await openEngine({ directory });
  const build = run('go', ['build', '-o', join(directory, 'grafana-driver'), '.'], { cwd: source, timeout: 240_000 });
  missing = await build.then(
    () => null,
    (error: { code?: unknown; stderr?: string; message?: string }) =>
      error.code === 'ENOENT'
        ? 'Go is not installed (https://go.dev/dl)'
        : `the driver was not built: ${error.stderr ?? error.message}`,
  );
}, 250_000);

afterAll(async () => {
  await engine.close();
  await rm(directory, { recursive: true });
});

test('clickhouse-go over HTTP, as in the Grafana data source', { timeout: 60_000 }, async (context) => {
  if (missing !== null && !required) context.skip(missing);
  expect(missing).toBeNull();
  const address = new URL(engine.url).host;
  const { username, password } = engine.readonly;
  const driver = run(join(directory, 'grafana-driver'), ['-address', address, '-user', username, '-password', password]);
  const { stdout } = await driver.catch((error: { stdout: string }) => error);
  const lines = stdout.trim().split('\n');
  expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([]);
  expect(lines.length).toBeGreaterThanOrEqual(15);
});
