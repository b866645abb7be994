import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine, until } from './collector-harness.ts';
import { numbersTo, packetLine } from './loaded-rows.ts';
import { conformsAsSource } from './source.conformance.ts';

/**
 * A program that behaves like journalctl: prints entries as JSON, only kernel and driver messages, from `--after-cursor` on,
 * follows; without `--no-tail` it would begin at the last ten lines.
 */
const fake = (journal: string, calls: string): string => `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(calls)}, JSON.stringify(args) + '\\n');
const after = args.find((arg) => arg.startsWith('--after-cursor='))?.slice(15);
const kernel = args.includes('_TRANSPORT=kernel');
let printed = 0;
let behind = after === undefined || !readFileSync(${JSON.stringify(journal)}, 'utf8').includes(JSON.stringify(after));
const show = () => {
  let lines = readFileSync(${JSON.stringify(journal)}, 'utf8').split('\\n').slice(0, -1);
  if (!args.includes('--no-tail') && printed === 0) { printed = Math.max(0, lines.length - 10); }
  for (const line of lines.slice(printed)) {
    printed += 1;
    if (line === 'END') process.exit(1);
    const entry = JSON.parse(line);
    if (behind && kernel && ['kernel', 'driver'].includes(entry._TRANSPORT)) process.stdout.write(line + '\\n');
    if (entry.__CURSOR === after) behind = true;
  }
};
show();
if (args.includes('--follow')) setInterval(show, 10);
`;

class Journal {
  readonly path: string;
  readonly calls: string;
  readonly #environment = process.env['PATH'];
  #sequence = 0x1f0;

  constructor(machine: Machine) {
    const bin = machine.path('bin');
    mkdirSync(bin);
    this.path = machine.path('journal');
    this.calls = machine.path('calls');
    writeFileSync(this.path, '');
    writeFileSync(`${bin}/journalctl`, fake(this.path, this.calls));
    chmodSync(`${bin}/journalctl`, 0o755);
    process.env['PATH'] = `${bin}:${this.#environment}`;
  }

  /** Something else takes a sequence number before each kernel message. */
  add(message: string | number[] | null, options: { transport?: string; id?: string } = {}): void {
    this.#sequence += 2;
    const entry = {
      __CURSOR: `s=${options.id ?? 'aa11'};i=${this.#sequence.toString(16)};b=01;m=02;t=03;x=04`,
      __REALTIME_TIMESTAMP: String(Date.UTC(2026, 10, 21, 8) * 1000 + this.#sequence),
      _HOSTNAME: 'web-1',
      _TRANSPORT: options.transport ?? 'kernel',
      SYSLOG_IDENTIFIER: options.transport === 'driver' ? 'systemd-journald' : 'kernel',
      MESSAGE: message,
    };
    appendFileSync(this.path, `${JSON.stringify(entry)}\n`);
  }

  end(): void {
    appendFileSync(this.path, 'END\n');
  }

  restore(): void {
    process.env['PATH'] = this.#environment;
  }
}

const message = (number: number): string =>
  packetLine(number)
    .replace(/^.*?\] /, '')
    .trimEnd();

conformsAsSource('journald', (machine) => {
  const journal = new Journal(machine);
  return {
    options: () => ({ sources: [{ journald: {} }] }),
    say: (from, to) => {
      for (let number = from; number < to; number += 1) {
        journal.add('not the kernel', { transport: 'stdout' });
        journal.add(message(number));
      }
    },
    remove: () => journal.restore(),
  };
});

describe('journald', () => {
  let machine: Machine;
  let journal: Journal;
  beforeEach(() => {
    machine = new Machine();
    journal = new Journal(machine);
  });
  afterEach(async () => {
    await machine.remove();
    journal.restore();
  });
  const rows = async (wanted: number): Promise<void> =>
    until(
      () => machine.store.rows.length >= wanted,
      () => machine.log,
    );

  it('asks for all kernel messages since its cursor, not for the last ten or this boot', async () => {
    journal.add(message(0));
    const first = await machine.collect({ sources: [{ journald: {} }] });
    await rows(1);
    await first.stop();
    journal.add(message(1));
    await machine.collect({ sources: [{ journald: {} }] });
    await rows(2);
    const [before, after] = readFileSync(journal.calls, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[]);
    expect(before).toEqual(expect.arrayContaining(['--no-tail', '--all', '--follow', '_TRANSPORT=kernel']));
    expect(before?.some((argument) => argument.startsWith('--after-cursor') || argument === '-k')).toBe(false);
    expect(after).toContain('--after-cursor=s=aa11;i=1f2;b=01;m=02;t=03;x=04');
  });

  it('begins an epoch with a new journal, and skips what it had when the cursor is gone', async () => {
    for (const number of [0, 1]) journal.add(message(number));
    const first = await machine.collect({ sources: [{ journald: {} }] });
    await rows(2);
    await first.stop();
    // the entry of the cursor was vacuumed away
    const [one] = readFileSync(journal.path, 'utf8').split('\n');
    writeFileSync(journal.path, `${one}\n`);
    journal.add(message(2));
    journal.add(message(3), { id: 'bb22' });
    await machine.collect({ sources: [{ journald: {} }] });
    await rows(4);
    expect(machine.store.numbers).toEqual(numbersTo(4));
    expect(machine.store.epochs).toHaveLength(2);
  });

  it('counts what journald says it missed, rejects what is no packet, takes messages that are bytes', async () => {
    journal.add('usb 1-1: new device');
    journal.add(null);
    journal.add('Missed 17 kernel messages', { transport: 'driver' });
    journal.add([...Buffer.from(message(0))]);
    const collector = await machine.collect({ sources: [{ journald: {} }] });
    await rows(1);
    await until(() => machine.store.appends.flatMap((append) => append.undercounts).length > 0);
    expect(machine.store.appends.flatMap((append) => append.undercounts)).toMatchObject([
      { cause: 'journald-missed', count: 17 },
    ]);
    expect(collector.status().sources[0]?.rejected).toMatchObject({ 'not-a-packet': 1 });
    expect(machine.store.numbers).toEqual([0]);
  });

  it('starts journalctl again when it ends, and says so when it is not there', async () => {
    journal.add(message(0));
    journal.end();
    const collector = await machine.collect({ sources: [{ journald: {} }] });
    await until(() => existsSync(journal.calls) && readFileSync(journal.calls, 'utf8').split('\n').length > 2);
    expect(machine.store.numbers).toEqual([0]);
    expect(machine.log.join('')).toContain('cannot read the journal: journalctl ended');
    await collector.stop();
    process.env['PATH'] = machine.path('empty');
    const lonely = await machine.collect({ sources: [{ journald: {} }] });
    await until(() => lonely.status().sources[0]?.problem === 'journalctl is not installed');
  });
});
