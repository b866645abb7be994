import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as passing } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { DroplensError } from '@droplens/runtime';
import { batchLimits } from '@droplens/transport';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importFiles, type ImportProgress } from '../../src/collector/import-file.ts';
import { Machine, until } from './collector-harness.ts';
import { numbersTo, packetLine, packetLines } from './loaded-rows.ts';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(async () => machine.remove());

const write = (name: string, text: string | Uint8Array): void => writeFileSync(machine.path(name), text);
const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  await promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof DroplensError ? `${error.code} ${error.message}` : String(error)),
  );

describe('importFile', () => {
  it('loads a file once: again, renamed, copied, compressed under any name, from standard input', async () => {
    const text = 'a header\n\n' + packetLines(0, 3000);
    write('old.log', text);
    const result = await machine.import('old.log');
    expect(result).toMatchObject({ lines: 3002, records: 3000, rows: 3000, bytesRead: text.length, bytesTotal: text.length });
    write('other name', gzipSync(text));
    await machine.import('old.log');
    await machine.import('other name');
    await machine.import('-', { stdin: Readable.from([Buffer.from(text)]) });
    await machine.import('-', { stdin: Readable.from([gzipSync(text)]) });
    expect(machine.store.numbers).toEqual(numbersTo(3000));
    expect(machine.store.epochs).toHaveLength(1);
    expect(machine.store.holes()).toEqual([]);
  });

  it('loads only the rest of a file that has grown since', async () => {
    write('kern.log', packetLines(0, 10));
    await machine.import('kern.log');
    appendFileSync(machine.path('kern.log'), packetLines(10, 15));
    await machine.import('kern.log');
    expect(machine.store.numbers).toEqual(numbersTo(15));
  });

  it('takes an unterminated last line of a finished file, and does not double it when its newline comes', async () => {
    write('kern.log', packetLines(0, 3) + packetLine(3).trimEnd());
    await machine.import('kern.log');
    expect(machine.store.numbers).toEqual([0, 1, 2, 3]);
    appendFileSync(machine.path('kern.log'), ` \n${packetLine(4)}`);
    await machine.import('kern.log');
    expect(machine.store.numbers).toEqual([0, 1, 2, 3, 4]);
  });

  it('leaves half a record at the end of a file to the import that finds all of it', async () => {
    const line = packetLine(3);
    write('kern.log', packetLines(0, 3) + line.slice(0, 90));
    const past = new Date(Date.now() - 3_600_000);
    utimesSync(machine.path('kern.log'), past, past);
    expect(await machine.import('kern.log')).toMatchObject({ records: 3, rejected: { cut: 1 } });
    expect(machine.store.numbers).toEqual([0, 1, 2]);
    await machine.import('kern.log');
    appendFileSync(machine.path('kern.log'), line.slice(90) + packetLine(4));
    await machine.import('kern.log');
    expect(machine.store.sorted).toEqual([0, 1, 2, 3, 4]);
    expect(machine.store.epochs).toHaveLength(1);
    expect(machine.store.holes()).toEqual([]);
  });

  it('waits a moment for the rest of a line that is being written', async () => {
    const line = packetLine(1);
    write('kern.log', packetLine(0) + line.slice(0, 90));
    const importing = machine.import('kern.log');
    await until(() => machine.store !== undefined);
    await passing(300);
    appendFileSync(machine.path('kern.log'), line.slice(90) + packetLine(2));
    await importing;
    await machine.import('kern.log');
    expect(machine.store.sorted).toEqual([0, 1, 2]);
  });

  it('gives two files that begin with the same packet line an epoch each', async () => {
    write('a.log', packetLine(0) + packetLines(10, 500));
    write('b.log', packetLine(0) + packetLines(1000, 1500));
    for (const name of ['a.log', 'b.log', 'b.log', 'a.log']) await machine.import(name);
    expect(machine.store.epochs).toHaveLength(2);
    expect(machine.store.sorted).toEqual([0, 0, ...numbersTo(500, 10), ...numbersTo(1500, 1000)]);
  });

  it('reads gzip of several members', async () => {
    write('kern.log.1.gz', Buffer.concat([gzipSync(packetLines(0, 100)), gzipSync(packetLines(100, 200))]));
    await machine.import('kern.log.1.gz');
    expect(machine.store.numbers).toEqual(numbersTo(200));
  });

  it('keeps what came before a gzip ends early, names the place, and loads the rest later', async () => {
    const whole = gzipSync(packetLines(0, 20_000));
    write('kern.log.1.gz', whole.subarray(0, -2000));
    expect(await codeOf(machine.import('kern.log.1.gz'))).toMatch(
      /^DL_IMPORT_DAMAGED .*kern\.log\.1\.gz: compressed data ends early at byte \d+; the 1\d+ lines before that are loaded$/,
    );
    expect(machine.store.rows.length).toBeGreaterThan(10_000);
    write('kern.log.1.gz', whole);
    await machine.import('kern.log.1.gz');
    expect(machine.store.sorted).toEqual(numbersTo(20_000));
  });

  it('stores no packet that never was: nothing of a gzip that is damaged within', async () => {
    const whole = gzipSync(packetLines(0, 20_000));
    const damaged = Buffer.from(whole);
    damaged.fill(7, whole.length >> 1, (whole.length >> 1) + 300);
    write('kern.log.1.gz', damaged);
    expect(await codeOf(machine.import('kern.log.1.gz'))).toMatch(
      /^DL_IMPORT_DAMAGED .*kern\.log\.1\.gz: compressed data is damaged .* at byte \d+; nothing of it is loaded/,
    );
    expect(machine.store.rows).toEqual([]);
    write('kern.log.1.gz', whole);
    await machine.import('kern.log.1.gz');
    expect(machine.store.sorted).toEqual(numbersTo(20_000));
  });

  it('explains what it cannot read', async () => {
    mkdirSync(machine.path('logs'));
    write('a.xz', Buffer.from('\xfd7zXZ\0data', 'latin1'));
    expect(await codeOf(machine.import('logs'))).toMatch(
      /^DL_IMPORT_UNREADABLE .*logs is a directory: name the files in it, such as .*logs\/\*\.log$/,
    );
    expect(await codeOf(machine.import('none'))).toMatch(/^DL_IMPORT_UNREADABLE cannot read .*none: it does not exist$/);
    expect(await codeOf(machine.import('a.xz'))).toMatch(/^DL_IMPORT_UNREADABLE .*compressed with xz/);
    write('good.log', packetLines(0, 2));
    const outcomes = await importFiles([machine.path('logs'), machine.path('good.log')], {
      directory: machine.state,
      writer: machine.store,
      host: 'here',
      machineId: 'machine',
      reporter: machine.reporter,
    });
    expect(outcomes.map((outcome) => ('error' in outcome ? outcome.error.code : outcome.result.records))).toEqual([
      'DL_IMPORT_UNREADABLE',
      2,
    ]);
  });

  it('reads a FIFO to its end', async () => {
    execFileSync('mkfifo', [machine.path('pipe')]);
    write('text', packetLines(0, 5000));
    const feeder = spawn('sh', ['-c', `cat '${machine.path('text')}' > '${machine.path('pipe')}'`]);
    const result = await machine.import('pipe');
    expect(feeder.exitCode ?? 0).toBe(0);
    expect(result.bytesTotal).toBeNull();
    expect(machine.store.numbers).toEqual(numbersTo(5000));
  });

  it('has nothing to say about an empty file, and no rows for one of garbage', async () => {
    write('empty', '');
    write('garbage', Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256)));
    expect(await machine.import('empty')).toMatchObject({ lines: 0, records: 0, epoch: null });
    expect(await machine.import('garbage')).toMatchObject({ records: 0, epoch: null });
    expect(machine.store.rows).toEqual([]);
  });

  it('tells how far it is', async () => {
    write('kern.log', packetLines(0, 20_000));
    const seen: ImportProgress[] = [];
    await machine.import('kern.log', { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.every((progress, index) => index === 0 || progress.bytesRead >= (seen[index - 1]?.bytesRead ?? 0))).toBe(true);
    expect(seen.at(-1)).toMatchObject({ records: 20_000, bytesRead: readFileSync(machine.path('kern.log')).length });
  });

  it('stops where it is told to, and goes on later', async () => {
    // more than one block holds
    const text = packetLines(0, 60_000);
    write('kern.log', text.repeat(1 + Math.ceil(batchLimits.rows / 60_000)));
    const stop = new AbortController();
    machine.store.before = () => Promise.resolve(stop.abort());
    expect(await machine.import('kern.log', { signal: stop.signal })).toMatchObject({ stopped: true });
    const stored = machine.store.rows.length;
    machine.store.before = () => Promise.resolve();
    const { records } = await machine.import('kern.log');
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(records);
    expect(machine.store.rows.length).toBe(records);
  });
});

