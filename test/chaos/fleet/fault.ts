import { setTimeout as passing } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';

/** What a fault did: how many processes died, and how many batches or appends were under way when it struck. None under way = it did not happen. */
export interface Damage {
  readonly kills: number;
  readonly inFlight: number;
}

export interface Fault {
  readonly name: string;
  run(fleet: Fleet, random: () => number): Promise<Damage>;
}

/** Grows the logs until `done`; what is under way meanwhile is what the fault hits. */
export async function growUntil(fleet: Fleet, random: () => number, done: () => boolean): Promise<void> {
  const until = Date.now() + 60_000;
  while (!done() && Date.now() < until) {
    fleet.grow(random, 150);
    await passing(20);
  }
}

/** So many turns of growing, for what takes its time. */
export function newRound(turns: number): () => boolean {
  let left = turns;
  return () => (left -= 1) < 0;
}
