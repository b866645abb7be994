import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A counter (`1`), or a date with what may follow it (`20260131`, `2026-01-31T04`, `1795132800`, `20260131.1`), or a word for old. */
const age = /^(\d[\dTZ:.\-_]*|old|bak)$/;

/**
 * The names of the logs that `name` may be an older part of, plain or compressed, as logrotate, newsyslog and savelog name them: `kern.log.1`,
 * `kern.log.2.gz`, `kern.log-20260131.gz`, `kern.log.2026-01-31`, `kern.log.0`, `kern-20260131.log.gz` (logrotate's `extension`).
 */
export function rotatedFrom(name: string): string[] {
  const plain = name.replace(/\.(gz|bz2|xz|zst|Z|lz4)$/, '');
  const dot = plain.lastIndexOf('.');
  const logs: string[] = [];
  for (let at = 1; at < plain.length; at += 1) {
    if (!'.-_'.includes(plain.charAt(at))) continue;
    if (age.test(plain.slice(at + 1))) logs.push(plain.slice(0, at));
    if (at < dot && age.test(plain.slice(at + 1, dot))) logs.push(plain.slice(0, at) + plain.slice(dot));
  }
  return logs;
}

/** The rotated copies that lie beside logs at one moment: each directory is listed once. */
export class RotatedCopies {
  readonly #directories = new Map<string, ReadonlyMap<string, string[]>>();

  /** The paths of the copies beside `log` (existing or not); none when its directory cannot be listed. */
  async of(log: string): Promise<readonly string[]> {
    const directory = dirname(log);
    let copies = this.#directories.get(directory);
    if (copies === undefined) {
      copies = await copiesIn(directory);
      this.#directories.set(directory, copies);
    }
    return copies.get(basename(log)) ?? [];
  }
}

/** By name of the log. */
async function copiesIn(directory: string): Promise<ReadonlyMap<string, string[]>> {
  const copies = new Map<string, string[]>();
  let names: string[];
  try {
    names = await readdir(directory);
  } catch {
    return copies; // the log itself cannot be read either, and that is reported
  }
  for (const name of names) {
    for (const log of rotatedFrom(name)) copies.set(log, [...(copies.get(log) ?? []), join(directory, name)]);
  }
  return copies;
}
