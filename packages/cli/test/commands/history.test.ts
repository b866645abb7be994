import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { findEngine } from '@droplens/embedded-clickhouse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { droplens, program } from './run-droplens.ts';

const minute = 60_000;
const now = Date.now();
let directory: string;
let data: string;
let log: string;
let config: string;
let up: ChildProcess | undefined;
let output = '';

/** A packet some minutes ago; the prefix of the last source tries what a terminal would act on. */
function line(ago: number, source: string, port: number, prefix = 'iptables denied: '): string {
  const addresses = source.includes(':')
    ? `SRC=${source} DST=2001:db8::10 LEN=60 TC=0 HOPLIMIT=244 FLOWLBL=0`
    : `SRC=${source} DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=54321`;
  return (
    `${new Date(now - ago * minute).toISOString()} web-1 kernel: [1.000001] ${prefix}IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 ` +
    `${addresses} PROTO=TCP SPT=40146 DPT=${port} WINDOW=65535 RES=0x00 SYN URGP=0 \n`
  );
}

const scan = Array.from({ length: 60 }, (_, index) => line(120 - index, '8.8.8.8', 1 + index)).join('');
const bot = Array.from({ length: 25 }, (_, index) => line(90 - index, '2a00:1450::8', 23)).join('');
const hostile = line(3, '1.1.1.1', 22, '\u001b[2J\u202eowned: ');

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not come about:\n${output}`);
    await passing(100);
  }
}

// root may everything: then it is somebody else who asks
const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
const ask = (...args: string[]) => droplens([...args, '--data', data, '--config', config]);
const count = async (): Promise<number> =>
  Number((await ask('sql', 'SELECT count() AS n FROM drops', '--format', 'csv')).stdout.split('\n')[1]);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'droplens-'));
  data = join(directory, 'data');
  log = join(directory, 'kern.log');
  config = join(directory, 'droplens.yaml');
  writeFileSync(log, scan);
  writeFileSync(config, `host: web-1\nsources: [{file: ${log}}]\nadmin: {listen: '127.0.0.1:0'}\n`);
  up = spawn(process.execPath, [program, 'up', '--data', data, '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  up.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  up.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(async () => (await count()) === 60);
  appendFileSync(log, bot + hostile);
  await until(async () => (await count()) === 86);
}, 240_000);

afterAll(async () => {
  if (up !== undefined && up.exitCode === null) {
    up.kill('SIGKILL');
    await once(up, 'exit');
  }
  rmSync(directory, { recursive: true });
});

describe('beside a running droplens up', { timeout: 120_000 }, () => {
  it('logs JSON as a service', () => {
    const messages = output
      .trimEnd()
      .split('\n')
      .map((entry) => JSON.parse(entry) as { msg: string; level: number });
    expect(messages.map(({ msg }) => msg)).toContain('started');
    expect(messages.filter(({ level }) => level >= 40)).toEqual([]);
  });

  it('shows the top sources, aligned and within 80 columns', async () => {
    const { code, stdout } = await ask('top');
    expect(code).toBe(0);
    const [head, first, second, , last] = stdout.split('\n');
    expect(head).toMatch(/^ packets {2}source +country {2}wants +hosts +first +last$/);
    expect(first).toMatch(/^ {6}60 {2}8\.8\.8\.8 +US +1 2 3 4 \+56 +1 {2}119 min|^ {6}60 {2}8\.8\.8\.8 +US +\d/);
    expect(second).toMatch(/^ {6}25 {2}2a00:1450::8 +[A-Z–]+ +23 +1 /);
    expect(last).toMatch(/^ 86 packets from 3 sources\./);
    for (const row of stdout.split('\n')) expect(row.length).toBeLessThanOrEqual(80);
  });

  it('fits a narrow terminal without losing what it says', async () => {
    const narrow = { env: { COLUMNS: '40' } };
    for (const args of [['top'], ['top', 'countries'], ['source', '8.8.8.8'], ['search', '-n', '3']]) {
      const { stdout } = await droplens([...args, '--data', data], narrow);
      for (const row of stdout.split('\n').filter((text) => !text.includes('next'))) expect(row.length).toBeLessThanOrEqual(40);
    }
    const { stdout } = await droplens(['source', '8.8.8.8', '--data', data], narrow);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('window 65535, id 54321, ttl 244: ZMap');
  });

  it('puts ports into one field of CSV as people write them', async () => {
    const { stdout } = await ask('top', 'sources', '--src', '2a00:1450::8', '--format', 'csv');
    expect(stdout).toContain('\n2a00:1450::8,');
    expect(stdout).toContain(',23/tcp:25,');
  });

  it('counts no country as no country', async () => {
    const { stdout } = await ask('top', 'countries');
    const unknown = stdout.split('\n').some((row) => / {2}– /.test(row));
    expect(stdout).toMatch(unknown ? / from none known\.\n$/ : / countr(y|ies)\.\n$/);
  });

  it.each(['ports', 'countries', 'prefixes', 'hosts'])('top %s in every format', async (kind) => {
    const [shown, ndjson, csv] = await Promise.all([
      ask('top', kind),
      ask('top', kind, '--format', 'ndjson'),
      ask('top', kind, '--format', 'csv'),
    ]);
    const rows = ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row) as { packets: number });
    const total = kind === 'ports' ? rows.length : rows.reduce((sum, { packets }) => sum + packets, 0);
    expect(total).toBe(kind === 'ports' ? 10 : 86);
    expect(csv.stdout.split('\n')).toHaveLength(rows.length + 2);
    expect(shown.stdout.split('\n')).toHaveLength(rows.length + 3);
  });

  it('never lets a log line act on the terminal', async () => {
    for (const args of [
      ['search', '--src', '1.1.1.1'],
      ['top', 'prefixes'],
      ['source', '1.1.1.1'],
      ['search', '--src', '1.1.1.1', '--format', 'ndjson'],
    ]) {
      const { stdout } = await droplens([...args, '--data', data], { env: { COLUMNS: '140' } });
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(stdout).toContain('owned');
    }
  });

  it('colours only when asked to', async () => {
    const args = ['top', '--data', data];
    const colours = async (env: Record<string, string>) => (await droplens(args, { env })).stdout.includes('\u001b[');
    expect(await Promise.all([colours({}), colours({ FORCE_COLOR: '1' }), colours({ FORCE_COLOR: '1', NO_COLOR: '1' })])).toEqual(
      [false, true, false],
    );
  });

  it('tells a source’s story, and as NDJSON', async () => {
    const { stdout } = await ask('source', '8.8.8.8');
    expect(stdout).toMatch(/^8\.8\.8\.8 {3}United States\n {2}port scanner: 60 ports on web-1 in 59 min\.\n/);
    expect(stdout).toContain('  ports     ');
    expect(stdout).toContain('window 65535, id 54321, ttl 244: ZMap');
    expect(stdout).toContain('next      droplens search --src 8.8.8.8\n');
    const record = JSON.parse((await ask('source', '8.8.8.0/24', '--format', 'ndjson')).stdout) as Record<string, unknown>;
    expect(record).toMatchObject({
      target: '8.8.8.0/24',
      packets: 60,
      ports: 60,
      addresses: 1,
      hosts: [{ host: 'web-1', packets: 60 }],
    });
    expect((await ask('source', '192.0.2.99')).stderr).toBe(
      '192.0.2.99 was never seen here.\n  next  droplens top sources · droplens source 192.0.2.0/24\n',
    );
  });

  it('finds packets, newest first, with every column in NDJSON', async () => {
    const { stdout } = await ask('search', '--port', '23', '--limit', '2', '--format', 'ndjson');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row) as Record<string, unknown>);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      src: '2a00:1450::8',
      dst_port: 23,
      tcp_flags: ['SYN'],
      time: new Date(now - 66 * minute).toISOString(),
      icmp_type: null,
      mac_src: '02:00:00:00:00:02',
      flowlbl: 0,
    });
    expect(Object.keys(rows[0] ?? {}).slice(7, 9)).toEqual(['src', 'dst']);
    expect((await ask('search', '--proto', 'udp')).stderr).toContain('nothing denied that fits');
  });

  it('says when a question reaches further back than packets are kept', async () => {
    const kept = /^packets are kept for 30 days after loading .* droplens source ADDRESS /m;
    expect((await ask('search', '--since', '90d')).stderr).toMatch(kept);
    expect((await ask('search', '--since', '7d')).stderr).not.toMatch(kept);
    // nothing of this history is lost yet
    expect((await ask('top', '--since', '90d')).stderr).toBe('');
  });

  it('answers SQL for reading, and refuses the rest', async () => {
    expect(await droplens(['sql', '-', '--data', data], { input: 'SELECT 1 AS one, NULL AS none;\n' })).toMatchObject({
      code: 0,
      stdout: ' one  none\n   1  –\n',
    });
    const exact = await ask('sql', 'SELECT 18446744073709551615 AS largest');
    expect(exact.stdout).toContain('18446744073709551615');
    const refused = await ask('sql', 'DROP TABLE drops');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^droplens: .*\[DL_QUERY_REFUSED\]\n {2}droplens sql only reads: SELECT, /);
    expect((await ask('sql', 'SELECT ports FROM drops')).stderr).toContain('\n  what there is: droplens sql "SHOW TABLES"');
    expect(await count()).toBe(86);
  });

  it('imports what was followed live, compressed, and stores nothing twice', async () => {
    const rotated = join(directory, 'kern.log.1.gz');
    const old = join(directory, 'old.log');
    writeFileSync(rotated, gzipSync(scan + bot + hostile));
    writeFileSync(old, line(500, '9.9.9.9', 443) + line(499, '9.9.9.9', 444));
    const { code, stdout } = await ask('import', rotated, old);
    expect(code).toBe(0);
    expect(stdout).toContain('  loaded    2 packets, from ');
    expect(stdout).toContain(`, by process ${up?.pid}\n`);
    expect(stdout).toContain('  known     86 packets were there already\n');
    expect(await count()).toBe(88);
    const other = join(directory, 'other.log');
    writeFileSync(other, 'Nov 21 12:00:00 web-1 systemd[1]: Started.\n');
    expect((await ask('import', other)).stdout).toMatch(
      /^1 line of 1 file in .* lines\/s\)\n {2}loaded {4}0 packets, by process \d+\n {2}rejected {2}1 line: 1 not-a-packet\n {2}next {6}droplens parse --rejected FILE/,
    );
    writeFileSync(other, '');
    expect((await ask('import', other)).stdout).toMatch(/^0 lines of 1 file in [^(]*\n {2}loaded {4}0 packets.*\n$/);
  });

  it('tells a second one who holds the directory', async () => {
    const admin = /"admin":"([^"]+)"/.exec(output)?.[1] ?? '';
    // as by default: both want the same port, but what matters is that they want the same directory
    const env = { DROPLENS_ADMIN__LISTEN: admin };
    const { code, stderr, stdout } = await droplens(['up', '--data', data, '--config', config], { env });
    expect(code).toBe(1);
    expect(stderr + stdout).toContain(`is in use by process ${up?.pid}`);
    expect(stderr + stdout).not.toMatch(/^\s+at /m);
  });

  it('ends a watch quickly on Ctrl-C', async () => {
    const watching = spawn(process.execPath, [program, 'top', '--watch', '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] });
    await once(watching.stdout, 'data');
    watching.kill('SIGINT');
    expect(await once(watching, 'exit')).toEqual([0, null]);
  });

  it('ends cleanly on SIGTERM; then the commands open the store themselves', async () => {
    up?.kill('SIGTERM');
    expect(await once(up as ChildProcess, 'exit')).toEqual([0, null]);
    expect(output).toContain('"msg":"stopped"');
    expect(await count()).toBe(88);
    expect((await ask('migrate')).stdout).toMatch(/^nothing to do: \d of \d migrations are in place/);
    expect((await ask('dead')).stderr).toContain('nothing was put aside');
  });

  it('starts while a command still asks', async () => {
    const asking = spawn(process.execPath, [program, 'sql', 'SELECT sleepEachRow(1) FROM numbers(3)', '--data', data], {
      stdio: 'ignore',
    });
    const asked = once(asking, 'exit');
    await until(async () => (await findEngine(data)) !== null);
    const second = spawn(process.execPath, [program, 'up', '--data', data, '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    second.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    second.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(second, 'exit');
    await until(async () => said.includes('"msg":"started"') || second.exitCode !== null);
    expect(await asked).toEqual([0, null]);
    second.kill('SIGTERM');
    expect(await ended, said).toEqual([0, null]);
  });

  it('says what to do when this user may not', async () => {
    chmodSync(directory, 0o755);
    chmodSync(join(data, 'engine'), 0o000);
    const { code, stderr } = await droplens(['top', '--data', data], nobody);
    chmodSync(join(data, 'engine'), 0o700);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^droplens: .* cannot be read: .*permission denied.* \[DL_DATA_DIRECTORY\]\n {2}\S|permission denied \[DL_DATA_DIRECTORY\]/,
    );
    const service = await droplens(['up', '--data', '/proc/droplens'], nobody);
    expect(service).toMatchObject({ code: 1, stdout: '' });
    expect(service.stderr).toContain('the data directory /proc/droplens cannot be used');
  });
});
