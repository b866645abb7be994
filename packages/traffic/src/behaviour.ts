import type { OwnHost } from './own-hosts.ts';
import type { Packet } from './packet.ts';
import type { Random, Zipf } from './random.ts';

/** What every behaviour knows of the world it acts in. */
export interface World {
  readonly seed: number;
  readonly hosts: readonly OwnHost[];
  /** Forged sources behave like slow scanners. */
  readonly hard: boolean;
  /** Ranks of a population whose members come back: most appear rarely, a few all the time. */
  readonly population: Zipf;
}

/**
 * When the packets of one activity come:
 * - `even`: gaps between a third and five thirds of the mean;
 * - `random`: exponential gaps;
 * - `backoff`: each gap twice the one before, as retransmissions do.
 */
export type Rhythm = 'even' | 'random' | 'backoff';

/** One activity of one actor, before it begins. */
export interface Plan {
  /** Packets it will send, at least 1. */
  readonly packets: number;
  /** Mean gap between two of them in milliseconds. */
  readonly gapMs: number;
  readonly rhythm: Rhythm;
}

/** Sends one packet after the other. */
export type Actor = () => Packet;

/** A class of traffic: how its activities are laid out, and what an actor sends. Both draw from the activity's own random numbers. */
export interface Behaviour {
  plan(random: Random, world: World): Plan;
  act(random: Random, world: World): Actor;
  /** No plan has more packets or a longer gap: how far before the start activities that still run must be looked for. */
  readonly longest: { readonly packets: number; readonly gapMs: number };
  /** The class cannot be denser than this without losing what it is; the rest of its share goes to the others. */
  readonly maxLinesPerSecond?: number;
}
