import { copyFileSync, truncateSync } from 'node:fs';
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

it('says once, over all runs, that a log is gone', async () => {
  machine.write('kern.log', packetLines(0, 50));
  const first = await machine.follow('kern.log');
  await machine.count(50);
  await first.stop();
  machine.write('tmp', packetLines(50, 60));
  machine.rename('tmp', 'kern.log');
  const second = await machine.follow('kern.log');
  await machine.count(60);
  await until(() => machine.said('is gone').length > 0);
  await second.stop();
  await machine.follow('kern.log', 'witness.log');
  await machine.outlastGrace();
  expect(machine.said('is gone')).toHaveLength(1);
});

it('does not call a copy gone that was followed while its log had no name', async () => {
  machine.write('kern.log', packetLines(0, 3));
  const first = await machine.follow('kern.log*', 'witness.log');
  await machine.count(3);
  machine.rename('kern.log', 'kern.log.1');
  // Now it is finished; and without a `kern.log` it is the only log the pattern matches.
  await machine.outlastGrace();
  await machine.outlastGrace();
  await first.stop();
  machine.write('kern.log', packetLines(3, 5));
  await machine.follow('kern.log*', 'witness.log');
  await machine.count(5);
  await machine.outlastGrace();
  await machine.outlastGrace();
  expect(machine.lines).toEqual(numbersTo(5));
  expect(machine.said('is gone')).toEqual([]);
});

it('does not call a log gone whose rest is in its copy', async () => {
  machine.write('kern.log', packetLines(0, 5));
  await machine.follow('kern.log', 'witness.log');
  await machine.count(5);
  for (let from = 5; from < 35; from += 10) {
    await machine.outlastGrace();
    machine.append('kern.log', packetLines(from, from + 5));
    copyFileSync(machine.path('kern.log'), machine.path('kern.log.1'));
    truncateSync(machine.path('kern.log'));
    machine.append('kern.log', packetLines(from + 5, from + 10));
    await machine.count(from + 10);
  }
  await machine.outlastGrace();
  expect(machine.lines).toEqual(numbersTo(35));
  expect(machine.said('is gone')).toEqual([]);
});
