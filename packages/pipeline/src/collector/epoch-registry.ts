import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { diskError, syncDirectory } from '@droplens/runtime';
import { type Head, headBytes } from './head-probe.ts';
import { identityOf } from './identity.ts';

/** What is known of one life of a source. */
export interface Epoch {
  readonly id: string;
  /** Hash of its first packet line. */
  readonly firstLine: string;
  /** Offset of that line. */
  readonly start: number;
  /** What it begins with from `start` on, as far as it is registered: at most 64 KiB. */
  readonly head: Buffer;
  /** Offsets where an unterminated last line was taken as whole. */
  readonly cuts: readonly number[];
}

/**
 * Which epochs this state directory has met, so that the same content has the same epoch under any name, and different contents never share one:
 * two logs written side by side may begin with the same packet line, and one epoch for both would make the ledger cut rows that were never loaded.
 *
 * One directory of files that are only ever created, each with one `link`, so that `import` may work beside a running collector without a lock:
 * `<first line>.<epoch>.<length>` holds a head (gzip; the longest counts), `<first line>.<epoch>.0` claims the epoch, `….cut.<offset>` is a cut.
 */
export class EpochRegistry {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      for (const name of await readdir(this.#directory)) {
        if (name.endsWith('.tmp')) await this.#dropLeftover(join(this.#directory, name));
      }
    } catch (error) {
      throw diskError(error, 'open', this.#directory, 'DL_SOURCE_UNREADABLE');
    }
  }

