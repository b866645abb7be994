import type { Connection } from './connection.ts';
import type { Filters } from './filters.ts';

/**
 * How far an answer is true to its window. `exact`: every packet counted, to the millisecond. `hours`: an hour at an end of the window
 * counts whole, because its packets are no longer kept. `kept`: only packets tell what was asked, and older ones are no longer kept, so
 * they are not counted.
 */
export type Reach = 'exact' | 'hours' | 'kept';

/** How a question about a window is read: whole hours from the hourly history, the rest from packets. */
export interface Reading {
  /** Parameters of `$filter` and `$hourly`. */
  readonly parameters: { readonly since: number; readonly until: number; readonly hours_from: number; readonly hours_to: number };
  readonly reach: Reach;
  /** All packets of the window are kept. */
  readonly complete: boolean;
}

const hourMs = 3_600_000;
/** A packet is loaded at most a day before its own time; one more for clocks that were set back, and for days that are half forgotten. */
const earliestLoadMs = 2 * 24 * hourMs;

/** Reads packets only; `window` as filterParameters gives it. */
export async function readPackets(connection: Connection, window: Window): Promise<Reading> {
  const complete = window.since >= (await keptSince(connection));
  return reading(window, 0, 0, complete ? 'exact' : 'kept', complete);
}

/**
 * Reads whole hours from the hourly history and parts of hours at the window's ends from packets; where those are no longer kept, the
 * hour counts whole.
 */
export async function readHours(connection: Connection, window: Window): Promise<Reading> {
  const { since, until } = window;
  const kept = await keptSince(connection);
  const cut = [since, until].filter((time) => time % hourMs !== 0 && since < until).map(hourOf);
  const missing = await incompleteHours(
    connection,
    cut.filter((hour) => hour < kept),
  );
  const from = since % hourMs === 0 || missing.has(hourOf(since)) ? hourOf(since) : hourOf(since) + hourMs;
  const to = until % hourMs === 0 || !missing.has(hourOf(until)) ? hourOf(until) : hourOf(until) + hourMs;
  const reach = missing.size > 0 ? 'hours' : 'exact';
  if (from >= to) return reading(window, 0, 0, reach, since >= kept);
  return reading({ since: Math.min(since, from), until: Math.max(until, to) }, from, to, reach, since >= kept);
}

/** Milliseconds since 1970; since inclusive, until exclusive. */
export type Window = Readonly<Record<'since' | 'until', number>>;

function reading({ since, until }: Window, hoursFrom: number, hoursTo: number, reach: Reach, complete: boolean): Reading {
  return { parameters: { since, until, hours_from: hoursFrom, hours_to: hoursTo }, reach, complete };
}

/** Whether the hourly history by source can tell which packets these filters choose. */
export function sourcesTell({ dst, prefixes, protos, ports }: Filters): boolean {
  return dst === undefined && [prefixes, protos, ports].every((list) => list === undefined || list.length === 0);
}

/** Whether the hourly history by port can. */
export function portsTell({ src, dst, prefixes, countries }: Filters): boolean {
  return src === undefined && dst === undefined && [prefixes, countries].every((list) => list === undefined || list.length === 0);
}

/** From which event time on (milliseconds since 1970) every packet that was ever loaded is still kept. */
async function keptSince(connection: Connection): Promise<number> {
  const [kept] = await connection.rows<{ packets: number; loaded: number; history: number }>('kept');
  if (kept === undefined || (kept.packets === 0 && kept.history === 0)) return 0;
  if (kept.packets === 0) return Infinity;
  // the hourly history has its times in seconds
  return Math.floor(kept.loaded / 1000) * 1000 <= kept.history ? 0 : kept.loaded + earliestLoadMs;
}

async function incompleteHours(connection: Connection, hours: readonly number[]): Promise<Set<number>> {
  if (hours.length === 0) return new Set();
  const rows = await connection.rows<{ hour: number; complete: number }>('edge-hours', {
    hours: hours.map((hour) => hour / 1000),
  });
  return new Set(rows.filter(({ complete }) => complete === 0).map(({ hour }) => hour));
}

function hourOf(time: number): number {
  return Math.floor(time / hourMs) * hourMs;
}
