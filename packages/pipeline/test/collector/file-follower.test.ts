import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as passing } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EpochRegistry } from '../../src/collector/epoch-registry.ts';
import { Machine, quick, until } from './collector-harness.ts';
import { numbersTo, packetLine, packetLines } from './loaded-rows.ts';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(async () => {
  await machine.remove();
});

describe('a log that an editor saves: another file under its name', () => {
  const save = (text: string): void => {
    machine.write('tmp', text);
    machine.rename('tmp', 'kern.log');
  };

  it('with more in it', async () => {
    machine.write('kern.log', packetLines(0, 50));
    await machine.follow('kern.log', 'witness.log');
    await machine.count(50);
    save(packetLines(0, 60));
    await machine.count(60);
    machine.append('kern.log', packetLines(60, 70));
    await machine.count(70);
    await machine.outlastGrace();
    expect(machine.lines).toEqual(numbersTo(70));
  });

  it('without its end', async () => {
    machine.write('kern.log', packetLines(0, 50));
    await machine.follow('kern.log', 'witness.log');
    await machine.count(50);
    save(packetLines(0, 40));
    await machine.outlastGrace();
    machine.append('kern.log', packetLines(50, 70));
    await machine.count(70);
    await machine.outlastGrace();
    expect(machine.lines).toEqual(numbersTo(70));
  });

  it('without its end, while down', async () => {
    machine.write('kern.log', packetLines(0, 50));
    const collector = await machine.follow('kern.log');
    await machine.count(50);
    await collector.stop();
    save(packetLines(0, 40) + packetLines(50, 70));
    await machine.follow('kern.log', 'witness.log');
    await machine.count(70);
    await machine.outlastGrace();
    expect(machine.lines).toEqual(numbersTo(70));
  });
});

describe('a log that got the inode of another while nobody looked', () => {
  it.each([
    ['a log', packetLines(0, 5)],
    ['one without a packet', 'one\ntwo\nthree\n'],
  ])('%s', async (_name, text) => {
    machine.write('kern.log', text);
    const first = await machine.follow('kern.log');
    await until(() => first.status().lines > 0);
    await first.stop();
    const before = machine.lines;
    const { ino } = statSync(machine.path('kern.log'));
    // The same inode as a file system gives it again: its content is replaced, all else stays.
    machine.write('kern.log', 'another\n' + packetLines(100, 110));
    expect(statSync(machine.path('kern.log')).ino).toBe(ino);
    await machine.follow('kern.log');
    await machine.count(before.length + 10);
    expect(machine.lines).toEqual([...before, ...numbersTo(110, 100)]);
  });
});

it('takes a log that is truncated while it is being identified for what it is then', async () => {
  machine.write('kern.log', packetLines(0, 50));
  const first = await machine.follow('kern.log');
  await machine.count(50);
  await first.stop();
  machine.append('kern.log', packetLines(50, 60));
  const resolving = vi.spyOn(EpochRegistry.prototype, 'resolve').mockImplementationOnce(async function (
    this: EpochRegistry,
    ...args
  ) {
    copyFileSync(machine.path('kern.log'), machine.path('kern.log.1'));
    truncateSync(machine.path('kern.log'));
    machine.append('kern.log', packetLines(60, 200));
    return await this.resolve(...args);
  });
  await machine.follow('kern.log', 'witness.log');
  await machine.count(200);
  resolving.mockRestore();
  await machine.outlastGrace();
  await machine.outlastGrace();
  expect(machine.lines).toEqual(numbersTo(200));
  expect(machine.said('is gone')).toEqual([]);
});

it('keeps a copy at hand while its log is behind: truncated, the rest is only there', { timeout: 30_000 }, async () => {
  // Long lines: several turns' work, and cheap to read.
  const filler = `${'x'.repeat(1024 * 1024 - 1)}\n`;
  let text = '';
  for (let number = 0; number < 60; number += 1) text += packetLine(number) + filler;
  machine.write('kern.log', text);
  let appends = 0;
  machine.store.before = async () => {
    appends += 1;
    if (appends === 1) copyFileSync(machine.path('kern.log'), machine.path('kern.log.1'));
    // Long enough for a file to count as finished, with turns in between.
    if (appends <= 4) await passing(1.5 * quick.graceMs);
    if (appends === 4) truncateSync(machine.path('kern.log'));
  };
  await machine.follow('kern.log');
  await machine.count(60);
  expect(machine.lines).toEqual(numbersTo(60));
});

it('holds files open while the disk of its state is full', { timeout: 30_000 }, async (context) => {
  mkdirSync(machine.state);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', machine.state], { stdio: 'ignore' });
  } catch {
    context.skip('mounting a small disk needs root');
  }
  try {
    machine.write('kern.log', packetLines(0, 5));
    const collector = await machine.follow('kern.log', 'witness.log');
    await machine.count(5);
    await machine.outlastGrace();
    expect(() => machine.write('state/filler', Buffer.alloc(1024 * 1024))).toThrow('ENOSPC');
    machine.append('kern.log', packetLines(5, 10));
    await until(() => machine.said('DL_DISK_FULL').length > 0);
    machine.append('kern.log', packetLines(10, 15));
    machine.rename('kern.log', 'elsewhere');
    machine.write('kern.log', packetLines(15, 20));
    const { ino } = statSync(machine.path('kern.log'));
    await until(() => openInodes().includes(ino));
    rmSync(machine.path('kern.log'));
    rmSync(machine.path('elsewhere'));
    machine.write('kern.log', packetLines(20, 25));
    rmSync(machine.path('state/filler'));
    await machine.count(25);
    expect(machine.lines).toEqual(numbersTo(25));
    await collector.stop();
  } finally {
    execFileSync('umount', ['--lazy', machine.state]);
  }
});

/** Inodes of the files this process has open. */
function openInodes(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false })?.ino ?? []);
}

it('gives epochs back their names when their registry is lost', async () => {
  machine.write('b.log', packetLine(0) + packetLines(30, 40));
  const first = await machine.follow('b.log');
  await machine.count(11);
  await first.stop();
  machine.write('a.log', packetLine(0) + packetLines(10, 15));
  const second = await machine.follow('a.log', 'b.log');
  await machine.count(17);
  await second.stop();
  rmSync(machine.path('state/epochs'), { recursive: true });
  machine.append('a.log', packetLines(15, 25));
  machine.append('b.log', packetLines(40, 45));
  machine.write('0.log', packetLine(0) + packetLines(70, 75));
  await machine.follow('0.log', 'a.log', 'b.log');
  await machine.count(38);
  expect(machine.lines).toEqual([0, 0, 0, ...numbersTo(25, 10), ...numbersTo(45, 30), ...numbersTo(75, 70)]);
  expect(machine.store.epochs).toHaveLength(3);
});
