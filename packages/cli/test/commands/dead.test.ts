import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReporter } from '@droplens/runtime';
import { createSpool, type DeadRow } from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { droplens, program, type Outcome } from './run-droplens.ts';

let directory: string;
let data: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'droplens-dead-'));
  data = join(directory, 'data');
});
afterEach(() => rmSync(directory, { recursive: true }));

const run = (...args: string[]): Promise<Outcome> => droplens([...args, '--data', data]);

/** A row as it comes to the loader; `columns` replaces some of its first ones. */
function rowText(position: number, changes: { src?: string; port?: number } = {}): string {
  const { src = '8.8.8.8', port = 22 } = changes;
  const head = [position, '1795132800.000', 'web-1', 'denied:', 'deny', 'eth0', '', src, '192.0.2.10', 'TCP', 40_000, port];
  return [...head, 60, 52, position, 2, 1024, 0, 0, `SEQ=${position}`].join('\t');
}

function deadRow(position: number | null, reason: string, row: string): DeadRow {
  return { stream: '1', epoch: '2', position, reason, row: Buffer.from(row, 'latin1') };
}

/** Puts rows aside as a loader of this data directory does. */
async function bury(...rows: DeadRow[]): Promise<void> {
  const reporter = createReporter({ registry: new Registry(), level: 'silent' });
  const spool = createSpool(join(data, 'spool'), { maxBytes: 1024 ** 3, reporter });
  const block = { stream: '1', epoch: '2', first: 1, last: 9, rows: 0, text: new Uint8Array() };
  await spool.writer.append({ blocks: [block], undercounts: [], statuses: [], hosts: [] });
  const stop = new AbortController();
  await spool.reader.run(async (delivery) => {
    await delivery.bury(rows);
    stop.abort();
  }, stop.signal);
  await spool.writer.close();
}

async function listed(): Promise<{ id: string; position: number | null; reason: string; content: string }[]> {
  const { stdout } = await run('dead', 'list', '--format', 'ndjson');
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Awaited<ReturnType<typeof listed>>[number]);
}

/** Rows of the store, and how many different ones. */
async function packets(): Promise<unknown> {
  const query = 'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(extra)) AS different FROM drops';
  return JSON.parse((await run('sql', query, '--format', 'ndjson')).stdout);
}

