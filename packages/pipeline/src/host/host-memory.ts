import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError, DroplensError, writeDurably } from '@droplens/runtime';
import type { ContactedRemote, ListeningPort } from '@droplens/transport';
import { z } from 'zod';
import { canonicalAddress } from './address.ts';

/** How many remotes are remembered: those seen last. */
export const mostRemembered = 20_000;
const mostPorts = 5000;
/** A megabyte is not written for every new remote: what a crash forgets of the last minutes was told already. */
const saveMs = 600_000;

const moment = z.number().min(0);
const fileSchema = z.strictObject({
  version: z.literal(1),
  contacted: z.array(z.tuple([z.string().max(45), moment])).max(mostRemembered),
  served: z.array(z.tuple([z.enum(['TCP', 'UDP']), z.int().min(0).max(65_535), moment])).max(mostPorts),
});

/**
 * Whom this host contacted and which ports it served, for days: one JSON file, replaced as a whole. A restart does not make a stranger of who was
 * contacted yesterday, nor an outbound connection of one to a service that has ended since.
 */
export class HostMemory {
  readonly #path: string;
  readonly #rememberMs: number;
  /** Longest unseen first. */
  readonly #contacted = new Map<string, number>();
  readonly #served = new Map<string, number>();
  #changed = false;
  #saved = -Infinity;

  /** `rememberMs`: milliseconds for which what is no longer seen is kept. */
  constructor(path: string, rememberMs: number) {
    this.#path = path;
    this.#rememberMs = rememberMs;
  }

  /** Reads the file, if there is one. DL_HOST_MEMORY_DAMAGED (discard): it cannot be understood, and the memory is empty. */
  async load(now: number): Promise<void> {
    let content: unknown;
    try {
      content = JSON.parse(await readFile(this.#path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      if (!(error instanceof SyntaxError)) throw diskError(error, 'read', this.#path, 'DL_SOURCE_UNREADABLE');
    }
    const parsed = fileSchema.safeParse(content);
    if (!parsed.success) throw new DroplensError('DL_HOST_MEMORY_DAMAGED', `${this.#path} cannot be understood`);
    for (const [text, last] of parsed.data.contacted) {
      const address = canonicalAddress(text);
      // what a wrong clock dated later than now would never be forgotten
      if (address !== null) this.#contacted.set(address, Math.min(last, now));
    }
    for (const [proto, port, last] of parsed.data.served) this.#served.set(`${proto} ${port}`, Math.min(last, now));
  }

  /** Takes over what a reading found, and forgets what is too old or too much. Returns how many remotes were forgotten for want of room. */
  remember(contacted: readonly string[], served: readonly ListeningPort[], now: number): number {
    for (const address of contacted) renew(this.#contacted, address, now);
    for (const { proto, port } of served) renew(this.#served, `${proto} ${port}`, now);
    this.#changed ||= contacted.length > 0 || served.length > 0;
    for (const known of [this.#contacted, this.#served]) {
      for (const [key, last] of known) {
        if (now - last <= this.#rememberMs) break;
        known.delete(key);
      }
    }
    crop(this.#served, mostPorts);
    return crop(this.#contacted, mostRemembered);
  }

  /** Whether a port was listened on within the time that is remembered. */
  served(proto: 'TCP' | 'UDP', port: number): boolean {
    return this.#served.has(`${proto} ${port}`);
  }

  /** All remotes remembered, longest unseen first. */
  *contacted(): Generator<ContactedRemote> {
    for (const [address, last] of this.#contacted) yield { address, last };
  }

  /** Number of remotes remembered. */
  get size(): number {
    return this.#contacted.size;
  }

  /** Makes it durable if it changed and the last time is a while ago (`now`: a monotonic clock in milliseconds), or `atOnce`. */
  async save(now: number, atOnce = false): Promise<void> {
    if (!this.#changed || (!atOnce && now - this.#saved < saveMs)) return;
    const contacted = [...this.#contacted];
    const served = [...this.#served].map(([key, last]) => [key.slice(0, 3), Number(key.slice(4)), last]);
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeDurably(this.#path, `${JSON.stringify({ version: 1, contacted, served })}\n`);
    } catch (error) {
      throw diskError(error, 'write', this.#path, 'DL_SOURCE_UNREADABLE');
    }
    this.#saved = now;
    this.#changed = false;
  }
}

/** Puts it at the end: the map stays in the order of being seen. */
function renew(known: Map<string, number>, key: string, now: number): void {
  known.delete(key);
  // a copy: an address cut out of a table of connections would keep that whole text in memory for as long as it is remembered
  known.set(Buffer.from(key).toString(), now);
}

function crop(known: Map<string, number>, most: number): number {
  const surplus = Math.max(0, known.size - most);
  for (const key of [...known.keys()].slice(0, surplus)) known.delete(key);
  return surplus;
}
