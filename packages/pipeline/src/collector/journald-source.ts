import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DroplensError } from '@droplens/runtime';
import { identityOf } from './identity.ts';
import { LineCutter, type LineSink } from './line-cutter.ts';
import type { LogSource, SourceStatus } from './log-source.ts';
import type { SequenceLoad } from './sequence-load.ts';
import { timedChunks } from './timed-chunks.ts';

/**
 * Kernel messages, and what journald says itself (how many it missed). `-k` would mean this boot only, `--follow` alone the last ten
 * lines; fewer fields cost a third less (docs: journalctl(1)).
 */
const journalctlArguments = [
  '--follow',
  '--no-tail',
  '--all',
  '--no-pager',
  '--quiet',
  '--output=json',
  '--output-fields=MESSAGE,_HOSTNAME,_TRANSPORT,SYSLOG_IDENTIFIER',
] as const;
const journalctlMatches = ['_TRANSPORT=kernel', '+', '_TRANSPORT=driver'] as const;

/**
 * The kernel's messages in systemd's journal, read by a `journalctl` that follows. Epoch = the journal's sequence number id,
 * position = the entry's sequence number; both are in every cursor, also of versions that do not print them as fields.
 */
export class JournaldSource implements LogSource {
  readonly kind = 'journald';
  readonly #newLoad: () => SequenceLoad;
  readonly #flushMs: number;
  #load: SequenceLoad | undefined;
  #problem: string | null = null;

  constructor(options: { load: () => SequenceLoad; flushMs: number }) {
    this.#newLoad = options.load;
    this.#flushMs = options.flushMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    const load = this.#newLoad();
    this.#load = load;
    const behind = load.cursor === '' ? [] : [`--after-cursor=${load.cursor}`];
    const child = spawn('journalctl', [...journalctlArguments, ...behind, ...journalctlMatches], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', SYSTEMD_COLORS: '0' },
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-500)));
    let failure: NodeJS.ErrnoException | undefined;
    child.on('error', (error) => (failure = error));
    const closed = once(child, 'close').catch(() => undefined); // 'error' says why
    try {
      const entries = new Entries();
      const cutter = new LineCutter();
      for await (const chunk of timedChunks(child.stdout, this.#flushMs / 4, signal)) {
        if (chunk !== null) {
          this.#problem = null;
          cutter.push(chunk, 0, chunk.length, entries, 0);
          for (const line of entries.taken()) if (!(await this.#take(load, line, signal))) break;
        }
        if (!(await load.tick(signal))) break;
      }
      await load.flush(signal.aborted ? AbortSignal.timeout(3_000) : signal);
    } finally {
      child.kill('SIGTERM');
      child.stdout.destroy();
    }
    await closed;
    if (signal.aborted) return;
    const said = complaint.trim().split('\n').at(-1) ?? '';
    this.#problem = failure?.code === 'ENOENT' ? 'journalctl is not installed' : said === '' ? 'journalctl ended' : said;
    throw new DroplensError('DL_SOURCE_UNREADABLE', `cannot read the journal: ${this.#problem}`, { cause: failure });
  }

  status(): readonly SourceStatus[] {
    return this.#load === undefined ? [] : [this.#load.status(this.#problem)];
  }

  async #take(load: SequenceLoad, line: Buffer, signal: AbortSignal): Promise<boolean> {
    const now = Date.now();
    const place = placeOf(line);
    // Not an entry: it is counted as rejected where the last one was.
    if (place === null) return load.epoch === '' || (await load.take(line, load.position, load.cursor, now, signal));
    if (place.epoch !== load.epoch && !(await load.begin(place.epoch, place.position, signal))) return false;
    if (place.position <= load.position) return true; // the cursor was gone and journalctl began earlier
    return await load.take(line, place.position, place.cursor, now, signal);
  }
}

/** Collects whole lines; journalctl's are at most some kilobytes. */
class Entries implements LineSink {
  #lines: Buffer[] = [];

  write(bytes: Uint8Array, from: number, to: number): number {
    for (let start = from; start < to;) {
      const end = bytes.indexOf(10, start);
      this.#lines.push(Buffer.from(bytes.subarray(start, end)));
      start = end + 1;
    }
    return to;
  }

  writeLine(bytes: Uint8Array, from: number, to: number): boolean {
    this.#lines.push(Buffer.from(bytes.subarray(from, to)));
    return true;
  }

  taken(): Buffer[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

/** Where an entry stands, by its cursor `s=<sequence number id>;i=<sequence number, hexadecimal>;…`; null when the line is no entry. */
function placeOf(line: Buffer): { epoch: string; position: number; cursor: string } | null {
  let cursor: unknown;
  try {
    cursor = (JSON.parse(line.toString('utf8')) as Record<string, unknown> | null)?.['__CURSOR'];
  } catch {
    return null;
  }
  if (typeof cursor !== 'string') return null;
  const match = /^s=([0-9a-f]+);i=([0-9a-f]{1,13});/.exec(cursor);
  if (match === null) return null;
  return { epoch: identityOf('journal', match[1] as string), position: Number.parseInt(match[2] as string, 16), cursor };
}
