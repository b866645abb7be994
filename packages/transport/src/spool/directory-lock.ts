import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { link, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { DroplensError, pause } from '@droplens/runtime';

/** A socket's path has at most 107 bytes; a longer one goes through the directory's descriptor. */
const longestSocketPath = 100;
const answerMs = 2000;

/**
 * At most one holder of `path` at a time, over all processes and containers of this kernel. The lock is a listening socket, so the kernel itself
 * says whether its holder lives: after `kill -9` or a reboot nobody answers and the next one takes over; no process number is ever guessed from.
 */
export class DirectoryLock {
  readonly #path: string;
  readonly #what: string;
  #server: Server | undefined;
  #inode: bigint | undefined;

  /** `what` names the thing in the error: `the spool /var/lib/droplens/spool`. */
  constructor(path: string, what: string) {
    this.#path = path;
    this.#what = what;
  }

  /** Takes the lock; rejects with DL_HELD, naming the holder's process number, when somebody has it. */
  async acquire(): Promise<void> {
    const own = join(dirname(this.#path), `.${basename(this.#path)}.${process.pid}.${randomBytes(4).toString('hex')}`);
    const server = await listen(own);
    try {
      this.#inode = (await stat(own, { bigint: true })).ino;
      while (!(await this.#place(own))) await this.#clearAway(own);
    } catch (error) {
      this.#inode = undefined;
      await closed(server);
      throw error;
    } finally {
      await unlink(own).catch(ignoreMissing);
    }
    this.#server = server;
  }

  /** False when somebody removed or took over the lock behind our back: then nothing of what it protects may be touched. */
  async isHeld(): Promise<boolean> {
    return this.#inode !== undefined && (await inodeOf(this.#path)) === this.#inode;
  }

  /** Gives it back; harmless when it is not held. */
  async release(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    if (await this.isHeld()) await unlink(this.#path).catch(ignoreMissing);
    this.#inode = undefined;
    await closed(server);
  }

  async #place(own: string): Promise<boolean> {
    try {
      await link(own, this.#path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /**
   * Removes the lock of a dead holder. Only who has the guard does, so that the lock looked at is the lock removed: of two who saw the
   * same dead holder, the second would otherwise take away what the first has just placed.
   */
  async #clearAway(own: string): Promise<void> {
    const guard = `${this.#path}.clearing`;
    try {
      await link(own, guard);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      // held for a moment only, unless its holder was killed in that very moment
      const inode = await inodeOf(guard);
      if (inode !== undefined && (await holderOf(guard)) === null && (await inodeOf(guard)) === inode) {
        await unlink(guard).catch(ignoreMissing);
      }
      await pause(5);
      return;
    }
    try {
      if ((await inodeOf(this.#path)) === undefined) return;
      const holder = await holderOf(this.#path);
      if (holder !== null) throw new DroplensError('DL_HELD', `${this.#what} is in use by process ${holder}`);
      await unlink(this.#path).catch(ignoreMissing);
    } finally {
      await unlink(guard).catch(ignoreMissing);
    }
  }
}

/** The process number of who holds the lock at `path` (`unknown` if it is too busy to say), or null when nobody does. */
export async function holderOf(path: string): Promise<string | null> {
  const directory = directoryOf(path);
  try {
    return await new Promise<string | null>((resolve, reject) => {
      const socket = connect(directory.path);
      let answer = '';
      socket.setTimeout(answerMs, () => socket.destroy());
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      socket.on('error', (error) => {
        const code = codeOf(error);
        if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ENOTSOCK') resolve(null);
        else if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'EAGAIN') resolve('unknown');
        else reject(error);
      });
      socket.on('close', () => resolve(/^\d+$/.test(answer) ? answer : 'unknown'));
    });
  } finally {
    directory.close();
  }
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(String(process.pid));
  });
  const directory = directoryOf(path);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(directory.path, resolve);
    });
  } finally {
    directory.close();
  }
  server.unref();
  return server;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function directoryOf(path: string): { path: string; close(): void } {
  if (Buffer.byteLength(path) <= longestSocketPath) return { path, close: () => undefined };
  const descriptor = openSync(dirname(path), 'r');
  return { path: `/proc/self/fd/${descriptor}/${basename(path)}`, close: () => closeSync(descriptor) };
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
