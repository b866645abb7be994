import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DroplensError } from '@droplens/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect, rowsOf } from '../transport.conformance.ts';
import { spoolDirectory, type SpoolDirectory } from './spool-directory.ts';

const start = Date.UTC(2026, 10, 21);

describe('SpoolReader', () => {
  let directory: SpoolDirectory;
  beforeEach(() => {
    directory = spoolDirectory();
  });
  afterEach(() => directory.remove());

  const append = async (lane: string, ...ranges: [first: number, last: number][]): Promise<void> => {
    const { writer } = directory.open({ lane });
    for (const [first, last] of ranges) await writer.append(rowsOf('1', first, last));
    await writer.close();
  };
  const firsts = async (rows: number): Promise<(number | undefined)[]> =>
    (await collect(directory.open().reader, rows)).map(({ blocks }) => blocks[0]?.first);
  const quarantined = (): string[] =>
    readdirSync(join(directory.path, 'quarantine'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(directory.path, 'quarantine', name)).isFile(),
    );
  const rowFiles = (): string[] => readdirSync(directory.live).filter((name) => name.endsWith('.rows'));

  test('takes lanes in turn, so that history does not hold up what happens now', async () => {
    await append('import', [1001, 1010], [1011, 1020], [1021, 1030]);
    await append('live', [1, 10], [11, 20]);
    expect(await firsts(50)).toEqual([1001, 1, 1011, 11, 1021]);
  });

  test('an interrupted file comes first again, whatever its lane and whatever came meanwhile', async () => {
    await append('import', [1001, 1010]);
    await append('live', [1, 10], [11, 20]);
    const seen: unknown[] = [];
    const interrupted = directory.open().reader.run((delivery) => {
      seen.push(delivery.blocks[0]?.first);
      return seen.length < 2 ? Promise.resolve() : Promise.reject(new DroplensError('DL_INTERNAL', 'died in mid insert'));
    }, new AbortController().signal);
    await expect(interrupted).rejects.toThrow('died');
    expect(seen).toEqual([1001, 1]);
    await append('archive', [5001, 5010]);
    await append('import', [1011, 1020]);
    expect((await firsts(40))[0]).toBe(1);
  });

  test('loads what lies there by number, not by name or time', async () => {
    await append('live', [1, 1], [2, 2], [3, 3]);
    const [first = ''] = rowFiles();
    // the first file under the highest number: a header that says otherwise is not believed
    renameSync(join(directory.live, first), join(directory.live, first.replace('000000000001', '000000000009')));
    expect(await firsts(2)).toEqual([2, 3]);
    await append('live', [4, 4]);
    expect(await firsts(1)).toEqual([4]);
    expect(quarantined()).toHaveLength(1);
  });

  test('a torn file is moved aside, counted and named with what it held; the next ones are loaded', async () => {
    await append('live', [1, 3], [4, 6]);
    const [name = ''] = rowFiles();
    truncateSync(join(directory.live, name), 150);
    expect(await firsts(3)).toEqual([4]);
    expect(quarantined()).toHaveLength(1);
    expect(await directory.metric('droplens_transport_spool_quarantined_files_total', { reason: 'damaged' })).toBe(1);
    const [said] = directory.said;
    expect(said).toMatchObject({ code: 'DL_SPOOL_FILE_DAMAGED' });
    expect(said?.msg).toContain('stream 1 epoch 1 from 1 to 3');
  });

  test('a file whose load time was changed by hand is not loaded under it', async () => {
    await append('live', [1, 2]);
    const [name = ''] = rowFiles();
    renameSync(join(directory.live, name), join(directory.live, name.replace(/-\d+-/, `-${start}-`)));
    await append('live', [3, 3]);
    expect(await firsts(1)).toEqual([3]);
    expect(quarantined()).toHaveLength(1);
  });

  test.each([
    'garbage.rows',
    '.rows',
    '-.status',
    '1-2-3-4-5.rows',
    '9999999999999-1795132800000-1-1-1-1.rows',
    `99999999999999999999-${start}-1-1-1-1.rows`,
    `1-${start}-1-1-1--1.rows`,
    `1-${start}-1-1-1-1e9.rows`,
    `1-${start}-../1-1-1.rows`.replace('/', '\u2215'),
    `\u00e9\n\u001b[31m.rows`,
    `1-${start}-1-1-1-1.rows\u00a0.rows`,
  ])('a file called %j is moved aside when nothing else waits, and never loaded', async (name) => {
    mkdirSync(directory.live, { recursive: true });
    writeFileSync(join(directory.live, name), 'droplens-spool 1 00000000 2 0\n{}');
    await append('live', [1, 1]);
    const reader = collect(directory.open().reader, 2);
    while (rowFiles().length > 0) await new Promise((go) => setImmediate(go));
    await append('live', [2, 2]);
    await reader;
    expect(quarantined()).toHaveLength(1);
    expect(await directory.metric('droplens_transport_spool_quarantined_files_total', { reason: 'name' })).toBe(1);
  });

  test('leaves alone what does not claim to be a spool file', async () => {
    await append('live', [1, 1]);
    for (const name of ['README', 'core', 'x.rows.swp', 'x.tmp~']) writeFileSync(join(directory.live, name), 'x');
    mkdirSync(join(directory.path, 'Lost+Found'));
    expect(await firsts(1)).toEqual([1]);
    expect(readdirSync(directory.live).sort()).toEqual(['README', 'core', 'x.rows.swp', 'x.tmp~']);
  });

  test.each<[string, (path: string) => void]>([
    ['a directory', (path) => mkdirSync(path)],
    ['a link to a file', (path) => symlinkSync('/etc/hostname', path)],
    ['a link to nothing', (path) => symlinkSync('/nowhere', path)],
    ['a pipe that nobody writes', (path) => execFileSync('mkfifo', [path])],
    ['a terabyte of nothing', (path) => execFileSync('truncate', ['-s', '1T', path])],
  ])('%s with the name of a spool file is moved aside', async (_, make) => {
    mkdirSync(directory.live, { recursive: true });
    await append('live', [1, 1]);
    make(join(directory.live, `000000000000-${start}-1-1-1-1.rows`));
    expect(await firsts(1)).toEqual([1]);
    expect(await directory.metric('droplens_transport_spool_quarantined_files_total', { reason: 'unreadable' })).toBe(1);
  });

  test('two damaged files of one name both stay in quarantine', async () => {
    mkdirSync(directory.live, { recursive: true });
    for (let i = 0; i < 2; i++) {
      writeFileSync(join(directory.live, `000000000001-${start}-1-1-1-1.rows`), `damage ${i}`);
      await append('live', [1, 1]);
      await firsts(1);
    }
    expect(quarantined()).toHaveLength(2);
  });

  test('a file that somebody else removed is missed aloud, and the next ones are loaded', async () => {
    await append('live', [1, 1], [2, 2], [3, 3]);
    const stop = new AbortController();
    const seen: unknown[] = [];
    await directory.open().reader.run((delivery) => {
      seen.push(delivery.blocks[0]?.first);
      rmSync(join(directory.live, rowFiles().find((name) => name.startsWith('000000000002')) ?? 'gone'), { force: true });
      if (seen.length === 2) stop.abort();
      return Promise.resolve();
    }, stop.signal);
    expect(seen).toEqual([1, 3]);
    expect(directory.said.map(({ msg }) => msg).join()).toContain('was removed by somebody else');
  });

  test('a second reader is refused while the first runs', async () => {
    const stop = new AbortController();
    const first = directory.open().reader.run(() => Promise.resolve(), stop.signal);
    await append('live', [1, 1]);
    while (rowFiles().length > 0) await new Promise((go) => setImmediate(go));
    await expect(directory.open().reader.run(() => Promise.resolve(), new AbortController().signal)).rejects.toMatchObject({
      code: 'DL_HELD',
    });
    stop.abort();
    await first;
    await append('live', [2, 2]);
    expect(await firsts(1)).toEqual([2]);
  });

  test('stops loudly when its lock is taken away, before it hands over more', async () => {
    await append('live', [1, 1], [2, 2]);
    const seen: unknown[] = [];
    const run = directory.open().reader.run((delivery) => {
      seen.push(delivery.blocks[0]?.first);
      rmSync(join(directory.path, 'reader.lock'));
      return Promise.resolve();
    }, new AbortController().signal);
    await expect(run).rejects.toMatchObject({ code: 'DL_HELD', disposition: 'fatal' });
    expect(seen).toEqual([1]);
    expect(await firsts(1)).toEqual([2]);
  });

  test('a file copied back after it was loaded is handed over again: the ledger knows', async () => {
    await append('live', [1, 5]);
    const [name = ''] = rowFiles();
    const copy = join(directory.path, 'copy');
    copyFileSync(join(directory.live, name), copy);
    expect(await firsts(5)).toEqual([1]);
    copyFileSync(copy, join(directory.live, name));
    expect(await firsts(5)).toEqual([1]);
  });

  test('a full disk does not end the reader, which makes room', async () => {
    await append('live', [1, 5]);
    symlinkSync('/dev/full', join(directory.path, 'current.tmp'));
    expect(await firsts(5)).toEqual([1]);
    expect(directory.said[0]).toMatchObject({ code: 'DL_DISK_FULL' });
  });

  test('tells of drained lanes, loaded here or elsewhere', async () => {
    const writing = directory.open({ lane: 'import' });
    await writing.writer.append(rowsOf('1', 1, 5));
    const drained = writing.drained();
    await firsts(5);
    await drained;
    expect(await writing.refresh()).toEqual({ files: 0, bytes: 0, oldest: null });
    await writing.writer.close();
  });
});
