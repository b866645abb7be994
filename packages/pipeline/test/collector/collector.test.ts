import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { DroplensError } from '@droplens/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine, until } from './collector-harness.ts';
import { numbersTo, packetLine, packetLines } from './loaded-rows.ts';
import { conformsAsSource } from './source.conformance.ts';

conformsAsSource('file', (machine) => ({
  options: () => ({ sources: [{ file: machine.path('kern.log') }] }),
  say: (from, to) => appendFileSync(machine.path('kern.log'), packetLines(from, to)),
  remove: () => undefined,
}));

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(async () => machine.remove());
const rows = async (wanted: number): Promise<void> =>
  until(
    () => machine.store.rows.length >= wanted,
    () => machine.log,
  );
const codeOf = (error: unknown): string => (error instanceof DroplensError ? error.code : String(error));

describe('the state directory', () => {
  it('has one collector at a time; one that was killed is no obstacle', async () => {
    writeFileSync(machine.path('kern.log'), packetLines(0, 1));
    const first = await machine.follow('kern.log');
    await expect(machine.follow('kern.log')).rejects.toSatisfy((error) => codeOf(error) === 'DL_HELD');
    await first.stop();
    mkdirSync(machine.state, { recursive: true });
    await machine.follow('kern.log');
    await rows(1);
    expect(machine.store.numbers).toEqual([0]);
  });

  it('that is damaged is read again from the start, and says so', async () => {
    writeFileSync(machine.path('kern.log'), packetLines(0, 10));
    const first = await machine.follow('kern.log');
    await rows(10);
    await first.stop();
    const path = machine.path('state/checkpoint.json');
    for (const damage of [
      readFileSync(path, 'utf8').slice(0, 50),
      '',
      '{"version":1,"sources":{"file":{"files":7}}}',
      'null',
      '\0\0\0',
    ]) {
      writeFileSync(path, damage);
      appendFileSync(machine.path('kern.log'), packetLine(machine.store.rows.length));
      const wanted = machine.store.rows.length + 1;
      const collector = await machine.follow('kern.log');
      await rows(wanted);
      await collector.stop();
    }
    expect(machine.store.numbers).toEqual(numbersTo(15));
    expect(machine.log.filter((line) => line.includes('DL_CHECKPOINT_DAMAGED')).length).toBeGreaterThan(0);
  });

  it('of a newer version is refused', async () => {
    mkdirSync(machine.state, { recursive: true });
    writeFileSync(machine.path('state/checkpoint.json'), '{"version":9,"sources":{},"more":1}');
    await expect(machine.follow('kern.log')).rejects.toSatisfy((error) => codeOf(error) === 'DL_CHECKPOINT_NEWER');
  });

  it('without known epochs keeps the lines once: the content names them again', async () => {
    writeFileSync(machine.path('kern.log'), packetLines(0, 10));
    const first = await machine.follow('kern.log');
    await rows(10);
    await first.stop();
    rmSync(machine.state, { recursive: true });
    appendFileSync(machine.path('kern.log'), packetLines(10, 12));
    await machine.follow('kern.log');
    await rows(12);
    expect(machine.store.numbers).toEqual(numbersTo(12));
  });

  it('that cannot be made is an error that names it', async () => {
    writeFileSync(machine.path('state'), 'a file');
    await expect(machine.follow('kern.log')).rejects.toSatisfy(
      (error) => codeOf(error) === 'DL_DATA_DIRECTORY' && (error as Error).message.includes(machine.state),
    );
  });
});

describe('what fails', () => {
  it('for good is told, and the source ends', async () => {
    machine.store.before = () => Promise.reject(new DroplensError('DL_DATA_DIRECTORY', 'gone'));
    writeFileSync(machine.path('kern.log'), packetLines(0, 1));
    await machine.follow('kern.log');
    await until(() => machine.fatal.length > 0);
    expect(codeOf(machine.fatal.pop())).toBe('DL_DATA_DIRECTORY');
  });

  it('needs a source', async () => {
    await expect(machine.follow()).rejects.toSatisfy((error) => codeOf(error) === 'DL_SOURCE_MISSING');
  });
});

describe('backpressure', () => {
  it('reads no more than a block while the transport waits, and loses no file that is rotated meanwhile', async () => {
    writeFileSync(machine.path('kern.log'), packetLines(0, 10));
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    let asked = false;
    machine.store.before = (_append, signal) =>
      new Promise((resolve, reject) => {
        asked = true;
        void waiting.then(resolve);
        signal?.addEventListener('abort', () => reject(machine.full()), { once: true });
      });
    const collector = await machine.follow('kern.log');
    await until(() => asked);
    appendFileSync(machine.path('kern.log'), packetLines(10, 20));
    rmSync(machine.path('kern.log'));
    writeFileSync(machine.path('kern.log'), packetLines(20, 30));
    await until(() => collector.status().sources.length === 2);
    rmSync(machine.path('kern.log'));
    writeFileSync(machine.path('kern.log'), packetLines(30, 40));
    await until(() => collector.status().sources.length === 3);
    expect(collector.status().records).toBe(10);
    release();
    await rows(40);
    expect(machine.store.sorted).toEqual(numbersTo(40));
  });
});

describe('stdin', () => {
  it('publishes lines as they come and the last one at the end, once also when they are sent again', async () => {
    const input = new PassThrough();
    input.write(packetLines(0, 3) + packetLine(3).slice(0, 50));
    const collector = await machine.collect({ sources: [{ stdin: {} }], stdin: input });
    await rows(3);
    input.end(packetLine(3).slice(50) + packetLine(4).trimEnd());
    await rows(5);
    await collector.stop();
    const again = await machine.collect({ sources: [{ stdin: {} }], stdin: Readable.from([Buffer.from(packetLines(0, 8))]) });
    await rows(8);
    await again.stop();
    expect(machine.store.numbers).toEqual(numbersTo(8));
  });

  it('publishes what it holds when it is stopped', async () => {
    const input = new PassThrough();
    const collector = await machine.collect({ sources: [{ stdin: {} }], stdin: input, timing: { flushMs: 60_000 } });
    input.write(packetLines(0, 3));
    await until(() => collector.status().sources[0]?.lagBytes !== 0);
    await collector.stop();
    expect(machine.store.numbers).toEqual(numbersTo(3));
  });
});
