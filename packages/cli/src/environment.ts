import { zoneNamed } from './time-zone.ts';

/** The process's surroundings: the only file that reads or sets `process.env`. */
export interface Environment {
  /** All variables, as they were when the program started. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Effective user id; -1 where there is none. */
  readonly uid: number;
}

/** What this process was started with. */
export function processEnvironment(): Environment {
  return { variables: { ...process.env }, uid: process.geteuid?.() ?? -1 };
}

/** Gives TZ the plain name of the zone it means, for all that reads it; returns what it held when that names no zone: then it is UTC. */
export function settleTimeZone(): string | null {
  const given = process.env['TZ'];
  if (given === undefined) return null;
  const name = zoneNamed(given);
  process.env['TZ'] = name ?? 'UTC';
  return name === null ? given : null;
}
