import { viewOf } from './claim.ts';
import { coveredLines } from './plan.ts';
import { streamLines, withAt, type Claim, type Lines, type Message, type State } from './state.ts';
import type { World } from './world.ts';

/**
 * What the loader believes to be loaded, and what it remembers of that afterwards (−1 for streams it did not ask for).
 * It asks the ledger for a stream that it knows nothing of.
 */
export function known(
  world: World,
  state: State,
  index: number,
  messages: readonly Message[],
): { covered: Lines; view: readonly Lines[] } {
  const { bounds, rules } = world;
  const ledger = coveredLines(bounds, rules, state.ledger, null);
  const held = heldView(world, state, index);
  const view = held.map(() => -1);
  let covered = 0;
  for (const { stream } of messages) {
    const believed = held[stream] as Lines;
    const lines = believed >= 0 ? believed : ledger & streamLines(bounds, stream);
    view[stream] = lines;
    covered |= lines;
  }
  return { covered, view };
}

function heldView(world: World, state: State, index: number): readonly Lines[] {
  const { view } = world.rules;
  if (view === 'of the batch') return Array.from({ length: world.bounds.streams }, () => -1);
  if (view === 'of the claim') return (state.claims[index] as Claim).view;
  return state.views[viewOf(world, index)] as readonly Lines[];
}

/** After the ledger's insert: the view is what the batch's plan made of it, unless it was forgotten meanwhile. */
export function put(world: World, state: State, index: number, after: readonly Lines[]): State {
  const held = heldView(world, state, index);
  return remember(
    world,
    state,
    index,
    after.map((lines, stream) => ((held[stream] as Lines) < 0 ? -1 : lines)),
  );
}

/** Puts `view` into what the loader keeps, as long as the rule says. */
export function remember(world: World, state: State, index: number, view: readonly Lines[]): State {
  const { rules } = world;
  if (rules.view === 'of the batch') return state;
  const merged = heldView(world, state, index).map((lines, stream) =>
    (view[stream] as Lines) < 0 ? lines : (view[stream] as Lines),
  );
  if (rules.view === 'of the claim') {
    return { ...state, claims: withAt(state.claims, index, { ...(state.claims[index] as Claim), view: merged }) };
  }
  return { ...state, views: withAt(state.views, viewOf(world, index), merged) };
}
