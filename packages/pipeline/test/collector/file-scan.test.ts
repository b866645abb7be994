import { mkdirSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine, until } from './collector-harness.ts';
import { numbersTo, packetLine, packetLines } from './loaded-rows.ts';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(async () => {
  await machine.remove();
});

const link = (to: string, name: string): void => symlinkSync(machine.path(to), machine.path(name));
const relink = (to: string, name: string): void => {
  unlinkSync(machine.path(name));
  link(to, name);
};

describe('a name that cannot be seen at the moment', () => {
  it.each(['dir/kern.log', 'dir/*.log'])('is not a lost one: %s', async (pattern) => {
    const line = packetLine(1);
    mkdirSync(machine.path('real'));
    link('real', 'dir');
    machine.write('real/kern.log', packetLine(0) + line.slice(0, 100));
    const collector = await machine.follow(pattern, 'witness.log');
    await machine.count(1);
    // A link to itself: even root cannot look through it.
    relink('dir', 'dir');
    await machine.outlastGrace();
    expect(collector.status().sources.some(({ problem }) => problem?.includes('links go in a circle'))).toBe(true);
    relink('real', 'dir');
    machine.append('real/kern.log', line.slice(100) + packetLine(2));
    await machine.count(3);
    expect(machine.lines).toEqual([0, 1, 2]);
    await until(() =>
      collector.status().sources.every(({ problem, source }) => problem === null || source.endsWith('witness.log')),
    );
  });

  it('nor is one whose file opens but cannot be read; that is said once', async () => {
    // The kernel's own unreadable page: the first one of this process.
    symlinkSync('/proc/self/mem', machine.path('bad.log'));
    machine.write('good.log', packetLines(0, 2));
    const collector = await machine.follow('bad.log', 'good.log', 'witness.log');
    await machine.outlastGrace();
    await machine.outlastGrace();
    expect(machine.lines).toEqual([0, 1]);
    expect(machine.said('DL_SOURCE_UNREADABLE')).toHaveLength(1);
    expect(collector.status().sources.find(({ source }) => source.endsWith('bad.log'))?.problem).toContain('EIO');
    expect(await machine.metric('droplens_errors_total{component="file",code="DL_SOURCE_UNREADABLE"}')).toEqual([
      'droplens_errors_total{component="file",code="DL_SOURCE_UNREADABLE"} 1',
    ]);
  });
});

describe('a symbolic link', () => {
  it('whose target changes while down: the rest of the old target is read', async () => {
    machine.write('26.log', packetLines(0, 5));
    link('26.log', 'current');
    const collector = await machine.follow('current');
    await machine.count(5);
    await collector.stop();
    machine.append('26.log', packetLines(5, 8));
    machine.write('26.log.1', packetLines(100, 110));
    machine.write('27.log', packetLines(8, 10));
    relink('27.log', 'current');
    await machine.follow('current');
    await machine.count(10);
    expect(machine.lines).toEqual(numbersTo(10));
  });

  it('whose target is rotated beside itself, twice, while down', async () => {
    mkdirSync(machine.path('real'));
    machine.write('real/kern.log.1', packetLines(100, 110));
    utimesSync(machine.path('real/kern.log.1'), 1_700_000_000, 1_700_000_000);
    machine.write('real/kern.log', packetLines(0, 5));
    link('real/kern.log', 'kern.log');
    const collector = await machine.follow('kern.log');
    await machine.count(5);
    await collector.stop();
    machine.rename('real/kern.log.1', 'real/kern.log.3');
    machine.append('real/kern.log', packetLines(5, 8));
    machine.rename('real/kern.log', 'real/kern.log.2');
    machine.compress('real/kern.log.2');
    machine.write('real/kern.log.1', packetLines(8, 11));
    machine.write('real/kern.log', packetLines(11, 13));
    await machine.follow('kern.log');
    await machine.count(13);
    expect(machine.lines).toEqual(numbersTo(13));
  });
});

describe('rotated copies', () => {
  it('do not include a log that is configured and only named like one', async () => {
    const line = packetLine(11);
    machine.write('fw.log', packetLines(0, 2));
    machine.write('fw-2.log', packetLine(10) + line.slice(0, 100));
    await machine.follow('fw.log', 'fw-2.log', 'witness.log');
    await machine.count(3);
    await machine.outlastGrace();
    machine.append('fw-2.log', line.slice(100));
    await machine.count(4);
    expect(machine.lines).toEqual([0, 1, 10, 11]);
  });

  it('that were written by a clock that was ahead do not hide what is rotated away later', async () => {
    machine.write('kern.log.1', packetLines(100, 103));
    const tomorrow = new Date(Date.now() + 86_400_000);
    utimesSync(machine.path('kern.log.1'), tomorrow, tomorrow);
    machine.write('kern.log', packetLines(0, 5));
    const collector = await machine.follow('kern.log');
    await machine.count(5);
    await collector.stop();
    machine.rename('kern.log.1', 'kern.log.3');
    machine.append('kern.log', packetLines(5, 8));
    machine.rename('kern.log', 'kern.log.2');
    machine.write('kern.log.1', packetLines(8, 11));
    machine.write('kern.log', packetLines(11, 13));
    await machine.follow('kern.log');
    await machine.count(13);
    expect(machine.lines).toEqual(numbersTo(13));
  });

  it.each(['kern.log', 'kern.log*'])('are read once, however many there are: %s', { timeout: 30_000 }, async (pattern) => {
    machine.write('kern.log', packetLine(0));
    await machine.follow(pattern);
    await machine.count(1);
    for (let n = 1; n <= 520; n += 1) machine.write(`kern.log.${n}`, `copy ${n}\n`);
    machine.write('kern.log.521', packetLine(1));
    await machine.count(2);
    // When all have been looked at and rested, only the log itself stays open.
    let open: string[] = [];
    await until(() => {
      void machine.metric('droplens_collector_open_files').then((found) => (open = found));
      return open.join() === 'droplens_collector_open_files 1';
    });
    expect(machine.lines).toEqual([0, 1]);
  });
});
