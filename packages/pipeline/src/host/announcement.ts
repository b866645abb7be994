import { mostContacted, type ContactedRemote, type HostRow, type KnownFacts } from '@droplens/transport';

/** Between two announcements: news waits for this long, and without news there is one after `longest`. */
export const pace = { shortestMs: 60_000, longestMs: 3_600_000 } as const;
/** A remote is told again after this long, for whoever lost or forgot the first telling. */
const tellAgainMs = 86_400_000;

/** Decides when a host says what about itself: what changed soon, all facts every hour, all contacted remotes every day. */
export class Announcement {
  readonly #host: string;
  readonly #told = new Map<string, number>();
  #text = '';
  #since = 0;
  #news = true;
  #last = -Infinity;

  constructor(host: string) {
    this.#host = host;
  }

  /**
   * The rows to publish now, none when it is not yet time; call `published` when they are durable. `now`: milliseconds since 1970;
   * `clock`: a monotonic clock in milliseconds, so that a clock that is set does not silence the host.
   */
  rows(facts: KnownFacts, contacted: Iterable<ContactedRemote>, now: number, clock: number): readonly HostRow[] {
    // why a fact is missing changes with what happens to be going on, and nothing follows from it
    const { absent: _, ...known } = facts;
    const text = JSON.stringify(known);
    if (text !== this.#text) {
      this.#text = text;
      this.#since = Math.max(now, this.#since + 1);
      this.#news = true;
    }
    const elapsed = clock - this.#last;
    if (elapsed < pace.shortestMs) return [];
    const remotes = this.#untold(contacted, clock);
    if (!this.#news && remotes.length === 0 && elapsed < pace.longestMs) return [];
    const row = { host: this.#host, since: this.#since, time: Math.max(now, this.#since), facts };
    const rows: HostRow[] = [];
    for (let at = 0; at === 0 || at < remotes.length; at += mostContacted) {
      rows.push({ ...row, contacted: remotes.slice(at, at + mostContacted) });
    }
    return rows;
  }

  /** After `rows` have become durable. */
  published(rows: readonly HostRow[], clock: number): void {
    for (const { contacted } of rows) for (const { address } of contacted) this.#told.set(address, clock);
    this.#last = clock;
    this.#news = false;
  }

  #untold(contacted: Iterable<ContactedRemote>, clock: number): ContactedRemote[] {
    const untold: ContactedRemote[] = [];
    const remembered = new Set<string>();
    for (const remote of contacted) {
      remembered.add(remote.address);
      if (clock - (this.#told.get(remote.address) ?? -Infinity) >= tellAgainMs) untold.push(remote);
    }
    for (const address of this.#told.keys()) if (!remembered.has(address)) this.#told.delete(address);
    return untold;
  }
}
