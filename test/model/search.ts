import { collectorSteps } from './collector.ts';
import { groupSteps, urgentSteps } from './group.ts';
import { violation } from './invariants.ts';
import type { Bounds, Rules } from './rules.ts';
import { serverSteps } from './server.ts';
import { initialState, type State } from './state.ts';
import { StateKeys } from './state-key.ts';
import { topicSteps } from './topic.ts';
import { World, type Step } from './world.ts';

export interface Verdict {
  readonly states: number;
  /** States in which nothing is left to do. */
  readonly ends: number;
  /** Processor time. */
  readonly seconds: number;
  /** What went wrong; null = nothing, whatever happens within the bounds. */
  readonly wrong: string | null;
  /** The shortest way to it. */
  readonly trace: readonly string[];
}

/** Explores, breadth first, every state that the rules allow within the bounds, until an invariant is broken. */
export function search(rules: Rules, bounds: Bounds): Verdict {
  const began = process.cpuUsage();
  const world = new World(rules, bounds);
  const keys = new StateKeys();
  const start = keys.encode(initialState(bounds));
  const found = [start];
  const parents = [-1];
  const seen = new Set(found);
  let ends = 0;
  for (let index = 0; index < found.length; index++) {
    const state = keys.decode(found[index] as string);
    const steps = stepsOf(world, state);
    const ended = steps.every((step) => step.fault);
    if (ended) ends++;
    const wrong = violation(bounds, state, ended);
    if (wrong !== null) return { states: found.length, ends, seconds: since(began), wrong, trace: traceTo(index) };
    for (const { next } of steps) {
      const key = keys.encode(next);
      if (seen.has(key)) continue;
      seen.add(key);
      found.push(key);
      parents.push(index);
    }
  }
  return { states: found.length, ends, seconds: since(began), wrong: null, trace: [] };

  function traceTo(last: number): string[] {
    const labels: string[] = [];
    for (let index = last; index > 0; index = parents[index] as number) {
      const before = keys.decode(found[parents[index] as number] as string);
      const step = stepsOf(world, before).find(({ next }) => keys.encode(next) === found[index]) as Step;
      labels.unshift(step.label);
    }
    return labels;
  }
}

function stepsOf(world: World, state: State): Step[] {
  urgentSteps(world, state);
  const urgent = world.take();
  if (urgent.length > 0) return urgent;
  collectorSteps(world, state);
  groupSteps(world, state);
  serverSteps(world, state);
  topicSteps(world, state);
  return world.take();
}

function since(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}
