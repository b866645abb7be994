import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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

const count = async (rows: number): Promise<void> => machine.count(rows);
const write = (name: string, text: string): void => machine.write(name, text);
const append = (name: string, text: string): void => machine.append(name, text);
const rename = (from: string, to: string): void => machine.rename(from, to);
const compress = (name: string): void => machine.compress(name);
const other = 'Nov 21 08:00:00 web-1 systemd[1]: Started session 1 of user root.\n';

describe('following', () => {
  it('reads what is there and what comes, once', async () => {
    write('kern.log', packetLines(0, 10));
    await machine.follow('kern.log');
    await count(10);
    append('kern.log', packetLines(10, 20));
    await count(20);
    expect(machine.store.numbers).toEqual(numbersTo(20));
    expect(machine.store.holes()).toEqual([]);
    expect(machine.store.epochs).toHaveLength(1);
  });

  it('goes on behind its checkpoint after a stop, and after a crash reads again only what the ledger cuts', async () => {
    write('kern.log', packetLines(0, 10));
    const first = await machine.follow('kern.log');
    await count(10);
    await first.stop();
    append('kern.log', packetLines(10, 20));
    const second = await machine.follow('kern.log');
    await count(20);
    await second.stop();
    const ranges = machine.store.ledger.length;
    rmSync(machine.path('state/checkpoint.json'));
    await machine.follow('kern.log');
    await until(() => machine.store.ledger.length > ranges);
    expect(machine.store.numbers).toEqual(numbersTo(20));
    expect(machine.store.epochs).toHaveLength(1);
  });

  it('holds a partial last line until its newline', async () => {
    const line = packetLine(1);
    write('kern.log', packetLine(0) + line.slice(0, 100));
    await machine.follow('kern.log');
    await count(1);
    append('kern.log', line.slice(100));
    await count(2);
    expect(machine.store.numbers).toEqual([0, 1]);
  });

  it('waits for a file that appears later, also in a directory that does', async () => {
    await machine.follow('log/kern.log');
    mkdirSync(machine.path('log'));
    write('log/kern.log', packetLines(0, 3));
    await count(3);
    expect(machine.store.numbers).toEqual([0, 1, 2]);
  });

  it('publishes nothing of a file without a packet line, and begins its epoch with the first one', async () => {
    write('kern.log', other.repeat(100));
    const collector = await machine.follow('kern.log');
    await until(() => collector.status().lines === 100);
    await collector.stop();
    expect(machine.store.appends).toEqual([]);
    append('kern.log', other + packetLines(0, 2));
    const again = await machine.follow('kern.log');
    await count(2);
    await again.stop();
    expect(machine.store.ledger[0]).toMatchObject({ first: 1, rows: 2 });
    expect(machine.store.appends[0]?.statuses[0]).toMatchObject({ lines: 103, records: 2, rejected: { 'not-a-packet': 101 } });
  });
});

