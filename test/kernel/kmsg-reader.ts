import { closeSync, constants, openSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** One record of /dev/kmsg as the kernel hands it out: `prio,seq,usec,flags;text`, without its continuation lines. */
export interface KmsgRecord {
  /** `prio,seq,usec,flags` */
  readonly head: string;
  /** The text, with the kernel's `\xNN` escapes. */
  readonly text: string;
}

/** Thrown when the ring turned faster than it was read: a test that counts lines cannot go on. */
export class KmsgOverrun extends Error {}

/**
 * Reads the kernel's ring from now on. Non-blocking: a blocked read would keep one of libuv's few threads for ever.
 * The ring is one for the whole machine, so a caller filters by what only its own packets have.
 */
export class KmsgReader {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(8192);
  #kept: KmsgRecord[] = [];

  constructor() {
    this.#descriptor = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
    this.#drain(true);
    this.#kept = [];
  }

  #drain(overrunAllowed: boolean): void {
    for (;;) {
      let size: number;
      try {
        size = readSync(this.#descriptor, this.#buffer);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EAGAIN') return;
        if (code === 'EPIPE' && overrunAllowed) continue;
        if (code === 'EPIPE') throw new KmsgOverrun('the kernel ring turned over before it was read');
        throw error;
      }
      const record = this.#buffer.toString('latin1', 0, size);
      const end = record.indexOf('\n');
      const semicolon = record.indexOf(';');
      this.#kept.push({ head: record.slice(0, semicolon), text: record.slice(semicolon + 1, end) });
    }
  }

  /** The records since the last call, of those that `wanted` accepts. */
  take(wanted: (text: string) => boolean): KmsgRecord[] {
    this.#drain(false);
    const taken = this.#kept.filter((record) => wanted(record.text));
    this.#kept = [];
    return taken;
  }

  /** Waits until `count` wanted records came, or `milliseconds` passed; returns what came. */
  async wait(wanted: (text: string) => boolean, count: number, milliseconds: number): Promise<KmsgRecord[]> {
    const deadline = performance.now() + milliseconds;
    const taken = this.take(wanted);
    while (taken.length < count && performance.now() < deadline) {
      await pause(2);
      taken.push(...this.take(wanted));
    }
    return taken;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
