import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { DroplensError, pause } from '@droplens/runtime';
import { identityOf } from './identity.ts';
import { type KmsgDevice, openKmsg } from './kmsg-device.ts';
import type { LogSource, SourceStatus } from './log-source.ts';
import type { SequenceLoad } from './sequence-load.ts';

/** Longest and shortest rest between two drains. The smallest ring (128 KiB) is full after 20 ms of 20,000 lines a second. */
const restMs = { longest: 100, shortest: 2 } as const;
/** Records read before other work has its turn: about 5 ms. */
const turnRecords = 2_000;
/** The kernel's clock for messages drifts from every other clock: corrected when a fresh record shows it is off by more than this. */
const driftMs = 500;

/**
 * The kernel's own log buffer. Epoch = this boot, position = the kernel's sequence number: a gap in the numbers is exactly what was
 * overwritten before it could be read, and becomes an undercount. What a process wrote there (facility other than 0) the parser rejects.
 */
export class KmsgSource implements LogSource {
  readonly kind = 'kmsg';
  readonly #path: string;
  readonly #bootIdPath: string;
  readonly #host: string;
  readonly #newLoad: () => SequenceLoad;
  readonly #open: (path: string) => KmsgDevice;
  #load: SequenceLoad | undefined;
  #problem: string | null = null;
  #bootTime = 0;

  constructor(options: {
    host: string;
    load: () => SequenceLoad;
    path?: string;
    bootIdPath?: string;
    open?: (path: string) => KmsgDevice;
  }) {
    this.#host = options.host;
    this.#newLoad = options.load;
    this.#path = options.path ?? '/dev/kmsg';
    this.#bootIdPath = options.bootIdPath ?? '/proc/sys/kernel/random/boot_id';
    this.#open = options.open ?? openKmsg;
  }

  async run(signal: AbortSignal): Promise<void> {
    const load = this.#newLoad();
    this.#load = load;
    let device: KmsgDevice;
    let epoch: string;
    try {
      epoch = identityOf('boot', (await readFile(this.#bootIdPath, 'utf8')).trim());
      device = this.#open(this.#path);
    } catch (error) {
      this.#problem = reason(error);
      throw new DroplensError('DL_SOURCE_UNREADABLE', `cannot read ${this.#path}: ${this.#problem}`, { cause: error });
    }
    this.#problem = null;
    try {
      await load.setBootTime((this.#bootTime = currentBootTime()), signal);
      let rest: number = restMs.longest;
      // Only what comes after the ring was empty once is fresh: the rest was logged at some time before.
      let fresh = false;
      while (!signal.aborted) {
        const read = await this.#drain(device, load, epoch, fresh, signal);
        if (read < turnRecords) fresh = true;
        await load.tick(signal);
        rest = read > 200 ? restMs.shortest : read > 0 ? Math.max(10, rest / 2) : Math.min(restMs.longest, rest * 2);
        if (read >= turnRecords) await turn();
        else await pause(rest, signal);
      }
      await load.flush(AbortSignal.timeout(3_000));
    } catch (error) {
      if (error instanceof DroplensError) throw error;
      this.#problem = reason(error);
      throw new DroplensError('DL_SOURCE_UNREADABLE', `cannot read ${this.#path}: ${this.#problem}`, { cause: error });
    } finally {
      device.close();
    }
  }

  status(): readonly SourceStatus[] {
    return this.#load === undefined ? [] : [this.#load.status(this.#problem)];
  }

  async #drain(device: KmsgDevice, load: SequenceLoad, epoch: string, fresh: boolean, signal: AbortSignal): Promise<number> {
    for (let read = 0; read < turnRecords; read += 1) {
      const record = device.read();
      if (record === null) return read;
      if (record === 'overrun') continue; // the next record's number says how many are gone
      const { sequence, microseconds } = headerOf(record);
      if (Number.isNaN(sequence)) continue;
      if (load.epoch !== epoch && !(await load.begin(epoch, sequence, signal))) return read;
      if (sequence <= load.position) continue; // read before a restart
      const now = Date.now();
      if (sequence > load.position + 1) {
        const count = sequence - load.position - 1;
        load.addMissing({ position: sequence - 1, time: now, host: this.#host, cause: 'kmsg-gap', count });
      }
      if (fresh && Math.abs(now - microseconds / 1000 - this.#bootTime) > driftMs) {
        this.#bootTime = now - microseconds / 1000;
        if (!(await load.setBootTime(this.#bootTime, signal))) return read;
      }
      if (!(await load.take(textOf(record), sequence, '', now, signal))) return read;
    }
    return turnRecords;
  }
}

/** `prio,sequence,microseconds,flags[,…];text` */
function headerOf(record: Buffer): { sequence: number; microseconds: number } {
  const first = record.indexOf(44);
  const second = record.indexOf(44, first + 1);
  const third = record.indexOf(44, second + 1);
  if (first < 0 || second < 0 || third < 0) return { sequence: Number.NaN, microseconds: Number.NaN };
  return {
    sequence: Number(record.toString('latin1', first + 1, second)),
    microseconds: Number(record.toString('latin1', second + 1, third)),
  };
}

/** Without the newline and the dictionary lines after it. */
function textOf(record: Buffer): Buffer {
  const end = record.indexOf(10);
  return end < 0 ? record : record.subarray(0, end);
}

/** Wall clock minus the monotonic clock, which like the kernel's stamps stands still while the machine sleeps. */
function currentBootTime(): number {
  return Date.now() - Number(process.hrtime.bigint() / 1_000_000n);
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EPERM' || code === 'EACCES') {
    return 'no permission (it needs root or CAP_SYSLOG, or kernel.dmesg_restrict=0)';
  }
  return code === 'ENOENT' ? 'it does not exist (a container without it?)' : message;
}