describe('rotation while running', () => {
  it('by rename: finishes the old file and reads the new one', async () => {
    write('kern.log', packetLines(0, 5));
    await machine.follow('kern.log');
    await count(5);
    rename('kern.log', 'kern.log.1');
    append('kern.log.1', packetLines(5, 8));
    write('kern.log', packetLines(8, 10));
    await count(10);
    append('kern.log.1', packetLines(10, 12));
    await count(12);
    expect(machine.store.sorted).toEqual(numbersTo(12));
  });

  it('finishes a deleted file', async () => {
    write('kern.log', packetLines(0, 5));
    await machine.follow('kern.log');
    await count(5);
    append('kern.log', packetLines(5, 900));
    rmSync(machine.path('kern.log'));
    await count(900);
    expect(machine.store.sorted).toEqual(numbersTo(900));
  });

  it('by copytruncate: takes from the copy what was not read before the truncation', async () => {
    write('kern.log', packetLines(0, 5));
    await machine.follow('kern.log');
    await count(5);
    append('kern.log', packetLines(5, 9));
    copyFileSync(machine.path('kern.log'), machine.path('kern.log.1'));
    truncateSync(machine.path('kern.log'));
    append('kern.log', packetLines(9, 12));
    await count(12);
    expect(machine.store.sorted).toEqual(numbersTo(12));
  });

  it('sees a truncated file that has grown beyond the old position at once', async () => {
    write('kern.log', packetLines(0, 3));
    await machine.follow('kern.log');
    await count(3);
    write('kern.log', packetLines(10, 90));
    await count(83);
    expect(machine.store.sorted).toEqual([0, 1, 2, ...numbersTo(90, 10)]);
  });

  it('goes on behind the part that a shortened log keeps', async () => {
    write('kern.log', packetLines(0, 200));
    const collector = await machine.follow('kern.log');
    await count(200);
    truncateSync(machine.path('kern.log'), packetLines(0, 150).length);
    append('kern.log', packetLines(200, 210));
    await count(210);
    await collector.stop();
    append('kern.log', packetLines(210, 220));
    await machine.follow('kern.log');
    await count(220);
    expect(machine.store.sorted).toEqual(numbersTo(220));
  });

  it('skips the hole that a writer leaves which keeps its offset', async () => {
    write('kern.log', packetLines(0, 3));
    await machine.follow('kern.log');
    await count(3);
    const { size } = statSync(machine.path('kern.log'));
    copyFileSync(machine.path('kern.log'), machine.path('kern.log.1'));
    writeFileSync(machine.path('kern.log'), Buffer.concat([Buffer.alloc(size), Buffer.from(packetLines(3, 5))]));
    await count(5);
    expect(machine.store.sorted).toEqual(numbersTo(5));
  });

  it('takes an unterminated last line as whole when its file has rested without a name', async () => {
    write('kern.log', packetLines(0, 2) + packetLine(2).trimEnd());
    await machine.follow('kern.log');
    await count(2);
    rename('kern.log', 'kern.log.1');
    write('kern.log', packetLine(3));
    await count(4);
    expect(machine.store.sorted).toEqual([0, 1, 2, 3]);
    await machine.import('kern.log.1');
    expect(machine.store.sorted).toEqual([0, 1, 2, 3]);
  });
});

describe('rotation while down', () => {
  const stopAt = async (rows: number): Promise<void> => {
    const collector = await machine.follow('kern.log');
    await count(rows);
    await collector.stop();
  };

  it('once', async () => {
    write('kern.log', packetLines(0, 5));
    await stopAt(5);
    append('kern.log', packetLines(5, 8));
    rename('kern.log', 'kern.log.1');
    write('kern.log', packetLines(8, 10));
    await machine.follow('kern.log');
    await count(10);
    expect(machine.store.sorted).toEqual(numbersTo(10));
  });

  it.each(['kern.log.%', 'kern.log-2026112%', 'kern-2026112%.log'])('twice, the older one compressed: %s', async (pattern) => {
    const name = (n: number): string => pattern.replace('%', String(n));
    write('kern.log', packetLines(0, 5));
    await stopAt(5);
    append('kern.log', packetLines(5, 8));
    rename('kern.log', name(2));
    compress(name(2));
    write(name(1), packetLines(8, 11));
    write('kern.log', packetLines(11, 13));
    await machine.follow('kern.log');
    await count(13);
    expect(machine.store.sorted).toEqual(numbersTo(13));
    expect(machine.store.holes()).toEqual([]);
  });

  it('does not read history that was there before droplens', async () => {
    write('kern.log.1', packetLines(100, 110));
    write('kern.log.2', packetLines(200, 210));
    compress('kern.log.2');
    write('kern.log', packetLines(0, 5));
    await stopAt(5);
    append('kern.log', packetLines(5, 7));
    rename('kern.log.1', 'kern.log.3');
    rename('kern.log', 'kern.log.1');
    write('kern.log', packetLines(7, 9));
    await machine.follow('kern.log');
    await count(9);
    expect(machine.store.sorted).toEqual(numbersTo(9));
  });

  it('by copytruncate', async () => {
    write('kern.log', packetLines(0, 5));
    await stopAt(5);
    append('kern.log', packetLines(5, 8));
    copyFileSync(machine.path('kern.log'), machine.path('kern.log.1'));
    truncateSync(machine.path('kern.log'));
    append('kern.log', packetLines(8, 20));
    await machine.follow('kern.log');
    await count(20);
    expect(machine.store.sorted).toEqual(numbersTo(20));
  });
});

