import type { Claim, Lines, Stage } from './state.ts';
import type { World } from './world.ts';

/** Which loader a claim belongs to. */
export function loaderOf({ bounds }: World, claim: number): number {
  return bounds.transport === 'spool' ? 0 : Math.floor(claim / bounds.partitions);
}

/** Whose memory a claim's loader has, when memory is the process's. */
export function viewOf(world: World, claim: number): number {
  return world.bounds.oneProcess === true ? 0 : loaderOf(world, claim);
}

/** Loaders have letters. */
export function loaderName(world: World, claim: number): string {
  return `loader ${'AB'[loaderOf(world, claim)]}`;
}

/** A loader's new hold on a partition; −1 = the spool's loader has not chosen a lane yet. */
export function newClaim({ bounds }: World, partition: number, stage: Stage): Claim {
  const view = Array.from({ length: bounds.streams }, (): Lines => -1);
  return { partition, stage, fenced: false, offset: 0, batch: null, view, after: null };
}

/** The claim, on its way to the batch that begins at `offset`. */
export function readyAt(claim: Claim, offset: number): Claim {
  return { ...claim, stage: 'ready', offset, batch: null, after: null };
}
