import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Names that logrotate, newsyslog and savelog give to the older parts of `path`, plain or compressed: `kern.log.1`, `kern.log.2.gz`,
 * `kern.log-20260131.gz`, `kern.log.2026-01-31`, `kern.log.0`, `kern-20260131.log.gz` (logrotate's `extension`).
 */
export function isRotatedName(name: string, log: string): boolean {
  const dot = log.lastIndexOf('.');
  const stem = dot > 0 ? log.slice(0, dot) : log;
  const extension = dot > 0 ? log.slice(dot) : '';
  const plain = name.replace(/\.(gz|bz2|xz|zst|Z|lz4)$/, '');
  const inner =
    plain.startsWith(log) && plain.length > log.length
      ? plain.slice(log.length)
      : extension !== '' && plain.startsWith(stem) && plain.endsWith(extension) && plain.length > log.length
        ? plain.slice(stem.length, plain.length - extension.length)
        : '';
  // A counter (`.1`), or a date with what may follow it (`-20260131`, `.2026-01-31T04`, `-1795132800`, `-20260131.1`), or a word for old.
  return /^[.\-_](\d[\dTZ:.\-_]*|old|bak)$/.test(inner);
}

/** The rotated copies beside `path` (existing or not); none when the directory cannot be listed. */
export async function rotatedCopies(path: string): Promise<string[]> {
  const directory = dirname(path);
  const log = basename(path);
  let names: string[];
  try {
    names = await readdir(directory);
  } catch {
    return []; // the log itself cannot be read either, and that is reported
  }
  return names.filter((name) => isRotatedName(name, log)).map((name) => join(directory, name));
}