describe('one content under several names', () => {
  it('is read once: hard link, symbolic link, copy', async () => {
    write('a.log', packetLines(0, 50));
    linkSync(machine.path('a.log'), machine.path('b.log'));
    symlinkSync(machine.path('a.log'), machine.path('c.log'));
    copyFileSync(machine.path('a.log'), machine.path('d.log'));
    await machine.follow('*.log');
    await count(50);
    append('a.log', packetLines(50, 60));
    await count(60);
    expect(machine.store.sorted).toEqual(numbersTo(60));
    expect(machine.store.epochs).toHaveLength(1);
  });

  it('but two logs that begin with the same packet line are two', async () => {
    write('a.log', packetLine(0));
    write('b.log', packetLine(0));
    await machine.follow('a.log', 'b.log');
    await count(1);
    append('a.log', packetLines(10, 20));
    append('b.log', packetLines(30, 40));
    await count(22);
    expect(machine.store.sorted).toEqual([0, 0, ...numbersTo(20, 10), ...numbersTo(40, 30)]);
    expect(machine.store.epochs).toHaveLength(2);
  });

  it('also when one of them was read before the other existed', async () => {
    write('a.log', packetLine(0) + packetLines(10, 20));
    await machine.follow('*.log');
    await count(11);
    write('b.log', packetLine(0) + packetLines(30, 60));
    await count(42);
    expect(machine.store.sorted).toEqual([0, 0, ...numbersTo(20, 10), ...numbersTo(60, 30)]);
  });

  it('rotated copies that the pattern matches are read, and not again when they are compressed', async () => {
    write('kern.log.1', packetLines(0, 10));
    write('kern.log', packetLines(10, 20));
    await machine.follow('kern.log*');
    await count(20);
    rename('kern.log.1', 'kern.log.2');
    compress('kern.log.2');
    rename('kern.log', 'kern.log.1');
    write('kern.log', packetLines(20, 30));
    await count(30);
    expect(machine.store.sorted).toEqual(numbersTo(30));
  });
});

describe('bad input', () => {
  it('says once that it may not read a file, goes on with the others, and reads it when it may', async () => {
    if (process.getuid?.() === 0) {
      // root may read everything: a directory in the file's place is as unreadable
      mkdirSync(machine.path('closed.log'));
    } else {
      write('closed.log', packetLines(0, 2));
      chmodSync(machine.path('closed.log'), 0);
    }
    write('open.log', packetLines(10, 12));
    const collector = await machine.follow('closed.log', 'open.log');
    await count(2);
    await until(() => collector.status().sources.some((source) => source.problem !== null));
    rmSync(machine.path('closed.log'), { recursive: true });
    write('closed.log', packetLines(0, 2));
    await count(4);
    expect(machine.store.sorted).toEqual([0, 1, 10, 11]);
    expect(machine.log.filter((line) => line.includes('DL_SOURCE_UNREADABLE'))).toHaveLength(1);
    await until(() => collector.status().sources.every((source) => source.problem === null));
  });

  it('neither waits for nor trips over a FIFO, a dangling link, a link to itself', async () => {
    execFileSync('mkfifo', [machine.path('fifo.log')]);
    symlinkSync(machine.path('nothing'), machine.path('dangling.log'));
    symlinkSync(machine.path('self.log'), machine.path('self.log'));
    write('kern.log', packetLines(0, 2));
    const collector = await machine.follow('*.log');
    await count(2);
    await until(() => collector.status().sources.filter((source) => source.problem !== null).length === 3);
    expect(machine.store.sorted).toEqual([0, 1]);
  });

  it('survives a line of 20 MB without holding it', async () => {
    write('kern.log', packetLine(0));
    append('kern.log', `${'x'.repeat(20_000_000)}\n${packetLine(1)}`);
    const collector = await machine.follow('kern.log');
    await count(2);
    expect(machine.store.sorted).toEqual([0, 1]);
    expect(collector.status().lines).toBe(3);
  });
});
