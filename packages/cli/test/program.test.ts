import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { droplens } from './commands/run-droplens.ts';

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'droplens-'))));
afterAll(() => rmSync(directory, { recursive: true }));

const commands = [
  'up',
  'demo',
  'import',
  'parse',
  'top',
  'source',
  'search',
  'sql',
  'doctor',
  'config',
  'dead',
  'engine',
  'migrate',
];

describe('droplens', { timeout: 60_000 }, () => {
  it('lists every command and where to begin', async () => {
    const { code, stdout, stderr } = await droplens(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} .*\\S`, 'm'));
    expect(stdout).toContain('Begin with: droplens demo');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('prints its version', async () => {
    expect(await droplens(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
  });

  it.each(commands)('%s explains itself', async (command) => {
    const { code, stdout } = await droplens([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: droplens ${command}`);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([
    [[], 'Usage: droplens <command>'],
    [['tpo'], "droplens: unknown command 'tpo' (did you mean top?) [DL_USAGE]\n  see: droplens --help\n"],
    [
      ['top', '--limti', '5'],
      "droplens: unknown option '--limti' (did you mean --limit?) [DL_USAGE]\n  see: droplens top --help\n",
    ],
    [
      ['parse', '--format', 'xml'],
      "droplens: option '--format <format>' argument 'xml' is invalid. Allowed choices are ndjson, table, csv, tsv. [DL_USAGE]",
    ],
    [['top', 'sauces'], "droplens: command-argument value 'sauces' is invalid for argument 'what'."],
    [['source'], "droplens: missing required argument 'address' [DL_USAGE]"],
    [['source', '1.2.3.4', '5.6.7.8'], 'droplens: too many arguments'],
    [['source', 'web-1'], "droplens: 'web-1' is no address: expected 203.0.113.9"],
    [['source', '10.0.0.0/99'], 'at most 32 bits [DL_USAGE]'],
    [
      ['top', '--since', 'yesterday'],
      "droplens: --since: 'yesterday' is no time: expected a span such as 90s, 15m, 24h, 7d or 4w",
    ],
    [['top', '--since', '1h', '--until', '2h'], 'droplens: --since lies after --until'],
    [['top', '--limit', '0'], "droplens: --limit: '0' is no number of rows"],
    [['search', '--port', '70000'], "droplens: --port: '70000' is no port"],
    [['search', '--country', 'Holland'], "droplens: --country: 'Holland' is no country"],
    [['search', '--proto', 'tpc'], "droplens: --proto: 'tpc' is no protocol"],
    [['search', '--src', '\u001b[2J'], "droplens: --src: '\\x1b[2J' is no address"],
    [['parse', '--time-zone', 'Mars/Olympus'], "droplens: --time-zone: 'Mars/Olympus' is no time zone"],
    [['sql', ' ; '], 'droplens: the query is empty [DL_USAGE]'],
    [['top', '--watch', '--format', 'csv'], 'droplens: --watch shows a table [DL_USAGE]'],
  ])('%j is wrong usage', async (args, expected) => {
    const { code, stdout, stderr } = await droplens([...args, ...(args.length === 0 ? [] : ['--data', join(directory, 'none')])]);
    expect(stderr).toContain(expected);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('names every mistake of a configuration, and fails', async () => {
    const file = join(directory, 'wrong.yaml');
    writeFileSync(file, 'hots: a\n\nretention: {raw_days: 0}\n');
    expect(await droplens(['config', 'check', '--config', file])).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        `droplens: ${file}:3: retention.raw_days: expected at least 1, found the number 0 [DL_CONFIG_INVALID]\n` +
        `droplens: ${file}:1: hots: unknown key (did you mean 'host'?) [DL_CONFIG_INVALID]\n` +
        '  correct the named key; `droplens config print` shows what is in force\n',
    });
  });

  it('checks and prints a configuration', async () => {
    const file = join(directory, 'right.yaml');
    writeFileSync(file, 'host: web-1\n');
    expect(await droplens(['config', 'check', '--config', file])).toMatchObject({ code: 0, stdout: `ok: ${file}\n` });
    const { stdout } = await droplens(['config', 'print', '--config', file, '--data', '/d'], {
      env: { DROPLENS_RETENTION__RAW_DAYS: '9' },
    });
    expect(stdout).toContain(`host: web-1 # ${file}:1\n`);
    expect(stdout).toContain('data: /d # --data\n');
    expect(stdout).toContain('raw_days: 9 # DROPLENS_RETENTION__RAW_DAYS\n');
    expect(stdout).toContain('geo: {} # default\n');
  });

  it('shows the help of a command of commands, and nothing else', async () => {
    const { code, stdout, stderr } = await droplens(['config']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: droplens config/);
    expect(stderr).not.toContain('DL_USAGE');
  });

  it('says that a data directory is none', async () => {
    const { code, stderr } = await droplens(['up', '--data', '/dev/null']);
    expect(code).toBe(1);
    expect(stderr).toContain('the data directory /dev/null cannot be used: it, or a part of its path, is no directory');
  });

  it.each(['top', 'search', 'sql', 'source'])('%s says what to do next where nothing is stored', async (command) => {
    const more = command === 'sql' ? ['SELECT 1'] : command === 'source' ? ['192.0.2.1'] : [];
    const { code, stdout, stderr } = await droplens([command, ...more, '--data', join(directory, 'none')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^no attack history in .*\/none yet\. What fills it:\n {2}droplens up /);
  });
});
