import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect, rowsOf } from '../transport.conformance.ts';
import { spoolDirectory, type SpoolDirectory } from './spool-directory.ts';

const start = Date.UTC(2026, 10, 21);

describe('SpoolWriter', () => {
  let directory: SpoolDirectory;
  beforeEach(() => {
    directory = spoolDirectory();
  });
  afterEach(() => directory.remove());

  const files = (): string[] =>
    readdirSync(directory.live)
      .filter((name) => /\.(?:rows|status|tmp)$/.test(name))
      .sort();
  const loadTimes = (): number[] => files().map((name) => Number(name.split('-')[1]));

  test('names a file after its place, its load time and what it holds, and keeps it to the owner', async () => {
    const { writer } = directory.open({ now: () => start });
    await writer.append(rowsOf('17', 5, 9, '23'));
    const status = {
      stream: '17',
      epoch: '23',
      position: 9,
      time: start,
      host: 'h',
      source: 's',
      lines: 5,
      records: 5,
      rejected: {},
    };
    await writer.append({ blocks: [], undercounts: [], statuses: [status], hosts: [] });
    await writer.close();
    expect(files()).toEqual([`000000000001-${start}-17-23-5-9.rows`, `000000000002-${start + 1}-17-23-9-9.status`]);
    const [seal, header, ...rows] = readFileSync(join(directory.live, files()[0] ?? ''), 'utf8').split('\n');
    expect(seal).toMatch(/^droplens-spool 1 [0-9a-f]{8} \d+ 20$/);
    expect(JSON.parse(header ?? '')).toMatchObject({
      seq: 1,
      loaded_at: start,
      blocks: [{ stream: '17', first: 5, last: 9, rows: 5 }],
    });
    expect(rows).toEqual(['5\tx', '6\tx', '7\tx', '8\tx', '9\tx', '']);
  });

  test('counts on from the highest number present, and uses none twice within a run', async () => {
    mkdirSync(directory.live, { recursive: true });
    writeFileSync(join(directory.live, `000000000041-${start}-1-1-1-1.rows`), 'whatever it is');
    const spool = directory.open();
    await spool.writer.append(rowsOf('1', 1, 1));
    await collect(spool.reader, 1);
    expect(files()).toEqual([]);
    await spool.writer.append(rowsOf('1', 2, 2));
    await spool.writer.close();
    expect(files()[0]).toMatch(/^000000000043-/);
  });

  test('refuses to count beyond the highest number there is', async () => {
    mkdirSync(directory.live, { recursive: true });
    writeFileSync(join(directory.live, `999999999999-${start}-1-1-1-1.rows`), '');
    const { writer } = directory.open();
    await expect(writer.append(rowsOf('1', 1, 1))).rejects.toMatchObject({ code: 'DL_DATA_DIRECTORY' });
    await writer.close();
  });

  test('load times grow while the clock stands still or is set back a little, and follow it when it was wrong', async () => {
    let now = start;
    const { writer } = directory.open({ now: () => now });
    const steps = [0, 0, 500, -400, -30_000, 3_600_000, -7_200_000];
    for (const step of steps) {
      now += step;
      await writer.append(rowsOf('1', 1, 1));
    }
    await writer.close();
    expect(loadTimes()).toEqual([0, 1, 500, 501, 502, 3_570_100, -3_629_900].map((ms) => start + ms));
  });

  test.each([0, Date.UTC(2025, 11, 31), Date.UTC(2106, 0, 1), Number.NaN, Number.POSITIVE_INFINITY, 1e300])(
    'takes nothing while the clock says %d',
    async (wrong) => {
      let now = wrong;
      const { writer } = directory.open({ now: () => now });
      await expect(writer.append(rowsOf('1', 1, 1))).rejects.toMatchObject({
        code: 'DL_CLOCK_IMPLAUSIBLE',
        disposition: 'retry',
      });
      now = start;
      await writer.append(rowsOf('1', 1, 1));
      await writer.close();
      expect(loadTimes()).toEqual([start]);
    },
  );

  test('a temporary file left by a crash is neither read nor kept', async () => {
    mkdirSync(directory.live, { recursive: true });
    writeFileSync(join(directory.live, `000000000001-${start}-1-1-1-1.rows.tmp`), 'droplens-spool 1');
    const spool = directory.open();
    await spool.writer.append(rowsOf('1', 1, 2));
    expect(files()).toHaveLength(1);
    expect((await collect(spool.reader, 2))[0]?.blocks[0]?.rows).toBe(2);
    await spool.writer.close();
  });

  test('a full disk is said as such, leaves nothing half-written, and passes', async () => {
    const { writer } = directory.open({ now: () => start });
    await writer.open();
    // The kernel's own full disk: the next temporary file is /dev/full.
    symlinkSync('/dev/full', join(directory.live, `000000000001-${start}-1-1-1-9.rows.tmp`));
    await expect(writer.append(rowsOf('1', 1, 9))).rejects.toMatchObject({ code: 'DL_DISK_FULL', disposition: 'retry' });
    expect(files()).toEqual([]);
    await writer.append(rowsOf('1', 1, 9));
    await writer.close();
    expect(files()).toEqual([`000000000001-${start}-1-1-1-9.rows`]);
  });

  describe('at its bound', () => {
    const bound = { maxBytes: 600 };

    test('an empty spool takes a batch of any size', async () => {
      const spool = directory.open(bound);
      await spool.writer.append(rowsOf('1', 1, 500));
      expect(spool.pending()).toMatchObject({ files: 1 });
      await spool.writer.close();
    });

    test('rejects at once when asked to, with what to do', async () => {
      const { writer } = directory.open(bound);
      await writer.append(rowsOf('1', 1, 100));
      const refused = writer.append(rowsOf('1', 101, 200), { whenFull: 'reject' });
      await expect(refused).rejects.toMatchObject({ code: 'DL_TRANSPORT_FULL', disposition: 'retry' });
      expect(await directory.metric('droplens_transport_full_total')).toBe(1);
      await writer.close();
      expect(files()).toHaveLength(1);
    });

    test('waits otherwise, and goes on when the reader has made room', async () => {
      const spool = directory.open(bound);
      await spool.writer.append(rowsOf('1', 1, 100));
      let resolved = false;
      const waiting = spool.writer.append(rowsOf('1', 101, 200)).then(() => (resolved = true));
      while ((await directory.metric('droplens_transport_full_total')) !== 1) await new Promise((go) => setImmediate(go));
      expect(resolved).toBe(false);
      const seen = await collect(spool.reader, 200);
      await waiting;
      expect(seen.map(({ blocks }) => blocks[0]?.first)).toEqual([1, 101]);
      await spool.writer.close();
    });

    test('sees room that a reader of another process makes', async () => {
      const { writer } = directory.open(bound);
      await writer.append(rowsOf('1', 1, 100));
      const waiting = writer.append(rowsOf('1', 101, 200));
      expect(await collect(directory.open().reader, 200)).toHaveLength(2);
      await waiting;
      await writer.close();
    });

    test.each(['signal', 'close'] as const)('a wait ends by %s; nothing was stored', async (how) => {
      const { writer } = directory.open(bound);
      await writer.append(rowsOf('1', 1, 100));
      const stop = new AbortController();
      const waiting = writer.append(rowsOf('1', 101, 200), { signal: stop.signal });
      const [outcome] = await Promise.allSettled([waiting, how === 'signal' ? stop.abort() : writer.close()]);
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DL_TRANSPORT_FULL' } });
      await writer.close();
      expect(files()).toHaveLength(1);
    });

    test('a file appended by another run counts', async () => {
      const before = directory.open(bound);
      await before.writer.append(rowsOf('1', 1, 100));
      await before.writer.close();
      const { writer } = directory.open(bound);
      await expect(writer.append(rowsOf('1', 101, 200), { whenFull: 'reject' })).rejects.toMatchObject({
        code: 'DL_TRANSPORT_FULL',
      });
      await writer.close();
    });
  });

  test('a second writer of the same lane is refused and told who is there; another lane is free', async () => {
    const first = directory.open();
    await first.writer.open();
    const second = directory.open();
    await expect(second.writer.append(rowsOf('1', 1, 1))).rejects.toMatchObject({
      code: 'DL_HELD',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    const other = directory.open({ lane: 'import' });
    await other.writer.append(rowsOf('1', 1, 1));
    await first.writer.close();
    await second.writer.append(rowsOf('1', 1, 1));
    await second.writer.close();
    await other.writer.close();
    expect(existsSync(join(directory.live, 'writer.lock'))).toBe(false);
  });

  test('a directory that cannot be is an error that names it', async () => {
    mkdirSync(dirname(directory.path), { recursive: true });
    writeFileSync(directory.path, 'a file in the way');
    const { writer } = directory.open();
    const error = { code: 'DL_DATA_DIRECTORY', message: expect.stringContaining(directory.path) as string };
    await expect(writer.open()).rejects.toMatchObject(error);
    rmSync(directory.path);
    await writer.append(rowsOf('1', 1, 1));
    rmSync(directory.path, { recursive: true });
    await expect(writer.append(rowsOf('1', 2, 2))).rejects.toMatchObject(error);
    await writer.close();
  });

  test('what was appended is counted', async () => {
    const { writer } = directory.open();
    await writer.append(rowsOf('1', 1, 30));
    await writer.append(rowsOf('1', 31, 42));
    await writer.close();
    expect(await directory.metric('droplens_transport_appends_total')).toBe(2);
    expect(await directory.metric('droplens_transport_rows_total')).toBe(42);
    expect(await directory.metric('droplens_transport_spool_files')).toBe(2);
  });
});
