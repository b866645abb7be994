import { type FileHandle, stat } from 'node:fs/promises';

/** What the file system says of a file. */
export interface FileStats {
  /**
   * Device and inode: names that have it in common lead to one file. Text, because an inode may need all of its 64 bits (overlays, network
   * file systems), and two that differ in the last ones would be one number.
   */
  readonly identity: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Last write, milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Names it has. */
  readonly links: number;
}

/** Asks about a path, all links followed, or about an open file. Rejects as `stat` does. */
export async function statsOf(file: string | FileHandle): Promise<FileStats> {
  const stats = typeof file === 'string' ? await stat(file, { bigint: true }) : await file.stat({ bigint: true });
  return {
    identity: `${stats.dev}:${stats.ino}`,
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other',
    size: Number(stats.size),
    mtimeMs: Number(stats.mtimeNs / 1000n) / 1000,
    links: Number(stats.nlink),
  };
}
