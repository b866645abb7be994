import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine, type Engine } from '../src/index.ts';

const secret = 'SECRET-TEXT-OF-A-FILE';
let directory: string;
let engine: Engine;
let canary: Server;
let canaryUrl: string;
let canaryHits = 0;

async function ask(
  sql: string,
  parameters: Record<string, string> = {},
  account = engine.readonly,
): Promise<{ status: number; text: string }> {
  const url = `${engine.url}/?${new URLSearchParams({ database: 'droplens', ...parameters }).toString()}`;
  const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
  const response = await fetch(url, { method: 'POST', body: sql, headers: { authorization } });
  return { status: response.status, text: await response.text() };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'droplens-guard-'));
  await writeFile(join(directory, 'secret.txt'), `${secret}\n`);
  canary = createServer((_, response) => {
    canaryHits += 1;
    response.end('1\n');
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  canaryUrl = `127.0.0.1:${(canary.address() as AddressInfo).port}`;
  engine = await openEngine({ directory, max_execution_seconds: 20 });
  const setup = [
    'CREATE DATABASE droplens',
    "CREATE TABLE droplens.drops (time DateTime64(3, 'UTC'), src IPv6, dst_port UInt16, host LowCardinality(String)) ENGINE = MergeTree ORDER BY time",
    "INSERT INTO droplens.drops SELECT toDateTime64('2026-11-01 00:00:00', 3, 'UTC') + number, toIPv6('192.0.2.1'), number % 1000, 'web-' || toString(number % 3) FROM numbers(10000)",
    'CREATE VIEW droplens.by_port AS SELECT dst_port, count() AS packets FROM droplens.drops GROUP BY dst_port',
  ];
  for (const sql of setup) await ask(sql, { database: 'default' }, engine.writer);
});

afterAll(async () => {
  await engine.close();
  canary.close();
  await rm(directory, { recursive: true });
});

