import { execFile } from 'node:child_process';
import { constants, open, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** What a command said; null code when it was killed for taking too long. */
export interface CommandOutput {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The machine under examination: its files below a root, and its commands. A test gives recorded ones. */
export interface Machine {
  readonly uid: number;
  readonly now: number;
  /** The file's text; null when there is none; an error (EACCES …) is thrown. */
  read(path: string): Promise<string | null>;
  /** The last bytes of a file, its size and the time of its last change; null when there is none; an error is thrown. */
  tail(path: string, bytes: number): Promise<{ text: string; size: number; changed: number } | null>;
  /** Names in a directory; empty when there is none or it cannot be read. */
  list(path: string): Promise<readonly string[]>;
  exists(path: string): Promise<boolean>;
  /** Opens the device without reading it; null when that works, the system's error code otherwise. */
  openable(path: string): Promise<string | null>;
  /** Bytes free for this user and their share of the file system, where `path` is or would be. */
  free(path: string): Promise<{ bytes: number; share: number; files: number } | null>;
  /** Runs a command without a shell; null when it is not installed. */
  run(command: string, args: readonly string[]): Promise<CommandOutput | null>;
}

const commandTimeoutMs = 10_000;

/** This machine; `root` other than `/` is for tests. */
export function thisMachine(uid: number, root = '/'): Machine {
  const at = (path: string): string => join(root, path);
  return {
    uid,
    now: Date.now(),
    read: (path) => readFile(at(path), 'utf8').catch(nullIfMissing),
    async tail(path, bytes) {
      const file = await open(at(path), 'r').catch(nullIfMissing);
      if (file === null) return null;
      try {
        const { size, mtimeMs } = await file.stat();
        const buffer = Buffer.alloc(Math.min(bytes, size));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, Math.max(0, size - buffer.length));
        return { text: buffer.toString('utf8', 0, bytesRead), size, changed: mtimeMs };
      } finally {
        await file.close();
      }
    },
    list: (path) => readdir(at(path)).catch(() => []),
    exists: (path) =>
      stat(at(path)).then(
        () => true,
        () => false,
      ),
    async openable(path) {
      try {
        await (await open(at(path), constants.O_RDONLY | constants.O_NONBLOCK)).close();
        return null;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'EIO';
      }
    },
    async free(path) {
      for (let place = path; ; place = join(place, '..')) {
        const system = await statfs(at(place)).catch(() => null);
        if (system !== null) {
          return {
            bytes: system.bavail * system.bsize,
            share: system.bavail / Math.max(1, system.blocks),
            files: system.files === 0 ? Infinity : system.ffree,
          };
        }
        if (place === '/') return null;
      }
    },
    run: (command, args) =>
      new Promise((resolve) => {
        // the tools of a firewall live where the PATH of an ordinary user does not lead
        const PATH = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';
        execFile(
          command,
          args,
          { env: { PATH, LC_ALL: 'C' }, timeout: commandTimeoutMs, maxBuffer: 64 * 1024 * 1024 },
          (error, stdout, stderr) => {
            if (error !== null && error.code === 'ENOENT') return resolve(null);
            const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
            resolve({ code, stdout, stderr });
          },
        );
      }),
  };
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
