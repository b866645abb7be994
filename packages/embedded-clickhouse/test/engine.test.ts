import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import { createReporter } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findEngine, openEngine, type Account, type Engine } from '../src/index.ts';

let directory: string;
let engine: Engine;
let client: ClickHouseClient;
const registry = new Registry();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "droplens 'engine' ä # "));
  const reporter = createReporter({ registry, destination: { write: () => undefined } });
  engine = await openEngine({ directory, reporter, queue: 3, threads: 3, max_execution_seconds: 30 });
  client = createClient({ url: engine.url, ...engine.writer });
  await client.command({ query: 'CREATE DATABASE droplens' });
});

beforeEach(async () => {
  await client.command({ query: 'DROP TABLE IF EXISTS droplens.t SYNC' });
  await client.command({
    query: 'CREATE TABLE droplens.t (a UInt32, b String, c UInt32 DEFAULT a * 2) ENGINE = MergeTree ORDER BY a',
  });
});

afterAll(async () => {
  await client.close();
  await engine.close();
  await rm(directory, { recursive: true });
});

interface Asked {
  readonly sql?: string;
  readonly url?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly account?: Account | null;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
}

function basic(account: Account): string {
  return `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
}

async function ask({ sql, url = {}, headers = {}, account = engine.writer, body, signal }: Asked): Promise<Response> {
  const parameters = new URLSearchParams({
    database: 'droplens',
    ...(body !== undefined && sql !== undefined ? { query: sql } : {}),
    ...url,
  });
  return await fetch(`${engine.url}/?${parameters.toString()}`, {
    method: 'POST',
    headers: { ...(account === null ? {} : { authorization: basic(account) }), ...headers },
    body: body ?? sql ?? '',
    ...(signal === undefined ? {} : { signal }),
  });
}

async function text(sql: string, account = engine.writer): Promise<string> {
  return await (await ask({ sql, account })).text();
}

/** Looks again until the condition holds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const running = async (mark: string): Promise<boolean> =>
  (await text(`SELECT count() FROM system.processes WHERE query LIKE '%${mark}%' AND query NOT LIKE '%system.processes%'`)) !==
  '0\n';

describe('@clickhouse/client', () => {
  test('pings', async () => {
    expect(await client.ping()).toMatchObject({ success: true });
    expect(await client.ping({ select: true })).toMatchObject({ success: true });
  });

  test.each([
    'JSONEachRow',
    'JSONStringsEachRow',
    'JSONCompactEachRow',
    'JSONCompactStringsEachRowWithNames',
    'CSV',
    'CSVWithNames',
    'TabSeparated',
    'TabSeparatedRaw',
    'TabSeparatedWithNamesAndTypes',
    'CustomSeparated',
  ] as const)('reads a result as %s and inserts it again as a stream', async (format) => {
    const query = "SELECT toUInt32(number) AS a, 'it''s \"' || toString(number) AS b, toUInt32(7) AS c FROM numbers(1000)";
    const rows = await (await client.exec({ query: `${query} FORMAT ${format}` })).stream.toArray();
    const values = Readable.from([Buffer.concat(rows as Buffer[])], { objectMode: false });
    const { summary } = await client.exec({ query: `INSERT INTO droplens.t FORMAT ${format}`, values });
    expect(summary).toMatchObject({ written_rows: '1000' });
    expect(await text(`SELECT count() FROM ((${query}) INTERSECT (SELECT * FROM t))`)).toBe('1000\n');
  });

  test('inserts arrays of objects and of tuples', async () => {
    const inserted = await client.insert({ table: 'droplens.t', values: [{ a: 1, b: "it's" }, { a: 2 }], format: 'JSONEachRow' });
    expect(inserted.summary).toMatchObject({ written_rows: '2' });
    await client.insert({ table: 'droplens.t', values: [[3, '\u0000\n', 4]], format: 'JSONCompactEachRow' });
    const result = await client.query({ query: 'SELECT * FROM droplens.t ORDER BY a', format: 'JSONCompactEachRow' });
    expect(await result.json()).toEqual([
      [1, "it's", 2],
      [2, '', 4],
      [3, '\u0000\n', 4],
    ]);
  });

  test('fills columns an insert leaves out with their defaults', async () => {
    await client.insert({ table: 'droplens.t', values: [{ a: 5 }], format: 'JSONEachRow' });
    await client.insert({ table: 'droplens.t', values: [{ a: 6, b: 'x' }], columns: ['a', 'b'], format: 'JSONEachRow' });
    expect(await text('SELECT * FROM t ORDER BY a')).toBe('5\t\t10\n6\tx\t12\n');
  });

  test('passes parameters of every type', async () => {
    const query_params = {
      s: 'it\'s \\ \t\n `q` "d" {x} \'é',
      n: null,
      a: ["x'y", 'z\\'],
      m: new Map([['k', 1]]),
      d: new Date('2026-01-02T03:04:05.678Z'),
      b: true,
      i: '18446744073709551615',
      t: 'droplens',
    };
    const query =
      "SELECT {s:String} AS s, {n:Nullable(String)} AS n, {a:Array(String)} AS a, {m:Map(String, UInt8)} AS m, toUnixTimestamp64Milli({d:DateTime64(3, 'UTC')}) AS d, {b:Bool} AS b, toString({i:UInt64}) AS i FROM {t:Identifier}.t RIGHT JOIN (SELECT 1 AS a) AS one ON 1 LIMIT 1";
    const result = await client.query({ query, query_params, format: 'JSONEachRow' });
    expect(await result.json()).toEqual([
      { s: query_params.s, n: null, a: query_params.a, m: { k: 1 }, d: 1767323045678, b: true, i: '18446744073709551615' },
    ]);
  });

  test('settings, parameters and the database of a request do not reach the next', async () => {
    const ask = async (settings: Record<string, number>): Promise<string> =>
      await (
        await client.query({
          query: "SELECT getSetting('max_block_size')",
          format: 'TabSeparated',
          clickhouse_settings: settings,
        })
      ).text();
    const before = await ask({});
    expect(await ask({ max_block_size: 123 })).toBe('123\n');
    for (let i = 0; i < 5; i += 1) expect(await ask({})).toBe(before);
    await expect(client.query({ query: 'SELECT {s:String}' })).rejects.toMatchObject({ code: '456' });
    await expect(client.query({ query: 'SELECT 1', clickhouse_settings: { no_such_setting: 1 } })).rejects.toMatchObject({
      code: '115',
    });
  });

  test('an insert token given once does not swallow the next insert', async () => {
    await client.command({ query: 'DROP TABLE IF EXISTS droplens.once SYNC' });
    await client.command({
      query:
        'CREATE TABLE droplens.once (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
    });
    const insert = (a: number, settings: ClickHouseSettings): Promise<unknown> =>
      client.insert({ table: 'droplens.once', values: [{ a }], format: 'JSONEachRow', clickhouse_settings: settings });
    await insert(1, { insert_deduplication_token: 'x' });
    await insert(2, { insert_deduplication_token: 'x' });
    await insert(3, {});
    await insert(4, {});
    expect(await text('SELECT groupArray(a) FROM (SELECT a FROM once ORDER BY a)')).toBe('[1,3,4]\n');
  });

  test('keeps a session by its id', async () => {
    const session_id = 'kept';
    await client.command({ query: 'CREATE TEMPORARY TABLE mine (a UInt8)', session_id });
    await client.insert({ table: 'mine', values: [{ a: 1 }], format: 'JSONEachRow', session_id });
    const result = await client.query({ query: 'SELECT a FROM mine', format: 'TabSeparated', session_id });
    expect(await result.text()).toBe('1\n');
    await expect(client.query({ query: 'SELECT a FROM mine' })).rejects.toMatchObject({ code: '60' });
    await expect(client.query({ query: 'SELECT 1', role: 'no_such_role' })).rejects.toMatchObject({ code: '511' });
  });

  test('compresses both ways', async () => {
    const compressed = createClient({ url: engine.url, ...engine.writer, compression: { request: true, response: true } });
    await compressed.insert({
      table: 'droplens.t',
      values: Array.from({ length: 1000 }, (_, a) => ({ a, b: 'x'.repeat(100) })),
      format: 'JSONEachRow',
    });
    const result = await compressed.query({
      query: 'SELECT count(), sum(length(b)) FROM droplens.t',
      format: 'JSONCompactEachRow',
    });
    expect(await result.json()).toEqual([[1000, 100000]]);
    await compressed.close();
    const raw = await ask({
      sql: "SELECT repeat('x', 1000000) FROM numbers(2)",
      url: { enable_http_compression: '1' },
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(raw.headers.get('content-encoding')).toBe('gzip');
    expect((await raw.text()).length).toBe(2_000_002);
  });

  test('reads a result that fails in its middle as an error', async () => {
    const result = await client.query({
      query: 'SELECT throwIf(number = 3000000) AS a, number FROM numbers(5000000)',
      format: 'JSONEachRow',
    });
    const read = async (): Promise<void> => {
      for await (const rows of result.stream()) expect(rows.length).toBeGreaterThan(0);
    };
    await expect(read()).rejects.toThrow(/non-zero/);
  });
});

describe('inserts', () => {
  test('take any bytes, in any format the engine reads', async () => {
    const rows = Buffer.from([1, 0, 0, 0, 3, 0, 0xff, 0x27, 255, 255, 255, 255, 1, 0x5c]);
    const inserted = await ask({ sql: 'INSERT INTO t (a, b) FORMAT RowBinary', body: rows });
    expect(await inserted.text()).toBe('');
    expect(JSON.parse(inserted.headers.get('x-clickhouse-summary')!)).toMatchObject({ written_rows: '2' });
    expect(await text('SELECT a, hex(b), c FROM t ORDER BY a')).toBe('1\t00FF27\t2\n4294967295\t5C\t4294967294\n');
    const native = await (await ask({ sql: 'SELECT * FROM t FORMAT Native' })).arrayBuffer();
    const parquet = await (await ask({ sql: 'SELECT * FROM t FORMAT Parquet' })).arrayBuffer();
    for (const [format, bytes] of [
      ['Native', native],
      ['Parquet', parquet],
    ] as const) {
      expect(
        (
          await ask({
            sql: `INSERT INTO t FORMAT ${format}`,
            body: gzipSync(Buffer.from(bytes)),
            headers: { 'content-encoding': 'gzip' },
          })
        ).status,
      ).toBe(200);
    }
    expect(await text('SELECT count(), uniqExact(b) FROM t')).toBe('6\t2\n');
  });

  test('read their rows with input(), which chDB alone would take and lose', async () => {
    const sql =
      "INSERT INTO t (a, b) SELECT a + 1, b || '!' FROM input('a UInt32, b String') WHERE a > 1 SETTINGS async_insert = 0 FORMAT TabSeparated";
    const response = await ask({ sql, body: "1\tone\n2\tit\\'s\n3\tinput('x')\n" });
    expect(JSON.parse(response.headers.get('x-clickhouse-summary')!)).toMatchObject({ written_rows: '2' });
    expect(await text('SELECT a, b FROM t ORDER BY a FORMAT CSV')).toBe('3,"it\'s!"\n4,"input(\'x\')!"\n');
    expect(await (await ask({ sql: `${sql}\n7\tin the body\n` })).text()).toBe('');
    expect(await text('SELECT b FROM t WHERE a = 8')).toBe('in the body!\n');
  });

  test('take VALUES with expressions, parameters and comments', async () => {
    const response = await ask({
      sql: "INSERT INTO t (a, b) VALUES (1, 'x'), -- first\n ({p:UInt32} + 1, concat('a', ';')) /* end */;",
      url: { param_p: '41' },
    });
    expect(await response.text()).toBe('');
    expect(await text('SELECT a, b FROM t ORDER BY a')).toBe('1\tx\n42\ta;\n');
    expect((await ask({ sql: 'INSERT INTO t (a) VALUES (1); SELECT 2' })).status).toBe(400);
    expect(await text('SELECT count() FROM t')).toBe('2\n');
  });

  test('with one token are stored once, through Null table and views', async () => {
    for (const sql of [
      'CREATE TABLE IF NOT EXISTS droplens.null_in (a UInt32) ENGINE = Null',
      'CREATE TABLE IF NOT EXISTS droplens.raw (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
      'CREATE TABLE IF NOT EXISTS droplens.rollup (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple() SETTINGS non_replicated_deduplication_window = 100',
      'CREATE MATERIALIZED VIEW IF NOT EXISTS droplens.raw_mv TO droplens.raw AS SELECT a FROM droplens.null_in',
      'CREATE MATERIALIZED VIEW IF NOT EXISTS droplens.rollup_mv TO droplens.rollup AS SELECT count() AS n FROM droplens.null_in',
    ]) {
      await client.command({ query: sql });
    }
    const body = Array.from({ length: 5000 }, (_, i) => `${i}\n`).join('');
    const insert = (token: string): Promise<Response> =>
      ask({
        sql: `INSERT INTO null_in SELECT a FROM input('a UInt32') SETTINGS insert_deduplication_token = '${token}', async_insert = 0 FORMAT TabSeparated`,
        body,
      });
    for (const token of ['x', 'x', 'y', 'x', 'y']) expect((await insert(token)).status).toBe(200);
    expect(await text('SELECT (SELECT count() FROM raw), (SELECT sum(n) FROM rollup)')).toBe('10000\t10000\n');
  });

  test.each([
    ['INSERT INTO nope FORMAT TSV', '1\n', 404, 60],
    ['INSERT INTO t (nope) FORMAT TSV', '1\n', 400, 16],
    ['INSERT INTO t (a) FORMAT TSV', 'x\n', 400, 27],
    ['INSERT INTO t (a) FORMAT Nope', '1\n', 500, 73],
    ['INSERT INTO t (a) FORMAT RowBinary', '\u0001', 500, 33],
  ])('are refused whole: %s', async (sql, body, status, code) => {
    const response = await ask({ sql, body });
    expect({ status: response.status, code: response.headers.get('x-clickhouse-exception-code') }).toEqual({
      status,
      code: String(code),
    });
    expect(await response.text()).not.toContain(directory);
    expect(await text('SELECT count() FROM t')).toBe('0\n');
  });

  test('of no rows are fine', async () => {
    expect((await ask({ sql: 'INSERT INTO t FORMAT TSV', body: '' })).status).toBe(200);
    expect((await ask({ sql: 'INSERT INTO t FORMAT JSONEachRow', body: '' })).status).toBe(200);
    expect(await text('SELECT count() FROM t')).toBe('0\n');
  });

  test('whose body ends early store nothing', async () => {
    const { hostname, port } = new URL(engine.url);
    const query = encodeURIComponent('INSERT INTO droplens.t (a) FORMAT TSV');
    const rows = '1\n'.repeat(5000);
    for (const framing of ['transfer-encoding: chunked', 'content-length: 100000']) {
      const socket = connect(Number(port), hostname);
      const chunk = framing.startsWith('transfer') ? `${rows.length.toString(16)}\r\n${rows}\r\n` : rows;
      socket.write(
        `POST /?query=${query} HTTP/1.1\r\nhost: x\r\nauthorization: ${basic(engine.writer)}\r\n${framing}\r\n\r\n${chunk}`,
      );
      await until(async () => (await readdir(join(directory, 'engine', 'requests'))).length > 0);
      socket.destroy();
      await once(socket, 'close');
    }
    const cut = gzipSync(rows);
    const response = await ask({
      sql: 'INSERT INTO t (a) FORMAT TSV',
      body: cut.subarray(0, cut.length - 9),
      headers: { 'content-encoding': 'gzip' },
    });
    expect(await response.text()).toMatch(/^Code: 354/);
    await until(async () => (await readdir(join(directory, 'engine', 'requests'))).length === 0);
    expect(await text('SELECT count() FROM t')).toBe('0\n');
  });
});

describe('queries', () => {
  test.each(['writer', 'readonly'] as const)(
    'of the %s run on as many threads as configured, little memory or not',
    async (role) => {
      const sql = 'EXPLAIN PIPELINE SELECT sum(cityHash64(number)) FROM numbers_mt(100000000)';
      expect(await (await ask({ sql, account: engine[role] })).text()).toContain('× 3');
    },
  );

  test('answer with headers, and errors with status and code', async () => {
    const response = await ask({ sql: 'SELECT number FROM numbers(10) FORMAT JSONEachRow', url: { query_id: 'my-id' } });
    expect(response.headers.get('x-clickhouse-query-id')).toBe('my-id');
    expect(response.headers.get('x-clickhouse-format')).toBe('JSONEachRow');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=UTF-8');
    expect(response.headers.get('x-clickhouse-exception-code')).toBeNull();
    expect(JSON.parse(response.headers.get('x-clickhouse-summary')!)).toMatchObject({ read_rows: '10' });
    const failed = await ask({ sql: 'SELECT nope' });
    expect({ status: failed.status, code: failed.headers.get('x-clickhouse-exception-code') }).toEqual({
      status: 404,
      code: '47',
    });
    expect(await failed.text()).toMatch(/^Code: 47\. DB::Exception: .*\(UNKNOWN_IDENTIFIER\)\n$/s);
  });

  test('speak of the text that was sent, not of what the endpoint made of it', async () => {
    const message = await text('SELECT 1 +');
    expect(message).toMatch(/^Code: 62\..*failed at position 11/);
    expect(message).not.toMatch(/OUTFILE|requests/);
  });

  test('of no rows have their columns in every format', async () => {
    expect(await text('SELECT 1 AS a WHERE 0 FORMAT TabSeparatedWithNames')).toBe('a\n');
    expect(JSON.parse(await text('SELECT 1 AS a WHERE 0 FORMAT JSON'))).toMatchObject({
      meta: [{ name: 'a', type: 'UInt8' }],
      rows: 0,
    });
    const native = await ask({
      sql: "SELECT now64(3, 'UTC') AS ts, toLowCardinality('') AS host WHERE 0 -- x",
      url: { default_format: 'Native' },
    });
    expect(Buffer.from(await native.arrayBuffer()).toString('latin1')).toBe(
      "\x02\x00\x02ts\x14DateTime64(3, 'UTC')\x04host\x16LowCardinality(String)",
    );
  });

  test('of many megabytes come whole and leave no file behind', async () => {
    const response = await ask({ sql: 'SELECT number FROM numbers(5000000) FORMAT RowBinary' });
    const expected = createHash('sha256');
    const block = Buffer.alloc(8 * 1_000_000);
    for (let from = 0; from < 5_000_000; from += 1_000_000) {
      for (let i = 0; i < 1_000_000; i += 1) block.writeUInt32LE(from + i, i * 8);
      expected.update(block);
    }
    const actual = createHash('sha256');
    let length = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      actual.update(chunk);
      length += chunk.length;
    }
    expect(length).toBe(40_000_000);
    expect(actual.digest('hex')).toBe(expected.digest('hex'));
    expect(await readdir(join(directory, 'engine', 'requests'))).toEqual([]);
  });

  test('of the read-only account end at the limit, aloud', async () => {
    const small = await ask({ sql: 'SELECT number FROM numbers(20000000)', account: engine.readonly });
    expect(await small.text()).toMatch(/TOO_MANY_ROWS_OR_BYTES|limit/i);
  });

  test('that are slow hold up neither inserts nor the other account', async () => {
    const slow = [1, 2].map((i) =>
      ask({
        sql: `SELECT sum(sleepEachRow(0.05)), 'slow${i}' FROM numbers(400) SETTINGS max_block_size = 2`,
        account: engine.readonly,
      }),
    );
    await until(() => running('slow2'));
    for (let a = 0; a < 5; a += 1) expect((await ask({ sql: 'INSERT INTO t (a) FORMAT TSV', body: `${a}\n` })).status).toBe(200);
    expect(await text('SELECT count() FROM t')).toBe('5\n');
    expect(await running('slow1')).toBe(true);
    await text("KILL QUERY WHERE query LIKE '%slow%'");
    expect((await Promise.all(slow)).map((response) => response.status)).toEqual([408, 408]);
  });

  test('beyond the queue are refused, and those of clients that are gone leave it', async () => {
    const clients = Array.from({ length: 5 }, () => new AbortController());
    const account = engine.readonly;
    const sql = "SELECT sum(sleepEachRow(0.05)), 'queued' FROM numbers(2000) SETTINGS max_block_size = 2";
    const queries = clients.map((one) =>
      ask({ sql, account, signal: one.signal }).then(
        (response) => response.status,
        (error: Error) => error.name,
      ),
    );
    const waiting = async (): Promise<number> =>
      Number(/droplens_engine_queue_length\{queue="readonly"\} (\d+)/.exec(await registry.metrics())?.[1] ?? 0);
    await until(async () => (await waiting()) === 3);
    const refused = await ask({ sql: 'SELECT 2', account });
    expect({ status: refused.status, code: refused.headers.get('x-clickhouse-exception-code') }).toEqual({
      status: 429,
      code: '202',
    });
    for (const one of clients) one.abort();
    expect(await Promise.all(queries)).toEqual(Array.from({ length: 5 }, () => 'AbortError'));
    await until(async () => !(await running('queued')));
    expect(await text('SELECT 2', account)).toBe('2\n');
    expect(await waiting()).toBe(0);
  });

  test('can be stopped by the id their client chose', async () => {
    const slow = ask({
      sql: "SELECT sum(sleepEachRow(0.05)), 'chosen' FROM numbers(2000) SETTINGS max_block_size = 2",
      url: { query_id: 'chosen-id' },
    });
    await until(async () => (await text("KILL QUERY WHERE query_id = 'chosen-id'")).startsWith('waiting\tchosen-id'));
    expect(await (await slow).text()).toMatch(/^Code: 394/);
    expect(await text("KILL QUERY WHERE query_id = 'no-such-id'")).toBe('');
  });

  test('run longer than they may only to be stopped', async () => {
    const response = await ask({
      sql: 'SELECT sum(sleepEachRow(0.05)) FROM numbers(2000) SETTINGS max_block_size = 2',
      url: { max_execution_time: '1' },
    });
    expect({ status: response.status, text: (await response.text()).slice(0, 9) }).toEqual({ status: 408, text: 'Code: 159' });
  });

  test('over GET only read', async () => {
    const get = (query: string): Promise<Response> =>
      fetch(`${engine.url}/?${new URLSearchParams({ query }).toString()}`, { headers: { authorization: basic(engine.writer) } });
    expect(await (await get('SELECT 1')).text()).toBe('1\n');
    expect(await (await get('DROP TABLE droplens.t')).text()).toMatch(/^Code: 164/);
    expect((await ask({ sql: 'SELECT 1', url: { compress: '1' } })).status).toBe(501);
  });
});

describe('accounts', () => {
  test.each([
    ['none', {}, {}],
    ['a wrong password', { authorization: basic({ username: 'droplens', password: 'x' }) }, {}],
    ['no such user', { authorization: basic({ username: 'default', password: '' }) }, {}],
    ['half a header', { authorization: 'Basic' }, {}],
    ['garbage', { authorization: 'Basic \u00e4\u00f6==' }, {}],
    ['a wrong key', { 'x-clickhouse-user': 'droplens', 'x-clickhouse-key': 'x' }, {}],
    ['the URL', {}, { user: 'droplens', password: 'x' }],
  ] as [string, Record<string, string>, Record<string, string>][])('with %s are refused', async (_, headers, url) => {
    for (const sql of ['SELECT 1', 'SELECT displayName(), version(), revision(), timezone()', 'INSERT INTO t FORMAT TSV\n1']) {
      const response = await ask({ sql, headers, url, account: null });
      expect({ status: response.status, code: response.headers.get('x-clickhouse-exception-code') }).toEqual({
        status: 403,
        code: '516',
      });
      expect(await response.text()).toMatch(/^Code: 516\. DB::Exception: .*\(AUTHENTICATION_FAILED\)\n$/);
    }
  });

  test('are known by header, key or URL', async () => {
    const { username, password } = engine.readonly;
    const ways: Asked[] = [
      { account: engine.readonly },
      { account: null, headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password } },
      { account: null, url: { user: username, password } },
    ];
    for (const way of ways) expect(await (await ask({ ...way, sql: 'SELECT 2' })).text()).toBe('2\n');
  });

  test('have passwords that nobody else can read and that stay', async () => {
    for (const name of ['credentials.json', 'endpoint.json']) {
      expect((await stat(join(directory, 'engine', name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(directory, 'engine'))).mode & 0o777).toBe(0o700);
    expect(await findEngine(directory)).toMatchObject({
      url: engine.url,
      pid: process.pid,
      writer: engine.writer,
      readonly: engine.readonly,
    });
  });

  test('of clickhouse-go are greeted without the engine', async () => {
    const url = { client_protocol_version: '54460', default_format: 'Native', max_execution_time: '14' };
    const hello = await ask({ sql: 'SELECT displayName(), version(), revision(), timezone()', url, account: engine.readonly });
    const bytes = Buffer.from(await hello.arrayBuffer());
    expect(bytes.subarray(0, 10).toString('hex')).toBe('010002ffffffff000401');
    expect(bytes.includes(Buffer.from('\nrevision()\x06UInt32\0\0\0\0\0', 'latin1'))).toBe(true);
    const one = await ask({ sql: 'SELECT 1', url, account: engine.readonly });
    expect(Buffer.from(await one.arrayBuffer()).toString('hex')).toBe('010101310555496e743801');
  });
});

test('counts what it does', async () => {
  const metrics = await registry.metrics();
  for (const name of [
    'queries_total',
    'inserts_total',
    'refused_total',
    'queue_length',
    'running',
    'query_duration_seconds',
    'insert_duration_seconds',
    'inserted_bytes_total',
  ]) {
    expect(metrics).toContain(`droplens_engine_${name}`);
  }
});