/** `@` stands for a directory the attacker would like to read (secret.txt) or write (out), `#` for a server that counts its visitors. */
const attacks = [
  // Writing files.
  "SELECT 1 INTO OUTFILE '@/out'",
  "SELECT 1 INTO OUTFILE '@/out' TRUNCATE",
  "SELECT 1 INTO OUTFILE '@/out' AND STDOUT",
  "SELECT 1 INTO/**/OUTFILE '@/out'",
  "SELECT 1 INTO /* /* nested */ */ OUTFILE '@/out'",
  "SELECT 1 INTO -- comment\nOUTFILE '@/out'",
  "SELECT 1 into # comment\n outfile '@/out'",
  "SELECT 1 INTO //comment\nOUTFILE '@/out'",
  "SELECT '/*' INTO OUTFILE '@/out' -- */",
  "SELECT 'it\\'s /*' INTO OUTFILE '@/out' --'*/",
  "SELECT 'it''s' INTO OUTFILE '@/out' --'",
  'SELECT "/*" FROM (SELECT 1 AS "/*") INTO OUTFILE \'@/out\' /* */',
  "SELECT `--` FROM (SELECT 1 AS `--`) INTO OUTFILE '@/out'",
  "SELECT $$ $$ INTO OUTFILE '@/out' -- $$",
  "SELECT $a$ /* $a$ INTO OUTFILE '@/out' /* */",
  "SELECT 1 --\u2028\nINTO OUTFILE '@/out'",
  "SELECT \u2018a\u2019 INTO OUTFILE '@/out'",
  "SELECT 1\u00a0INTO\u00a0OUTFILE '@/out'",
  "(SELECT 1) INTO OUTFILE '@/out'",
  "SELECT 1 UNION ALL SELECT 2 INTO OUTFILE '@/out'",
  "WITH 1 AS x SELECT x INTO OUTFILE '@/out'",
  "EXPLAIN SELECT 1 INTO OUTFILE '@/out'",
  "EXPLAIN SYNTAX SELECT 1 INTO OUTFILE '@/out'",
  "SHOW DATABASES INTO OUTFILE '@/out'",
  "DESCRIBE TABLE droplens.drops INTO OUTFILE '@/out'",
  "SELECT 1 SETTINGS max_threads = 1 INTO OUTFILE '@/out' FORMAT Native",
  "INSERT INTO FUNCTION file('@/out', 'TSV', 'a UInt8') SELECT 1",
  "WITH 1 AS x INSERT INTO FUNCTION file('@/out', 'TSV', 'a UInt8') SELECT x",
  "SELECT 1 FORMAT CapnProto SETTINGS output_format_schema = '@/out'",
  "SELECT 1 AS a FORMAT Protobuf SETTINGS output_format_schema = '@/out'",
  "BACKUP TABLE droplens.drops TO File('@/out')",
  // Reading files.
  "SELECT file('@/secret.txt')",
  "SELECT `file`('@/secret.txt')",
  'SELECT "file"(\'@/secret.txt\')',
  "SELECT `f\\x69le`('@/secret.txt')",
  "SELECT file/**/('@/secret.txt')",
  "SELECT * APPLY(file) FROM (SELECT '@/secret.txt')",
  "SELECT * APPLY file FROM (SELECT '@/secret.txt')",
  "SELECT arrayMap(file, ['@/secret.txt'])",
  "SELECT * REPLACE (file(x) AS x) FROM (SELECT '@/secret.txt' AS x)",
  "WITH (x -> file(x)) AS f SELECT f('@/secret.txt')",
  "SELECT {f:Identifier}('@/secret.txt')",
  "SELECT arrayMap({f:Identifier}, ['@/secret.txt'])",
  "SELECT * FROM file('@/secret.txt', 'LineAsString')",
  "SELECT * FROM file('@/secret.txt', LineAsString, 'x String')",
  "SELECT * FROM fileCluster('default', '@/secret.txt', 'LineAsString')",
  "SELECT * FROM filesystem('@')",
  'SELECT * FROM `@/secret.txt`',
  'SELECT * FROM default.`@/secret.txt`',
  "SELECT * FROM '@/secret.txt'",
  'SELECT * FROM {f:Identifier}',
  "DESCRIBE file('@/secret.txt')",
  'DESCRIBE TABLE `@/secret.txt`',
  "SELECT * FROM format(LineAsString, file('@/secret.txt'))",
  "SELECT 1 FROM droplens.drops WHERE host IN (SELECT file('@/secret.txt'))",
  "SELECT count() FROM droplens.drops SETTINGS additional_table_filters = {'droplens.drops': 'host != file(\\'@/secret.txt\\')'}",
  "SELECT 1 SETTINGS additional_result_filter = 'throwIf(file(\\'@/secret.txt\\') != \\'\\', \\'x\\') = 0'",
  "SELECT count() FROM droplens.drops SETTINGS additional_table_filters = {'droplens.drops': 'host != f\\x69le(\\'@/secret.txt\\')'}",
  "SELECT * FROM view(SELECT file('@/secret.txt'))",
  "SELECT * FROM eval('SELECT file(\\'@/secret.txt\\')') SETTINGS allow_experimental_eval_table_function = 1",
  "SELECT * FROM sqlite('@/secret.txt', 't')",
  "SELECT * FROM executable('cat @/secret.txt', TSV, 'a String')",
  "SELECT * FROM icebergLocal('@')",
  "SELECT * FROM deltaLakeLocal('@')",
  "SELECT catboostEvaluate('@/secret.txt', 1)",
  "INSERT INTO droplens.drops FROM INFILE '@/secret.txt' FORMAT TSV",
  "SELECT 1 FORMAT Template SETTINGS format_template_row = '@/secret.txt'",
  "SELECT 1 FORMAT Protobuf SETTINGS format_schema = '@/secret.txt:M'",
  // The network.
  "SELECT * FROM url('http://#/', 'TSV', 'a UInt8')",
  "SELECT * FROM urlCluster('default', 'http://#/', 'TSV', 'a UInt8')",
  "SELECT * FROM s3('http://#/b/k', 'TSV', 'a UInt8')",
  "SELECT * FROM gcs('http://#/b/k', 'TSV', 'a UInt8')",
  "SELECT * FROM remote('#', system.one)",
  "SELECT * FROM remoteSecure('#', system, one)",
  "SELECT * FROM cluster('default', system.one)",
  "SELECT * FROM mysql('#', 'd', 't', 'u', 'p')",
  "SELECT * FROM postgresql('#', 'd', 't', 'u', 'p')",
  "SELECT * FROM mongodb('#', 'd', 'c', 'u', 'p', 'a UInt8')",
  "SELECT * FROM redis('#', 'k', 'k String')",
  "SELECT * FROM hdfs('hdfs://#/x', 'TSV', 'a UInt8')",
  "SELECT * FROM azureBlobStorage('http://#/', 'c', 'b')",
  "SELECT * FROM jdbc('#', 't')",
  "SELECT aiGenerate('hello')",
  "EXPLAIN TABLE OVERRIDE mysql('#', 'd', 't', 'u', 'p')",
  "INSERT INTO FUNCTION url('http://#/', 'TSV', 'a UInt8') SELECT 1",
  "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(HTTP(URL 'http://#/' FORMAT 'TSV')) LAYOUT(FLAT()) LIFETIME(1)",
  // Writing, stopping, changing.
  'INSERT INTO droplens.drops VALUES (0, 0, 0, 0)',
  'INSERT INTO droplens.drops FORMAT TSV\n1\t2\t3\t4\n',
  "INSERT INTO droplens.drops SELECT now(), toIPv6('::'), 1, ''",
  'WITH 1 AS x INSERT INTO droplens.drops SELECT now(), src, 1, host FROM droplens.drops',
  'EXPLAIN INSERT INTO droplens.drops SELECT * FROM droplens.drops',
  'CREATE TABLE droplens.x (a UInt8) ENGINE = Memory',
  'CREATE TEMPORARY TABLE x (a UInt8)',
  "CREATE DATABASE x ENGINE = Filesystem('/')",
  'CREATE FUNCTION f AS x -> file(x)',
  'CREATE VIEW droplens.v AS SELECT 1',
  'DROP TABLE droplens.drops',
  'TRUNCATE TABLE droplens.drops',
  'ALTER TABLE droplens.drops DELETE WHERE 1',
  'DELETE FROM droplens.drops WHERE 1',
  'UPDATE droplens.drops SET host = 1 WHERE 1',
  'RENAME TABLE droplens.drops TO droplens.gone',
  'OPTIMIZE TABLE droplens.drops',
  'DETACH TABLE droplens.drops',
  "ATTACH TABLE droplens.x FROM '@' (a UInt8) ENGINE = Memory",
  'KILL QUERY WHERE 1',
  "KILL QUERY WHERE query_id = 'x'",
  'SYSTEM SHUTDOWN',
  'SYSTEM STOP MERGES',
  'SYSTEM RELOAD CONFIG',
  'SET max_execution_time = 0',
  'SET readonly = 0',
  'SET ROLE ALL',
  'SET ROLE droplens_writer',
  'SET param_a = 1',
  'USE system',
  'GRANT ALL ON *.* TO default',
  'CREATE USER x',
  'EXECUTE AS default SELECT 1',
  'BEGIN TRANSACTION',
  'exit',
  '\\dt',
  // Two statements.
  'SELECT 1; SELECT 2',
  'SELECT 1; DROP TABLE droplens.drops',
  "SELECT ';'; SET ROLE droplens_writer",
  'SELECT 1;/**/;SET readonly = 0;',
  ';SELECT 1; SYSTEM SHUTDOWN',
  'SELECT 1 PARALLEL WITH DROP TABLE droplens.drops',
  // Limits.
  'SELECT 1 SETTINGS readonly = 0',
  'SELECT 1 SETTINGS readonly = 1, max_execution_time = 0',
  'SELECT 1 SETTINGS max_execution_time = 0',
  'SELECT 1 SETTINGS max_execution_time = 100000',
  'SELECT 1 SETTINGS max_execution_time = 1e9',
  'SELECT 1 SETTINGS max_execution_time = -1',
  "SELECT 1 SETTINGS max_execution_time = '0'",
  'SELECT 1 SETTINGS max_execution_time = DEFAULT',
  'SELECT 1 SETTINGS `max_execution_time` = 0',
  'SELECT * FROM (SELECT 1 SETTINGS max_execution_time = 0)',
  'SELECT 1 SETTINGS join_use_nulls = 1, max_memory_usage = 0',
  'SELECT 1 SETTINGS join_use_nulls = 1 FORMAT TSV SETTINGS max_memory_usage = 0',
  'SELECT 1 SETTINGS join_use_nulls = 1, allow_introspection_functions',
  'SELECT 1 SETTINGS allow_introspection_functions',
  'SELECT 1 SETTINGS max_result_bytes = 0',
  'SELECT 1 SETTINGS max_threads = 1000',
  'SELECT addressToSymbol(1) SETTINGS allow_introspection_functions = 1',
  // Other users' doings.
  'SELECT * FROM system.processes',
  'SELECT * FROM `system`.`processes`',
  'SELECT * FROM "system"."processes"',
  'SELECT * FROM system . /* */ processes',
  'SELECT * FROM `\\x73ystem`.processes',
  'SELECT * FROM system.query_log',
  'SELECT * FROM system.users',
  'SELECT * FROM system.user_directories',
  'SELECT * FROM system.server_settings',
  'SELECT * FROM system.stack_trace',
  'SELECT * FROM system.{t:Identifier}',
  'SELECT * FROM {s:Identifier}.processes',
  "SELECT * FROM merge('system', '^processes$')",
  'SELECT * FROM loop(system.processes)',
  'SELECT * FROM loop(system, processes)',
  "SELECT * FROM viewIfPermitted(SELECT * FROM system.processes ELSE null('a UInt8'))",
  "SELECT * FROM mergeTreeIndex('system', 'processes')",
  "SELECT 1 FROM droplens.drops SETTINGS additional_table_filters = {'droplens.drops': 'host in (select query from system.processes)'}",
  'SHOW PROCESSLIST',
  'SHOW USERS',
  'SHOW GRANTS',
  'SHOW CREATE USER default',
  'SHOW ACCESS',
];

