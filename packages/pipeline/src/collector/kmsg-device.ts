import { closeSync, constants, openSync, readSync } from 'node:fs';

/** The kernel's log ring as one reader sees it. */
export interface KmsgDevice {
  /** The next record; null when there is none yet; `overrun` when records were overwritten before they were read: reading goes on behind them. */
  read(): Buffer | null | 'overrun';
  close(): void;
}

/** A record and its header have at most this many bytes (CONSOLE_EXT_LOG_MAX is 8192); a smaller buffer gets EINVAL. */
const recordBytes = 16 * 1024;

/**
 * Opens /dev/kmsg. Non-blocking and read synchronously: a read that waits would hold a thread of the pool for ever, four of them all
 * file work, and the process could not exit.
 */
export function openKmsg(path: string): KmsgDevice {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.allocUnsafe(recordBytes);
  return {
    read: () => {
      try {
        const length = readSync(descriptor, buffer, 0, buffer.length, null);
        return length === 0 ? null : buffer.subarray(0, length);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN' || code === 'EINTR') return null;
        if (code === 'EPIPE') return 'overrun';
        throw error;
      }
    },
    close: () => closeSync(descriptor),
  };
}
