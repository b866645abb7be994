import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { droplens, program } from './run-droplens.ts';

const packet = (source: string, port: number, prefix = 'iptables denied: '): string =>
  `2026-11-21T11:59:58.250+00:00 web-1 kernel: [1.000001] ${prefix}IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 ` +
  `SRC=${source} DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=54321 PROTO=TCP SPT=40146 DPT=${port} WINDOW=65535 RES=0x00 SYN URGP=0 `;
const reference = ['--reference-time', '2026-11-21T12:00Z'];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'droplens-'));
  chmodSync(directory, 0o755);
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('droplens parse', { timeout: 60_000 }, () => {
  it('gives one object a packet, with the number of its line, and counts on stderr', async () => {
    const input = `${packet('203.0.113.66', 23)}\nNov 21 12:00:00 web-1 systemd[1]: Started.\n\n${packet('2001:db8::1', 443)}`;
    const { code, stdout, stderr } = await droplens(['parse', '-', ...reference], { input });
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map(({ line, src, dst_port: port, tcp_flags: flags, mac_src: mac }) => [line, src, port, flags, mac])).toEqual([
      [1, '203.0.113.66', 23, ['SYN'], '02:00:00:00:00:02'],
    ]);
    expect(stderr).toBe('4 lines: 1 packet; 3 rejected (1 not-a-packet, 1 empty, 1 bad-address)\n');
    expect(code).toBe(0);
  });

  it('shows rejected lines with their reason instead', async () => {
    const path = file('rejected.log', `${packet('203.0.113.66', 23)}\nhello \u001b[2J\n${packet('203.0.113.66', 70_000)}\n`);
    const { stdout } = await droplens(['parse', '--rejected', path, ...reference]);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { line: 2, reason: 'not-a-packet', text: 'hello \\x1b[2J' },
      { line: 3, reason: 'out-of-range' },
    ]);
  });

  it('gives everything with its kind', async () => {
    const input = `${packet('203.0.113.66', 23)}\nNov 21 11:00:00 web-1 kernel: net_ratelimit: 7 callbacks suppressed\nhello\n`;
    const { stdout } = await droplens(['parse', '--all', ...reference], { input });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { kind: 'packet', line: 1 },
      { kind: 'undercount', line: 2, cause: 'kernel-ratelimit', count: 7 },
      { kind: 'rejected', line: 3, reason: 'not-a-packet' },
    ]);
  });

  it('makes the rows that a collector makes', async () => {
    const path = file('rows.log', `${packet('203.0.113.66', 23)}\nhello\n${packet('203.0.113.67', 22)}`);
    const { stdout } = await droplens(['parse', '--format', 'tsv', path, ...reference]);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    const first = packet('203.0.113.66', 23).length + 1;
    expect(rows.map((row) => [row[0], row[1], row[7], row[11]])).toEqual([
      [String(first), '1795262398.250', '203.0.113.66', '23'],
      [String(first + 6 + packet('203.0.113.67', 22).length), '1795262398.250', '203.0.113.67', '22'],
    ]);
    expect(rows.every((row) => row.length === 20)).toBe(true);
  });

  it('makes CSV with a header', async () => {
    const { stdout } = await droplens(['parse', '--format', 'csv', ...reference], {
      input: packet('203.0.113.66', 23, 'a "b", c: '),
    });
    expect(
      stdout
        .split('\n')
        .slice(0, 2)
        .map((line) => line.slice(0, 60)),
    ).toEqual([
      'line,time,host,prefix,action,direction,in_iface,out_iface,sr',
      '1,2026-11-21T11:59:58.250Z,web-1,"a ""b"", c:",unknown,in,et',
    ]);
  });

  it('makes a table that fits, whatever the lines want of the terminal', async () => {
    const hostile = `${packet('203.0.113.66', 23, '\u001b]0;owned\u0007\u202e\u200b ')}\n${packet('203.0.113.67', 22, `${'x'.repeat(200)} `)}\n`;
    const { stdout } = await droplens(['parse', '--format', 'table', '--utc', ...reference], { input: hostile });
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/203\.0\.113\.66 .* 23\/tcp {2}SYN/);
  });

  it('reads .gz, and the same lines in any form give the same rows', async () => {
    const text = Array.from({ length: 5000 }, (_, index) => `${packet(`203.0.113.${index % 250}`, 1 + index)}\n`).join('');
    const plain = await droplens(['parse', '--format', 'tsv', file('many.log', text), ...reference]);
    const packed = await droplens(['parse', '--format', 'tsv', file('many.log.gz', gzipSync(text)), ...reference]);
    const piped = await droplens(['parse', '--format', 'tsv', '-', ...reference], { input: gzipSync(text) });
    expect(plain.stdout.split('\n')).toHaveLength(5001);
    expect([packed.stdout === plain.stdout, piped.stdout === plain.stdout]).toEqual([true, true]);
  });

  it('goes on with the other files, and fails', async () => {
    mkdirSync(join(directory, 'sub'));
    const good = file('good.log', packet('203.0.113.66', 23));
    const torn = file('torn.log.gz', gzipSync(`${packet('203.0.113.66', 23)}\n`.repeat(1000)).subarray(0, 150));
    const inputs = [
      join(directory, 'none.log'),
      join(directory, 'sub'),
      torn,
      file('x.log.xz', Buffer.from('fd377a585a0000', 'hex')),
      good,
    ];
    const { code, stdout, stderr } = await droplens(['parse', ...inputs, ...reference]);
    expect(code).toBe(1);
    expect(stdout).toContain(`{"file":${JSON.stringify(good)},"line":1,`);
    expect(stderr.split('\n').filter((line) => line.startsWith('droplens: '))).toEqual([
      `droplens: ${join(directory, 'none.log')}: no such file or directory [DL_IMPORT_UNREADABLE]`,
      `droplens: ${join(directory, 'sub')}: it is a directory [DL_IMPORT_UNREADABLE]`,
      `droplens: ${torn}: damaged or incomplete gzip (unexpected end of file) [DL_IMPORT_DAMAGED]`,
      `droplens: ${join(directory, 'x.log.xz')}: compressed with xz [DL_IMPORT_UNREADABLE]`,
    ]);
  });

  it('says so when this user may not read the file', async () => {
    const path = file('secret.log', packet('203.0.113.66', 23));
    chmodSync(path, 0o000);
    // root may everything: then it is somebody else who asks
    const { code, stderr } = await droplens(['parse', path], process.getuid?.() === 0 ? { uid: 65_534 } : {});
    expect(code).toBe(1);
    expect(stderr).toContain(
      `droplens: ${path}: permission denied [DL_IMPORT_UNREADABLE]\n  run it as a user who may read the file`,
    );
  });

  it('bears binary garbage and a line of a megabyte', async () => {
    const garbage = Buffer.alloc(300_000, 0).map((_, index) => (index * 7919) % 256);
    const long = `${packet('203.0.113.66', 23)}${'A'.repeat(1_000_000)}\n`;
    const { code, stdout, stderr } = await droplens(['parse', '-', ...reference], {
      input: Buffer.concat([garbage, Buffer.from(`\n${long}${packet('203.0.113.67', 22)}\n`)]),
    });
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { src: string }).src),
    ).toContain('203.0.113.67');
    expect(stderr).toContain('longer than 8 KiB');
  });

  it('reads lines as the configuration says', async () => {
    const config = file('parse.yaml', 'parse: {time_zone: "+02:00", actions: [{prefix: "noise*", action: allow}]}\n');
    const line = packet('203.0.113.66', 23, 'noise: ').replace('2026-11-21T11:59:58.250+00:00', 'Nov 21 11:59:58');
    const asConfigured = await droplens(['parse', '--config', config, ...reference], { input: line });
    expect(JSON.parse(asConfigured.stdout)).toMatchObject({ time: '2026-11-21T09:59:58.000Z', action: 'allow' });
    const asAsked = await droplens(['parse', '--config', config, '--time-zone', 'UTC', ...reference], { input: line });
    expect(JSON.parse(asAsked.stdout)).toMatchObject({ time: '2026-11-21T11:59:58.000Z', action: 'allow' });
  });

  it('says in one line that the output cannot be written', async () => {
    const path = file('full.log', `${packet('203.0.113.66', 23)}\n`);
    const { code, stderr } = await droplens(['parse', path], { stdoutFile: '/dev/full' });
    expect(stderr).toMatch(/\ndroplens: standard output: no space left on the device \[DL_OUTPUT\]\n {2}free some space.*\n$/);
    expect(code).toBe(1);
  });

  it('ends quietly when nobody reads on', async () => {
    const path = file('long.log', `${packet('203.0.113.66', 23)}\n`.repeat(20_000));
    const child = spawn('sh', ['-c', '"$0" "$@" | head -n 1', process.execPath, program, 'parse', path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toBe('');
  });
});