const parameters = { param_f: 'file', param_t: 'processes', param_s: 'system' };

describe('the read-only account', () => {
  test('is attacked in enough ways', () => {
    expect(new Set(attacks).size).toBe(attacks.length);
    expect(attacks.length).toBeGreaterThan(150);
  });

  test.each(attacks)('is refused %j', async (attack) => {
    const sql = attack.replaceAll('@', directory).replaceAll('#', canaryUrl);
    const { status, text } = await ask(sql, parameters);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).toMatch(/^Code: \d+\. DB::Exception: /);
    expect(text).not.toContain(secret);
  });

  test('has done nothing by all that', async () => {
    expect(canaryHits).toBe(0);
    expect((await readdir(directory)).sort()).toEqual(['engine', 'secret.txt']);
    expect(await ask('SELECT count() FROM droplens.drops')).toEqual({ status: 200, text: '10000\n' });
    expect(await ask('SHOW TABLES FROM droplens')).toEqual({ status: 200, text: 'by_port\ndrops\n' });
    expect(await ask("SELECT currentDatabase(), getSetting('readonly'), getSetting('max_execution_time')")).toEqual({
      status: 200,
      text: 'droplens\t2\t20\n',
    });
  });

  test.each([
    ['database', 'system', 'SELECT * FROM processes'],
    ['additional_table_filters', `{'droplens.drops': 'host != file(\\'/etc/hostname\\')'}`, 'SELECT count() FROM droplens.drops'],
    ['additional_result_filter', `file('/etc/hostname') = ''`, 'SELECT 1'],
    ['query', 'SELECT 1; ', 'SELECT 2'],
    ['query', 'SELECT 1 INTO', "OUTFILE '/tmp/x'"],
    ['query', "SELECT 1 INTO OUTFILE '/tmp/x' --", ''],
    ['query', 'INSERT INTO droplens.drops FORMAT TSV', '1\t2\t3\t4\n'],
    ['role', 'droplens_writer', 'SELECT 1'],
  ])('is refused the URL parameter %s=%j', async (name, value, body) => {
    const { status } = await ask(body, { [name]: value });
    expect(status).toBeGreaterThanOrEqual(400);
  });

  test.each([
    ['readonly', '0', 'readonly', '2'],
    ['max_execution_time', '0', 'max_execution_time', '20'],
    ['max_execution_time', '64', 'max_execution_time', '20'],
    ['max_execution_time', '5', 'max_execution_time', '5'],
    ['max_result_bytes', '0', 'max_result_bytes', String(64 * 1024 * 1024)],
    ['max_memory_usage', '0', 'max_memory_usage', String(300 * 1024 * 1024)],
    ['no_such_setting', '1', 'readonly', '2'],
    ['join_use_nulls', '1', 'join_use_nulls', '1'],
  ])('cannot lift a limit with %s=%s in the URL', async (name, value, setting, expected) => {
    const { status, text } = await ask(`SELECT toInt64(getSetting('${setting}'))`, { [name]: value });
    expect({ status, text }).toEqual({ status: 200, text: `${expected}\n` });
  });

  test.each([
    'SELECT toStartOfHour(time) AS t, host, count() AS packets FROM drops WHERE time >= toDateTime(1) GROUP BY t, host ORDER BY t FORMAT JSON',
    'WITH top AS (SELECT src, count() AS n FROM drops GROUP BY src ORDER BY n DESC LIMIT 10) SELECT * FROM top JOIN drops USING src LIMIT 5',
    'SELECT host, sum(c) OVER (PARTITION BY host ORDER BY p ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (SELECT host, dst_port AS p, count() AS c FROM drops GROUP BY host, p)',
    'SELECT 1 AS a UNION ALL SELECT 2 UNION DISTINCT SELECT 2',
    "SELECT count() FROM drops SETTINGS additional_table_filters = {'droplens.drops': 'dst_port = 22 AND host = \\'web-1\\''}",
    "SELECT count() FROM drops settings additional_table_filters={'drops' : ' host = \\'web-1\\' '};",
    'SELECT count() FROM drops SETTINGS max_execution_time = 10, max_threads = 1, join_use_nulls = 1',
    'SELECT * FROM by_port ORDER BY packets DESC LIMIT 3 -- comment',
    'SELECT \'INTO OUTFILE; KILL QUERY -- /* file(1)\', "host" FROM drops LIMIT 1',
    'SELECT src AS file, toString(src) AS `system`, 1 AS settings, 2 AS format FROM drops AS outfile LIMIT 1',
    'SELECT t.file FROM (SELECT 1 AS file) AS t',
    'SELECT settings FROM (SELECT 1 AS settings)',
    "SELECT arrayMap(x -> x + 1, [1, 2]), map('a', 1), tuple(1, 'b')",
    'SELECT {a:UInt8} + 1, {b:String}, {c:Array(String)}, {d:Identifier} FROM drops LIMIT 1',
    'SELECT * FROM numbers(3)',
    'SELECT number FROM system.numbers LIMIT 3',
    'FROM numbers(2) SELECT number',
    'SHOW DATABASES',
    'SHOW TABLES',
    'SHOW TABLES FROM "droplens"',
    'SHOW CREATE TABLE droplens.drops',
    'DESC TABLE "droplens"."drops"',
    'DESCRIBE (SELECT * FROM drops)',
    'EXISTS TABLE droplens.drops',
    'EXPLAIN SELECT count() FROM drops',
    'EXPLAIN PLAN actions = 1, header = 1 SELECT count() FROM drops',
    'EXPLAIN SYNTAX SELECT 1',
    'EXPLAIN ESTIMATE SELECT * FROM drops',
    "SELECT name, type FROM system.columns WHERE database = 'droplens' AND table = 'drops'",
    "SELECT name, is_aggregate FROM system.functions WHERE name LIKE 'to%'",
    "SELECT name, engine FROM system.tables WHERE database = 'droplens'",
    'SELECT * FROM system.databases',
    'SELECT version(), timezone(), currentUser()',
    'SELECT 1;',
    "SELECT toDateTime('2026-01-01 00:00:00', 'Europe/Berlin'), INTERVAL 1 DAY, 1 / 2, -1, 0xff, 1e3, .5, x'41'",
    'SELECT if(1, 2, 3) ? 4 : 5',
    'SELECT uniqExact(src), quantile(0.9)(dst_port), topK(3)(host) FROM drops WITH TOTALS',
    'SELECT host, groupArray(3)(dst_port) FROM drops GROUP BY ROLLUP(host) ORDER BY host',
    'SELECT 1 /* a /* nested */ comment */ + 1 -- end',
  ])('may run %j', async (sql) => {
    const { status, text } = await ask(sql, { param_a: '1', param_b: "it\\'s", param_c: "['x','y\\'z']", param_d: 'host' });
    expect(text).not.toMatch(/DB::Exception/);
    expect(status).toBe(200);
  });

  test('may search for text that reads like an attack', async () => {
    const { text } = await ask("SELECT ''' INTO OUTFILE ''x''' AS a, '\\'; DROP TABLE x; --' AS b FORMAT JSONCompactEachRow");
    expect(JSON.parse(text)).toEqual(["' INTO OUTFILE 'x'", "'; DROP TABLE x; --"]);
  });
});
