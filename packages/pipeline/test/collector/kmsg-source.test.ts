import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkpoint } from '../../src/collector/checkpoint.ts';
import type { KmsgDevice } from '../../src/collector/kmsg-device.ts';
import { KmsgSource } from '../../src/collector/kmsg-source.ts';
import { createCollectorMetrics } from '../../src/collector/metrics.ts';
import { Publisher } from '../../src/collector/publisher.ts';
import { SequenceLoad } from '../../src/collector/sequence-load.ts';
import { RowWriter } from '../../src/record/row-writer.ts';
import { Machine, until } from './collector-harness.ts';
import { numbersTo, packetLine } from './loaded-rows.ts';

/** The kernel's ring: a reader begins at the oldest record, and one that is overtaken gets EPIPE once. */
class Ring {
  #records: { sequence: number; text: string }[] = [];
  #sequence: number;

  constructor(first = 100) {
    this.#sequence = first;
  }

  say(text: string): void {
    this.#records.push({ sequence: this.#sequence++, text });
  }

  /** The oldest `count` records are overwritten. */
  overwrite(count: number): void {
    this.#records = this.#records.slice(count);
  }

  open(): KmsgDevice {
    let next = this.#records[0]?.sequence ?? this.#sequence;
    return {
      read: () => {
        const oldest = this.#records[0]?.sequence ?? this.#sequence;
        if (next < oldest) {
          next = oldest;
          return 'overrun';
        }
        const record = this.#records.find(({ sequence }) => sequence === next);
        if (record === undefined) return null;
        next += 1;
        return Buffer.from(record.text.replace('%', String(record.sequence)));
      },
      close: () => undefined,
    };
  }
}

const uptime = Number(process.hrtime.bigint() / 1000n);
const record = (number: number, priority = 4): string =>
  `${priority},%,${uptime},-;${packetLine(number)
    .replace(/^.*?\] /, '')
    .trimEnd()}\n SUBSYSTEM=net\n`;

describe('kmsg', () => {
  let machine: Machine;
  let ring: Ring;
  const stops: (() => Promise<void>)[] = [];
  beforeEach(() => {
    machine = new Machine();
    ring = new Ring();
    writeFileSync(machine.path('boot_id'), 'boot-1\n');
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await machine.remove();
  });

  async function start(): Promise<{ source: KmsgSource; stop: () => Promise<void> }> {
    const metrics = createCollectorMetrics(machine.registry);
    const checkpoint = new Checkpoint(machine.state, machine.reporter);
    await checkpoint.start();
    const source = new KmsgSource({
      host: 'here',
      bootIdPath: machine.path('boot_id'),
      open: () => ring.open(),
      load: () =>
        new SequenceLoad({
          checkpoint,
          publisher: new Publisher({
            stream: '1',
            kind: 'kmsg',
            host: 'here',
            writer: machine.store,
            metrics,
            reporter: machine.reporter,
          }),
          rows: (bootTime) => new RowWriter({ host: 'here', bootTime }),
          metrics,
          source: 'kmsg',
          flushMs: 20,
        }),
    });
    const signal = new AbortController();
    const running = source.run(signal.signal);
    const stop = async (): Promise<void> => {
      signal.abort();
      await running;
    };
    stops.push(stop);
    return { source, stop };
  }
  const rows = async (wanted: number): Promise<void> => until(() => machine.store.rows.length >= wanted);

  it('reads the ring and what comes, goes on behind its sequence number after a restart', async () => {
    for (let number = 0; number < 5; number += 1) ring.say(record(number));
    const first = await start();
    await rows(5);
    await first.stop();
    ring.say(record(5));
    await start();
    await rows(6);
    expect(machine.store.numbers).toEqual(numbersTo(6));
    expect(machine.store.ledger[0]).toMatchObject({ first: 100, last: 104 });
    expect(machine.store.rows.at(-1)).toMatchObject({ position: 105 });
    expect(Math.abs(Number(machine.store.rows.at(-1)?.cells[1]) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(machine.store.appends.flatMap((append) => append.undercounts)).toEqual([]);
  });

  it('counts exactly what was overwritten before it was read, while running and while down', async () => {
    ring.say(record(0));
    const first = await start();
    await rows(1);
    await first.stop();
    for (let number = 1; number < 10; number += 1) ring.say(record(number));
    ring.overwrite(8);
    await start();
    await rows(3);
    const undercounts = machine.store.appends.flatMap((append) => append.undercounts);
    expect(undercounts).toMatchObject([{ cause: 'kmsg-gap', count: 7, position: 107, stream: '1' }]);
    expect(machine.store.numbers).toEqual([0, 8, 9]);
    expect(machine.store.ledger.at(-1)).toMatchObject({ first: 101 });
    expect(await machine.metric('droplens_collector_undercounted_lines_total{')).toEqual([
      'droplens_collector_undercounted_lines_total{cause="kmsg-gap"} 7',
    ]);
  });

  it('begins a new epoch after a boot', async () => {
    ring.say(record(0));
    const first = await start();
    await rows(1);
    await first.stop();
    writeFileSync(machine.path('boot_id'), 'boot-2\n');
    ring = new Ring(0);
    ring.say(record(1));
    await start();
    await rows(2);
    expect(machine.store.epochs).toHaveLength(2);
    expect(machine.store.ledger.at(-1)).toMatchObject({ first: 0, last: 0 });
    expect(machine.store.appends.flatMap((append) => append.undercounts)).toEqual([]);
  });

  it('rejects what a process wrote there', async () => {
    ring.say(record(0, 12));
    ring.say(record(1));
    const { source } = await start();
    await rows(1);
    expect(machine.store.numbers).toEqual([1]);
    expect(source.status()[0]?.rejected).toMatchObject({ 'not-kernel': 1 });
  });
});

const device = '/dev/kmsg';
function readable(): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

describe.runIf(readable())('the real /dev/kmsg', () => {
  it('is read without holding the process, and forged lines in it are rejected', async () => {
    const machine = new Machine();
    const mark = `droplens-test-${process.pid}: `;
    try {
      const collector = await machine.collect({ sources: [{ kmsg: {} }], machineId: 'real' });
      const forged = (): number => collector.status().sources[0]?.rejected['not-kernel'] ?? 0;
      await until(() => collector.status().sources.length > 0);
      await until(() => (collector.status().sources[0]?.lines ?? 0) > 0);
      const before = forged();
      // without its newline the kernel would keep the record open for more text
      const text = packetLine(7, { prefix: mark }).replace(/^.*?\] /, '');
      writeFileSync(device, `${text.trimEnd()}\n`);
      await until(
        () => forged() > before,
        () => [before, collector.status(), machine.log],
      );
      expect(machine.store.rows.filter((row) => row.cells[3] === mark.trim())).toEqual([]);
      await collector.stop();
      const saved = JSON.parse(readFileSync(machine.path('state/checkpoint.json'), 'utf8')) as {
        sources: { kmsg: { position: number } };
      };
      expect(saved.sources.kmsg.position).toBeGreaterThan(0);
    } finally {
      await machine.remove();
    }
  });
});
