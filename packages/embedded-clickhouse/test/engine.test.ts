import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { findEngine, openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { afterAll, beforeAll, expect, test } from 'vitest';

let directory: string;
let engine: Engine;
let client: ClickHouseClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'droplens engine '));
  engine = await openEngine({ directory });
  client = createClient({ url: engine.url, ...engine.writer });
  await client.command({ query: 'CREATE DATABASE droplens' });
  await client.command({
    query: 'CREATE TABLE droplens.t (a UInt32, b String, c UInt32 DEFAULT a * 2) ENGINE = MergeTree ORDER BY a',
  });
});

afterAll(async () => {
  await client.close();
  await engine.close();
  await rm(directory, { recursive: true });
});

test('serves ping, inserts and queries with parameters', async () => {
  expect(await client.ping()).toMatchObject({ success: true });
  expect(await client.ping({ select: true })).toMatchObject({ success: true });
  await client.insert({ table: 'droplens.t', values: [{ a: 1, b: "it's" }, { a: 2 }], format: 'JSONEachRow' });
  const result = await client.query({
    query: 'SELECT * FROM droplens.t WHERE b = {b:String}',
    query_params: { b: "it's" },
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ a: 1, b: "it's", c: 2 }]);
});

test('rewrites an insert that reads its rows with input()', async () => {
  await client.command({ query: 'CREATE TABLE droplens.n (a UInt32) ENGINE = MergeTree ORDER BY a' });
  const { stream } = await client.exec({
    query: "INSERT INTO droplens.n (a) SELECT a + 1 FROM input('a UInt32') SETTINGS async_insert = 0 FORMAT TabSeparated",
    values: (await import('node:stream')).Readable.from(['1\n2\n'], { objectMode: false }),
  });
  for await (const _ of stream) expect(_).toBeDefined();
  const rows = await client.query({ query: 'SELECT a FROM droplens.n ORDER BY a', format: 'JSONCompactEachRow' });
  expect(await rows.json()).toEqual([[2], [3]]);
});

test('says who holds the directory', async () => {
  const found = await findEngine(directory);
  expect(found).toMatchObject({ url: engine.url, pid: process.pid, writer: engine.writer });
  await expect(openEngine({ directory })).rejects.toMatchObject({ code: 'DL_ENGINE_LOCKED' });
});