  /**
   * The epoch of a source that begins so: a known one of which the other is a continuation, or a new one, registered durably.
   * `accept` may refuse a known one for reasons the head does not show.
   */
  async resolve(head: Head, accept: (epoch: Epoch) => Promise<boolean> = () => Promise.resolve(true)): Promise<Epoch> {
    for (;;) {
      const known = await this.#known(head.firstLine);
      const alike = known
        .filter((epoch) => epoch.start === head.start && agree(epoch.head, head.bytes))
        .sort((a, b) => b.head.length - a.head.length);
      for (const epoch of alike) {
        if (!(await accept(epoch))) continue;
        const extended = await this.extend(epoch, head);
        if (extended !== null) return extended;
      }
      let id = known.some((epoch) => epoch.id === head.firstLine)
        ? identityOf('epoch', head.firstLine, String(head.start), head.bytes)
        : head.firstLine;
      // Refused although its head is the same: the number of such refusals tells them apart.
      for (let n = 1; known.some((epoch) => epoch.id === id); n += 1) {
        id = identityOf('epoch', head.firstLine, String(head.start), head.bytes, String(n));
      }
      const epoch: Epoch = { id, firstLine: head.firstLine, start: head.start, head: head.bytes, cuts: [] };
      if (await this.#create(`${head.firstLine}.${id}.0`, encode(epoch.start, epoch.head))) return epoch;
      // Somebody else was quicker: look again.
    }
  }

  /**
   * Makes durable that `epoch` begins with `head`; to be called before rows beyond the registered head are published.
   * Returns the epoch as it is known now; the same object when nothing is new; null when the epoch begins otherwise: this is another source.
   */
  async extend(epoch: Epoch, head: Head): Promise<Epoch | null> {
    if (!agree(epoch.head, head.bytes)) return null;
    if (head.bytes.length <= epoch.head.length) return epoch;
    const registered = await this.reload(epoch.id, epoch.firstLine);
    if (registered !== undefined) {
      if (!agree(registered.head, head.bytes)) return null;
      if (head.bytes.length <= registered.head.length) return registered;
    }
    const bytes = Buffer.from(head.bytes);
    await this.#create(`${epoch.firstLine}.${epoch.id}.${bytes.length}`, encode(epoch.start, bytes));
    if (bytes.length >= headBytes) await this.#dropShorter(epoch, bytes.length);
    return { ...(registered ?? epoch), head: bytes };
  }

  /** Registers again what was lost here and is known from elsewhere; without a `head` only keeps the name from being given to another. */
  async restore(id: string, firstLine: string, head: Head | null): Promise<void> {
    if (head === null) await this.#create(`${firstLine}.${id}.0`, Buffer.alloc(0));
    else await this.#create(`${firstLine}.${id}.${head.bytes.length}`, encode(head.start, head.bytes));
  }

  /** Makes durable that a line of `epoch` ends at `offset` although no newline is there. */
  async cut(epoch: Epoch, offset: number): Promise<Epoch> {
    if (epoch.cuts.includes(offset)) return epoch;
    await this.#create(`${epoch.firstLine}.${epoch.id}.cut.${offset}`, Buffer.alloc(0));
    return { ...epoch, cuts: [...epoch.cuts, offset] };
  }

  /** The cuts of `epoch` as they are on disk now. */
  async cutsOf(epoch: Epoch): Promise<number[]> {
    const prefix = `${epoch.firstLine}.${epoch.id}.cut.`;
    const names = await this.#names();
    return names.filter((name) => name.startsWith(prefix)).map((name) => Number(name.slice(prefix.length)));
  }

  /** The epoch as it is on disk now, with what another process added; undefined when it was never registered. */
  async reload(id: string, firstLine: string): Promise<Epoch | undefined> {
    return (await this.#known(firstLine)).find((epoch) => epoch.id === id);
  }

  async #known(firstLine: string): Promise<Epoch[]> {
    const names = await this.#names();
    const found = new Map<string, { files: { length: number; name: string }[]; cuts: number[] }>();
    for (const name of names) {
      const match = /^(\d+)\.(\d+)\.(cut\.)?(\d+)$/.exec(name);
      if (match === null || match[1] !== firstLine) continue;
      const [, , id, cut, number] = match as unknown as [string, string, string, string | undefined, string];
      const entry = found.get(id) ?? { files: [], cuts: [] };
      found.set(id, entry);
      if (cut === undefined) entry.files.push({ length: Number(number), name });
      else entry.cuts.push(Number(number));
    }
    const epochs: Epoch[] = [];
    for (const [id, { files, cuts }] of found) {
      files.sort((a, b) => b.length - a.length);
      const content = await this.#longest(files.map((file) => file.name));
      // A claim that cannot be read keeps its name taken and fits nothing.
      epochs.push({ id, firstLine, cuts, ...(content ?? { start: -1, head: Buffer.alloc(0) }) });
    }
    return epochs;
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#directory);
    } catch (error) {
      throw diskError(error, 'read', this.#directory, 'DL_SOURCE_UNREADABLE');
    }
  }

  async #longest(names: readonly string[]): Promise<{ start: number; head: Buffer } | undefined> {
    let best: { start: number; head: Buffer } | undefined;
    for (const name of names) {
      let content: Buffer;
      try {
        content = await readFile(join(this.#directory, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue; // dropped for a longer one meanwhile
        throw diskError(error, 'read', join(this.#directory, name), 'DL_SOURCE_UNREADABLE');
      }
      const decoded = decode(content);
      if (decoded !== undefined && (best === undefined || decoded.head.length > best.head.length)) best = decoded;
    }
    return best;
  }

  /** False when a file of that name is there already. */
  async #create(name: string, content: Buffer): Promise<boolean> {
    const path = join(this.#directory, name);
    const temporary = join(this.#directory, `${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await link(temporary, path);
      await syncDirectory(this.#directory);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw diskError(error, 'write', path, 'DL_SOURCE_UNREADABLE');
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }

  /** What a crash left; a young one may be another process's. */
  async #dropLeftover(path: string): Promise<void> {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 3_600_000) await unlink(path).catch(() => undefined);
  }

  async #dropShorter(epoch: Epoch, length: number): Promise<void> {
    const prefix = `${epoch.firstLine}.${epoch.id}.`;
    for (const name of await readdir(this.#directory)) {
      if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) continue;
      const other = Number(name.slice(prefix.length));
      // The claim (0) stays: it keeps the epoch's name taken.
      if (other !== 0 && other < length) await unlink(join(this.#directory, name)).catch(() => undefined);
    }
  }
}

/** True when one begins with the other. */
export function agree(a: Buffer, b: Buffer): boolean {
  const length = Math.min(a.length, b.length);
  return a.compare(b, 0, length, 0, length) === 0;
}

function encode(start: number, head: Buffer): Buffer {
  const offset = Buffer.alloc(8);
  offset.writeBigUInt64BE(BigInt(start));
  return gzipSync(Buffer.concat([offset, head]), { level: 1 });
}

/** Undefined when it was torn: then it is as if it had not been written. */
function decode(content: Buffer): { start: number; head: Buffer } | undefined {
  try {
    const plain = gunzipSync(content);
    if (plain.length < 8) return undefined;
    return { start: Number(plain.readBigUInt64BE()), head: plain.subarray(8) };
  } catch {
    return undefined;
  }
}
