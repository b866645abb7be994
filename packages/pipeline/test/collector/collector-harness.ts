import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createReporter, DroplensError } from '@droplens/runtime';
import { Registry } from 'prom-client';
import { Collector, type CollectorOptions } from '../../src/collector/collector.ts';
import { importFile, type ImportOptions, type ImportResult } from '../../src/collector/import-file.ts';
import { LoadedRows, packetLine } from './loaded-rows.ts';

/** Lines from this number on are a witness's. */
const firstWitness = 1_000_000;

/** Short enough that a test takes a moment, in the same proportions as the real ones. */
export const quick = { pollMs: 10, rescanMs: 40, flushMs: 20, graceMs: 150, statusMs: 200 };

/** One machine: a directory of logs, a state directory, a store; collectors come and go. */
export class Machine {
  readonly directory = mkdtempSync(join(tmpdir(), 'droplens-collector-'));
  readonly state = join(this.directory, 'state');
  readonly store = new LoadedRows();
  readonly log: string[] = [];
  readonly registry = new Registry();
  readonly reporter = createReporter({ registry: this.registry, destination: { write: (line) => this.log.push(line) } });
  readonly fatal: unknown[] = [];
  readonly #collectors: Collector[] = [];
  #witnesses = 0;

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts a collector that follows `files` (names in the directory). */
  async follow(...files: string[]): Promise<Collector> {
    return await this.collect({ sources: files.map((file) => ({ file: this.path(file) })) });
  }

  async collect(options: Partial<CollectorOptions>): Promise<Collector> {
    const collector = new Collector({
      sources: [],
      directory: this.state,
      host: 'here',
      machineId: 'machine',
      writer: this.store,
      reporter: this.reporter,
      onFatal: (error) => this.fatal.push(error),
      timing: quick,
      ...options,
    });
    await collector.start();
    this.#collectors.push(collector);
    return collector;
  }

  async import(name: string, options: Partial<ImportOptions> = {}): Promise<ImportResult> {
    return await importFile(name === '-' ? name : this.path(name), {
      directory: this.state,
      writer: this.store,
      host: 'here',
      machineId: 'machine',
      reporter: this.reporter,
      ...options,
    });
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content);
  }

  append(name: string, text: string): void {
    appendFileSync(this.path(name), text);
  }

  rename(from: string, to: string): void {
    renameSync(this.path(from), this.path(to));
  }

  /** As logrotate does: the compressed file keeps the plain one's times. */
  compress(name: string): void {
    const { atime, mtime } = statSync(this.path(name));
    this.write(`${name}.gz`, gzipSync(readFileSync(this.path(name))));
    utimesSync(this.path(`${name}.gz`), atime, mtime);
    rmSync(this.path(name));
  }

  /** Waits until so many rows are stored. */
  async count(rows: number): Promise<void> {
    await until(
      () => this.lines.length >= rows,
      () => ({ lines: this.lines.length, log: this.log }),
    );
  }

  /**
   * Waits until a log that lost its name now counts as finished, and with it for several looks at the directories: `witness.log`, which must be
   * followed, loses its name with an unterminated line, which is stored then.
   */
  async outlastGrace(): Promise<void> {
    this.#witnesses += 1;
    const number = firstWitness + 2 * this.#witnesses;
    this.write('witness.log', packetLine(number) + packetLine(number + 1).trimEnd());
    await until(() => this.store.numbers.includes(number));
    this.rename('witness.log', 'witness.log.1');
    await until(() => this.store.numbers.includes(number + 1));
  }

  /** Numbers of the lines that are stored, sorted, without those of witnesses. */
  get lines(): number[] {
    return this.store.sorted.filter((number) => number < firstWitness);
  }

  /** Log lines that say `text`. */
  said(text: string): string[] {
    return this.log.filter((line) => line.includes(text));
  }

  /** What a transport at its bound says. */
  full(): DroplensError {
    return new DroplensError('DL_TRANSPORT_FULL', 'the spool is full');
  }

  async metric(name: string): Promise<string[]> {
    const text = await this.registry.metrics();
    return text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
  }

  async remove(): Promise<void> {
    for (const collector of this.#collectors) await collector.stop();
    rmSync(this.directory, { recursive: true, force: true });
    if (this.fatal.length > 0) throw this.fatal[0];
  }
}

/** Waits until `condition` holds; fails with what `show` says after ten seconds. */
export async function until(condition: () => boolean, show: () => unknown = () => undefined): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still not: ${condition.toString()} ${JSON.stringify(show())}`);
    await passing(5);
  }
}
