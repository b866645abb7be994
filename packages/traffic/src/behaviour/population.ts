import { ipv4Text, publicIpv4 } from '../addresses.ts';
import type { World } from '../behaviour.ts';
import { Random } from '../random.ts';

/** One of those who come back: `self` gives its traits (operating system, taste), the same ones every time it appears. */
export interface Member {
  readonly self: Random;
  readonly src: string;
}

/** A member of a population, a few of them far more often than the rest. */
export function member(random: Random, world: World, population: string): Member {
  const self = new Random(world.seed, population, world.population.draw(random));
  return { self, src: ipv4Text(publicIpv4(self)) };
}