describe('beside a collector', () => {
  it('loads nothing twice of a log that was followed, rotated and compressed, nor of the one being followed', async () => {
    write('kern.log', packetLines(0, 300));
    await machine.follow('kern.log');
    await until(() => machine.store.rows.length === 300);
    copyFileSync(machine.path('kern.log'), machine.path('saved'));
    appendFileSync(machine.path('kern.log'), packetLines(300, 400));
    await machine.import('kern.log');
    write('saved.gz', gzipSync(readFileSync(machine.path('saved'))));
    await machine.import('saved.gz');
    await until(() => machine.store.rows.length >= 400);
    appendFileSync(machine.path('kern.log'), packetLines(400, 410));
    await until(() => machine.store.rows.length >= 410);
    expect(machine.store.sorted).toEqual(numbersTo(410));
    expect(machine.store.epochs).toHaveLength(1);
  });

  it('and a followed log that was imported first is not doubled', async () => {
    write('kern.log', packetLines(0, 300));
    await machine.import('kern.log');
    await machine.follow('kern.log');
    appendFileSync(machine.path('kern.log'), packetLines(300, 310));
    await until(() => machine.store.rows.length >= 310);
    expect(machine.store.sorted).toEqual(numbersTo(310));
  });

  it('takes a line that an import has cut for what the import took it for', async () => {
    write('kern.log', packetLines(0, 3) + packetLine(3).trimEnd());
    await machine.follow('kern.log');
    await until(() => machine.store.rows.length === 3);
    await machine.import('kern.log');
    expect(machine.store.sorted).toEqual([0, 1, 2, 3]);
    appendFileSync(machine.path('kern.log'), ` \n${packetLine(4)}`);
    await until(() => machine.store.rows.length >= 5);
    expect(machine.store.sorted).toEqual([0, 1, 2, 3, 4]);
  });
});
