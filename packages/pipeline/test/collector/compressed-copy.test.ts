import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Machine, until } from './collector-harness.ts';
import { numbersTo, packetLines } from './loaded-rows.ts';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(async () => {
  await machine.remove();
});

const xz = (text: string): Buffer => Buffer.concat([Buffer.from('\xfd7zXZ\0', 'latin1'), Buffer.from(text)]);

it('a compression that cannot be read is not taken for text', async () => {
  machine.write('kern.log', packetLines(0, 5));
  await machine.follow('kern.log', 'witness.log');
  await machine.count(5);
  machine.write('kern.log.1.xz', xz('no\nline\nof\na log\n'));
  await machine.outlastGrace();
  expect(await machine.metric('droplens_collector_lines_total')).toEqual(['droplens_collector_lines_total{kind="file"} 7']);
  expect(machine.said('kern.log')).toEqual([]);
});

it('and is said when it may hold the rest of a log that was followed', async () => {
  machine.write('kern.log', packetLines(0, 5));
  const collector = await machine.follow('kern.log');
  await machine.count(5);
  await collector.stop();
  machine.write('kern.log.1.xz', xz('the rest'));
  machine.write('tmp', packetLines(8, 9));
  machine.rename('tmp', 'kern.log');
  await machine.follow('kern.log', 'witness.log');
  await machine.outlastGrace();
  expect(machine.said('kern.log.1.xz')).toEqual([expect.stringContaining('"compression":"xz"')]);
  expect(machine.lines).toEqual([0, 1, 2, 3, 4, 8]);
});

it('a copy that ends early is said, after all that is right of it was read; the whole one is read when it comes', async () => {
  machine.write('kern.log', packetLines(0, 50));
  const collector = await machine.follow('kern.log');
  await machine.count(50);
  await collector.stop();
  machine.append('kern.log', packetLines(50, 20_000));
  const whole = gzipSync(readFileSync(machine.path('kern.log')));
  machine.write('kern.log.1.gz', whole.subarray(0, -2000));
  machine.write('tmp', packetLines(20_000, 20_002));
  machine.rename('tmp', 'kern.log');
  await machine.follow('kern.log');
  await until(() => machine.said('DL_IMPORT_DAMAGED').length > 0);
  expect(machine.said('DL_IMPORT_DAMAGED')).toEqual([expect.stringContaining('kern.log.1.gz: compressed data ends early')]);
  expect(machine.lines.length).toBeGreaterThan(10_000);
  expect(machine.lines.length).toBeLessThan(20_000);
  machine.write('kern.log.1.gz', whole);
  await machine.count(20_002);
  expect(machine.lines).toEqual(numbersTo(20_002));
});

it('a copy of a part says nothing about the rest', async () => {
  machine.write('kern.log', packetLines(0, 50));
  const collector = await machine.follow('kern.log');
  await machine.count(50);
  await collector.stop();
  machine.append('kern.log', packetLines(50, 60));
  machine.rename('kern.log', 'elsewhere');
  machine.write('kern.log.1.gz', gzipSync(packetLines(0, 20)));
  machine.write('kern.log', packetLines(60, 62));
  await machine.follow('kern.log', 'witness.log');
  await machine.count(52);
  await machine.outlastGrace();
  machine.rename('elsewhere', 'kern.log.2');
  machine.compress('kern.log.2');
  await machine.count(62);
  expect(machine.lines).toEqual(numbersTo(62));
});