describe('droplens dead', { timeout: 120_000 }, () => {
  it('says that nothing was put aside, whether or not there is a spool', async () => {
    for (const args of [['dead'], ['dead', 'list'], ['dead', 'list', '--format', 'csv']]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(stderr).toBe(`nothing was put aside: ${join(data, 'spool', 'dead')}\n`);
    }
    expect(await run('dead', 'replay', '--all')).toMatchObject({ code: 0, stdout: '', stderr: 'nothing to replay\n' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('lists letters, counts them by reason and says what can be done', async () => {
    await bury(deadRow(3, 'number', rowText(3, { port: 70_000 })), deadRow(null, 'position', 'garbage \u001b[2J\u00ff'));
    const { code, stdout, stderr } = await run('dead');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ id +/);
    expect(stdout).toMatch(/^ [0-9a-f]{16} .* number .* 3 /m);
    expect(stdout).toContain('1 number, 1 position');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('droplens dead replay ID… | --reason R | --all');
    expect(stdout).not.toContain('\u001b');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(await listed()).toMatchObject([
      { position: 3, reason: 'number', kind: 'row', origin: 'spool/live', stream: '1', epoch: '2' },
      { position: null, encoding: 'base64' },
    ]);
    expect((await run('dead', 'list', '--reason', 'position', '-n', '1', '--format', 'csv')).stdout.split('\n')).toHaveLength(3);
    expect((await run('dead', 'list', '--reason', 'refused')).stderr).toContain('nothing that fits was put aside');
    expect((await run('dead', 'list', '-n', '1')).stdout).toContain('the last 1 are shown');
  });

  it('says what to do when this user may not look', async () => {
    await bury(deadRow(1, 'refused: why', rowText(1)));
    chmodSync(directory, 0o755);
    chmodSync(data, 0o755);
    chmodSync(join(data, 'spool'), 0o755);
    chmodSync(join(data, 'spool', 'dead'), 0);
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const outcome = await droplens(['dead', '--data', data], nobody);
    chmodSync(join(data, 'spool', 'dead'), 0o700);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toBe(
      `droplens: ${join(data, 'spool', 'dead')}: permission denied [DL_DATA_DIRECTORY]\n  run it as the user who owns it (usually with sudo)\n`,
    );
  });

  it.each([
    [['dead', 'replay'], /say what to replay: ids, --reason or --all, one of them/],
    [['dead', 'replay', 'abc', '--all'], /say what to replay/],
    [['dead', 'replay', 'abc'], /no letter has the id abc, or it was replayed .*\n {2}see: droplens dead list/],
    [['dead', 'list', '-n', '0'], /--limit: '0' is no number of rows/],
    [['dead', 'list', '--since', 'x'], /--since: 'x' is no time/],
  ])('%j is wrong usage', async (args, words) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(words);
  });

  it('replays what is good by now, keeps what cannot be sent, and lists what dies again', async () => {
    // put aside by a loader that refused what this one takes
    await bury(
      ...[1, 2, 2].map((position) => deadRow(position, 'refused: a table was broken', rowText(position))),
      deadRow(5, 'number', rowText(5, { port: 70_000 })),
      deadRow(null, 'position', 'garbage'),
    );
    const before = await listed();
    const plan = await run('dead', 'replay', '--reason', 'refused', '--dry-run');
    expect(plan).toMatchObject({ code: 0, stdout: 'would replay 3 rows\n' });
    expect(await listed()).toEqual(before);

    const [first] = before;
    expect(await run('dead', 'replay', first?.id ?? '')).toMatchObject({
      code: 0,
      stdout: 'replayed 1 row\n  loaded    1 row\n',
      stderr: '',
    });
    expect(await packets()).toEqual({ rows: 1, different: 1 });
    expect((await run('dead', 'replay', first?.id ?? '')).stderr).toContain('or it was replayed');

    const all = await run('dead', 'replay', '--all');
    expect(all.code).toBe(1);
    expect(all.stdout).toMatch(
      /^replayed 3 rows\n {2}loaded {4}2 rows\n {2}again {5}1 row put aside again: droplens dead list shows them\n {2}kept {6}\w+: no position can be read from it\n$/,
    );
    expect(await packets()).toEqual({ rows: 3, different: 2 });
    expect((await listed()).map(({ position, reason }) => [position, reason])).toEqual([
      [null, 'position'],
      [5, 'number'],
    ]);

    // as after a crash between sending and forgetting: the same letters are there once more
    await bury(...[1, 2, 2].map((position) => deadRow(position, 'refused: a table was broken', rowText(position))));
    expect(await run('dead', 'replay', '--reason', 'refused')).toMatchObject({
      code: 0,
      stdout: 'replayed 3 rows\n  loaded    0 rows\n',
    });
    expect(await packets()).toEqual({ rows: 3, different: 2 });
  });

  it('hands rows to a running `up`', async () => {
    const log = join(directory, 'kern.log');
    const config = join(directory, 'droplens.yaml');
    writeFileSync(log, '');
    writeFileSync(config, `sources: [{file: ${log}}]\nadmin: {listen: 127.0.0.1:0}\n`);
    await bury(deadRow(1, 'refused: a table was broken', rowText(1)));
    const up: ChildProcess = spawn(process.execPath, [program, 'up', '--data', data, '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const started = new Promise<void>((resolve) => {
      for (const stream of [up.stdout, up.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes('"msg":"started"')) resolve();
        });
      }
      up.on('exit', () => resolve());
    });
    await started;
    try {
      const { code, stdout, stderr } = await run('dead', 'replay', '--all');
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: `replayed 1 row\n  loaded    1 row, by process ${up.pid}\n`,
        stderr: '',
      });
      expect(await packets()).toEqual({ rows: 1, different: 1 });
    } finally {
      up.kill('SIGTERM');
      await once(up, 'exit');
    }
  });
});
