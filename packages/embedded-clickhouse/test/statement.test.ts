import { expect, test } from 'vitest';
import { dataStart } from '../src/lexer.ts';
import { readStatement } from '../src/statement.ts';

const formats = new Set(['tabseparated', 'tsv', 'jsoneachrow', 'json', 'rowbinary', 'values', 'null']);

function read(sql: string): { verb: string; format: string | null; body: string; tail: string; several: boolean } {
  const { verb, format, bodyEnd, tailStart, tailEnd, several } = readStatement(sql, formats);
  return { verb, format, body: sql.slice(0, bodyEnd), tail: sql.slice(tailStart, tailEnd), several };
}

test.each([
  ['SELECT 1', 'SELECT', null, 'SELECT 1', ''],
  ['select 1 format JSON', 'SELECT', 'JSON', 'select 1', ''],
  ['SELECT 1 FORMAT JSON;', 'SELECT', 'JSON', 'SELECT 1', ''],
  ['SELECT 1 FORMAT Nope -- x', 'SELECT', 'Nope', 'SELECT 1', ''],
  ["SELECT 1 FORMAT JSON SETTINGS a = 1, b = 'FORMAT TSV';;", 'SELECT', 'JSON', 'SELECT 1', " SETTINGS a = 1, b = 'FORMAT TSV'"],
  ['SELECT 1 SETTINGS a = 1 FORMAT JSON', 'SELECT', 'JSON', 'SELECT 1 SETTINGS a = 1', ''],
  ["SELECT 'x FORMAT JSON'", 'SELECT', null, "SELECT 'x FORMAT JSON'", ''],
  ['SELECT t.format FROM t', 'SELECT', null, 'SELECT t.format FROM t', ''],
  ['SELECT 1 AS format', 'SELECT', null, 'SELECT 1 AS format', ''],
  ['SELECT (SELECT 1 FORMAT JSON)', 'SELECT', null, 'SELECT (SELECT 1 FORMAT JSON)', ''],
  ['(SELECT 1) UNION ALL (SELECT 2) FORMAT TSV', 'SELECT', 'TSV', '(SELECT 1) UNION ALL (SELECT 2)', ''],
  ['/* FORMAT JSON */ WITH 1 AS x SELECT x // FORMAT TSV', 'WITH', null, '/* FORMAT JSON */ WITH 1 AS x SELECT x', ''],
  ['', '', null, '', ''],
  ['-- nothing', '', null, '', ''],
])('finds the end of %j', (sql, verb, format, body, tail) => {
  expect(read(sql)).toEqual({ verb, format, body, tail, several: false });
});

test.each([
  ['SELECT 1; SELECT 2', true],
  ['SELECT 1;;', false],
  [';SELECT 1', false],
  ["SELECT ';'; -- SELECT 2", false],
  ['SELECT 1; /* */ DROP TABLE x', true],
  ['INSERT INTO t SELECT 1; SELECT 2', true],
])('tells two statements from one: %j', (sql, several) => {
  expect(readStatement(sql, formats).several).toBe(several);
});

test.each([
  ['INSERT INTO t FORMAT TSV\n1\t2\n', 'TSV', 'INSERT INTO t ', '1\t2\n', null],
  [
    'insert into t (a, b) settings x = 1 format JSONEachRow {"a":1}',
    'JSONEachRow',
    'insert into t (a, b) settings x = 1 ',
    '{"a":1}',
    null,
  ],
  ['INSERT INTO db.format FORMAT TSV\r\n1', 'TSV', 'INSERT INTO db.format ', '1', null],
  ['INSERT INTO values FORMAT TSV 1', 'TSV', 'INSERT INTO values ', '1', null],
  ["INSERT INTO TABLE `FORMAT TSV` FORMAT RowBinary\n\0'", 'RowBinary', 'INSERT INTO TABLE `FORMAT TSV` ', "\0'", null],
  ["INSERT INTO t VALUES (1, 'FORMAT TSV')", 'Values', 'INSERT INTO t ', "(1, 'FORMAT TSV')", null],
  ['INSERT INTO t /* FORMAT JSON */ FORMAT Values (1)', 'Values', 'INSERT INTO t /* FORMAT JSON */ ', '(1)', null],
  [
    "INSERT INTO t (a) SELECT a FROM input('a UInt8') SETTINGS x = 1 FORMAT TSV\n1 FORMAT JSON",
    'TSV',
    "INSERT INTO t (a) SELECT a FROM input('a UInt8') SETTINGS x = 1 ",
    '1 FORMAT JSON',
    "'a UInt8'",
  ],
  [
    "INSERT INTO t SELECT if(a, 'input(1)', input) FROM (SELECT * FROM input( 'a String, b Enum8(\\'x\\' = 1)' )) FORMAT JSONEachRow",
    'JSONEachRow',
    "INSERT INTO t SELECT if(a, 'input(1)', input) FROM (SELECT * FROM input( 'a String, b Enum8(\\'x\\' = 1)' )) ",
    '',
    "'a String, b Enum8(\\'x\\' = 1)'",
  ],
  [
    "INSERT INTO t WITH 1 AS format SELECT format, * FROM input('a UInt8') AS input FORMAT TSV 5",
    'TSV',
    "INSERT INTO t WITH 1 AS format SELECT format, * FROM input('a UInt8') AS input ",
    '5',
    "'a UInt8'",
  ],
])('finds where the data of %j begins', (sql, format, head, data, structure) => {
  const found = readStatement(sql, formats).data;
  expect(found?.format).toBe(format);
  expect(sql.slice(0, found?.headEnd)).toBe(head);
  expect(sql.slice(dataStart(Buffer.from(sql), found?.formatEnd ?? 0))).toBe(data);
  expect(found?.input?.structure ?? null).toBe(structure);
});

test.each([
  'INSERT INTO t SELECT 1',
  'INSERT INTO t SELECT 1 FORMAT TSV',
  'INSERT INTO t (SELECT number AS format, 1 AS values FROM numbers(1))',
  "INSERT INTO t FROM INFILE 'x'",
])('sees no data behind %j', (sql) => {
  expect(readStatement(sql, formats).data).toBeNull();
});
