import { readFile, stat } from 'node:fs/promises';
import { DroplensError, type Reporter } from '@droplens/runtime';
import { Reader, type Response } from 'maxmind';
import type { GeoDatabaseName, GeoMetrics } from './metrics.ts';

/** A database has few hundred to some ten thousand different records; decoded ones are kept up to this many. */
const mostRecords = 10_000;
/** Looked up when a file is read: a file whose tree or records are broken mostly fails here, before it is used. */
const probes = [
  '1.1.1.1',
  '8.8.8.8',
  '77.88.8.8',
  '101.6.6.6',
  '200.160.2.3',
  '223.255.255.1',
  '2001:4860:4860::8888',
  '2a00::1',
];

/**
 * One database file: read at `start`, and again whenever the file changes. A file that is missing or broken leaves what was there before in use,
 * and is reported once per state of the file.
 */
export class GeoDatabase {
  readonly #path: string;
  readonly #name: GeoDatabaseName;
  readonly #metrics: GeoMetrics;
  readonly #reporter: Reporter;
  readonly #changed: () => void;
  #reader: Reader<Response> | undefined;
  #ipv4Only = false;
  #state = '';

  constructor(options: { path: string; name: GeoDatabaseName; metrics: GeoMetrics; reporter: Reporter; changed: () => void }) {
    this.#path = options.path;
    this.#name = options.name;
    this.#metrics = options.metrics;
    this.#reporter = options.reporter;
    this.#changed = options.changed;
  }

  /** The record of an address, or null; `family` says what `address` is. */
  find(address: string, family: 4 | 6): unknown {
    const reader = this.#reader;
    if (reader === undefined || (family === 6 && this.#ipv4Only)) return null;
    try {
      return reader.get(address);
    } catch (error) {
      this.#refuse(`the geo database ${this.#path} is broken at the record of an address`, error);
      return null;
    }
  }

  /** Reads the file if it is not the one that was read last. */
  async refresh(): Promise<void> {
    const state = await this.#look();
    if (state === this.#state) return;
    this.#state = state;
    try {
      const reader = new Reader<Response>(await readFile(this.#path), { cache: new RecordCache() });
      verify(reader);
      this.#ipv4Only = reader.metadata.ipVersion === 4;
      this.#reader = reader;
    } catch (error) {
      const kept = this.#reader === undefined ? 'the field stays empty' : 'the one before stays in use';
      this.#refuse(`cannot use the ${this.#name} database ${this.#path}: ${reasonOf(error)}; ${kept}`, error);
      return;
    }
    const { databaseType, buildEpoch } = this.#reader.metadata;
    this.#metrics.loads.inc({ database: this.#name, result: 'used' });
    this.#metrics.built.set({ database: this.#name }, buildEpoch.getTime() / 1000);
    this.#reporter.info('geo database in use', { path: this.#path, type: databaseType, built: buildEpoch });
    this.#changed();
  }

  async #look(): Promise<string> {
    try {
      const { ino, size, mtimeMs } = await stat(this.#path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unreadable';
    }
  }

  #refuse(message: string, cause: unknown): void {
    this.#metrics.loads.inc({ database: this.#name, result: 'refused' });
    this.#reporter.fail(new DroplensError('DL_GEO_DATABASE', message, { cause }));
  }
}

/** Throws when the file's parts do not fit together; the metadata stands at its end, so a file cut there has none. */
function verify(reader: Reader<Response>): void {
  const { nodeCount, searchTreeSize, recordSize, ipVersion } = reader.metadata;
  const sane = nodeCount > 0 && searchTreeSize > 0 && (ipVersion === 4 || ipVersion === 6) && [24, 28, 32].includes(recordSize);
  if (!sane) throw new Error('its metadata makes no sense');
  for (const address of probes) {
    const record = ipVersion === 4 && address.includes(':') ? null : reader.get(address);
    if (record !== null && typeof record !== 'object') throw new Error('its records are none');
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it';
  return `it is no whole MaxMind database (${message.replaceAll(/\s+/g, ' ')})`;
}

class RecordCache {
  readonly #records = new Map<string | number, unknown>();

  get(key: string | number): unknown {
    return this.#records.get(key);
  }

  set(key: string | number, record: unknown): void {
    if (this.#records.size >= mostRecords) this.#records.clear();
    this.#records.set(key, record);
  }
}
