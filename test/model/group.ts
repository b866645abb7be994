import { loaderName, loaderOf, newClaim, readyAt, viewOf } from './claim.ts';
import { loaderSteps } from './loader.ts';
import { byStream, coveredLines } from './plan.ts';
import { abandoned } from './server.ts';
import { withAt, type Claim, type Lines, type Stage, type State } from './state.ts';
import type { World } from './world.ts';

/** Steps of which nobody can tell when they happen: they happen at once. */
export function urgentSteps(world: World, state: State): void {
  const { bounds, rules } = world;
  if (bounds.transport === 'spool') return;
  // Memory only.
  const recorded = rules.intent === 'none' ? -1 : state.claims.findIndex((claim) => claim?.stage === 'recorded');
  if (recorded >= 0) loaderSteps(world, state, recorded);
  else if (rules.claim === 'offset, then ledger') firstClaims(world, state);
}

/** To be assigned a partition in which nothing ever was: what is read there does not change until a loader comes. */
function firstClaims(world: World, state: State): void {
  const { partitions, loaders } = world.bounds;
  for (let partition = 0; partition < partitions; partition++) {
    const { base, messages } = state.log.partitions[partition] as State['log']['partitions'][number];
    if (state.group.committed[partition] !== null || base + messages.length > 0) continue;
    let held = false;
    for (let loader = 0; loader < loaders; loader++) held ||= state.claims[loader * partitions + partition] !== null;
    if (held) continue;
    claimPartition(world, state, (state.group.owner[partition] as number) * partitions + partition);
    return;
  }
}

/** Everything claims do and suffer: assignment, work, giving up, crashes, rebalances. */
export function groupSteps(world: World, state: State): void {
  state.claims.forEach((claim, index) => {
    if (claim === null) claimPartition(world, state, index);
    else if (claim.fenced) fencedSteps(world, state, index);
    else if (claim.partition < 0) takeLane(world, state, index);
    else if (claim.stage === 'assigned') readCommitted(world, state, index);
    else if (!mustWait(world, state, index)) loaderSteps(world, state, index);
  });
  crashes(world, state);
  if (world.bounds.loaders > 1 && world.mayFail(state, 'rebalance')) rebalances(world, state);
}

/** Nothing is inserted before another commit. */
const idle: ReadonlySet<Stage> = new Set(['assigned', 'ready', 'planned', 'stopped']);
const resting: ReadonlySet<Stage> = new Set(['assigned', 'interrupted', 'ready', 'stopped']);

/** With partitions in turn, a batch does not begin while another partition of the process has one under way. */
function mustWait(world: World, state: State, index: number): boolean {
  if (world.rules.partitions === 'side by side') return false;
  const claim = state.claims[index] as Claim;
  if (claim.stage !== 'ready' && claim.stage !== 'interrupted') return false;
  return state.claims.some(
    (other, i) => i !== index && other !== null && loaderOf(world, i) === loaderOf(world, index) && !resting.has(other.stage),
  );
}

function claimPartition(world: World, state: State, index: number): void {
  const { bounds, rules } = world;
  if (bounds.transport === 'spool') {
    world.step({ ...state, claims: withAt(state.claims, index, newClaim(world, -1, 'assigned')) }, 'the loader starts');
    return;
  }
  const partition = index % bounds.partitions;
  const loader = loaderOf(world, index);
  if (state.group.owner[partition] !== loader) return;
  const unknown = Array.from({ length: bounds.streams }, (): Lines => -1);
  const views = rules.view === 'of the process' ? state.views : withAt(state.views, viewOf(world, index), unknown);
  const claim = newClaim(world, partition, 'assigned');
  const claimed = { ...state, views };
  const name = loaderName(world, index);
  if (rules.claim === 'offset, then ledger') {
    world.step(committedRead(claimed, index, claim), `${name} is assigned partition ${partition}, reads what is committed`);
    return;
  }
  const view = byStream(bounds, coveredLines(bounds, rules, state.ledger, null));
  const early = { ...claimed, claims: withAt(state.claims, index, { ...claim, view }) };
  world.step(early, `${name} is assigned partition ${partition}, reads the ledger`);
}

function readCommitted(world: World, state: State, index: number): void {
  world.step(committedRead(state, index, state.claims[index] as Claim), `${loaderName(world, index)} reads what is committed`);
}

function committedRead(state: State, index: number, claim: Claim): State {
  const { partition } = claim;
  const committed = state.group.committed[partition] ?? null;
  const { base } = state.log.partitions[partition] as State['log']['partitions'][number];
  const intent = committed?.intent ?? null;
  const next: Claim =
    intent === null
      ? readyAt(claim, committed?.offset ?? base)
      : { ...claim, stage: 'interrupted', offset: intent.from, batch: intent };
  return { ...state, claims: withAt(state.claims, index, next) };
}

/** A loader that lost the partition works on until it learns it: its commits are refused, what is committed it may insert. */
function fencedSteps(world: World, state: State, index: number): void {
  const { stage } = state.claims[index] as Claim;
  for (const given of abandoned(world, state, [index])) {
    world.step(given, `${loaderName(world, index)} learns that it lost the partition`);
  }
  if (stage !== 'assigned') loaderSteps(world, state, index);
}

/** Spool: lanes in any order, but after a start first the one that was being read. */
function takeLane(world: World, state: State, index: number): void {
  const claim = state.claims[index] as Claim;
  const lanes = state.log.partitions.flatMap(({ messages }, lane) => (messages.length > 0 ? [lane] : []));
  const { lane: current } = state.group;
  const onDisk = world.rules.lane === 'on disk';
  const first = claim.stage === 'assigned' && onDisk && lanes.includes(current) ? [current] : lanes;
  for (const lane of first) {
    const { base } = state.log.partitions[lane] as State['log']['partitions'][number];
    const claims = withAt(state.claims, index, readyAt({ ...claim, partition: lane }, base));
    world.step(
      { ...state, claims, group: { ...state.group, lane: onDisk ? lane : -1 } },
      `the loader takes the oldest file of lane ${lane}`,
    );
  }
}

/** All loaders are gone. */
export function withoutLoaders(world: World, state: State): State[] {
  let variants = [state];
  for (let loader = 0; loader < world.bounds.loaders; loader++) {
    variants = variants.flatMap((variant) => withoutLoader(world, variant, loader));
  }
  return variants;
}

/** A loader is gone with all its claims, and with what it had in memory; its requests may have reached the database, or not. */
function withoutLoader(world: World, state: State, loader: number): State[] {
  const held = state.claims.flatMap((claim, index) => (claim !== null && loaderOf(world, index) === loader ? [index] : []));
  const views = withAt(
    state.views,
    loader,
    (state.views[loader] as readonly Lines[]).map(() => -1),
  );
  return abandoned(world, { ...state, views }, held);
}

function crashes(world: World, state: State): void {
  if (!world.mayFail(state, 'loader crashes')) return;
  for (let loader = 0; loader < world.bounds.loaders; loader++) {
    if (!state.claims.some((claim, index) => claim !== null && loaderOf(world, index) === loader)) continue;
    for (const crashed of withoutLoader(world, state, loader)) {
      world.fault(crashed, `loader ${'AB'[loader]} dies and starts again`);
      if (world.bounds.loaders === 1) continue;
      const owner = state.group.owner.map(() => 1 - loader);
      world.fault(
        { ...fenced(world, crashed), group: { ...crashed.group, owner } },
        `loader ${'AB'[loader]} dies, the other has all partitions`,
      );
    }
  }
}

/** Every claim is of an older generation now. Where commits are refused, those with nothing committed end here: they can do nothing more. */
function fenced(world: World, state: State): State {
  const { commit, intent } = world.rules;
  const refused = commit === 'of the claim' && intent === 'before the insert';
  const claims = state.claims.map((claim) => {
    if (claim === null || (refused && idle.has(claim.stage))) return null;
    return { ...claim, fenced: true };
  });
  return { ...state, claims };
}

function rebalances(world: World, state: State): void {
  const { owner } = state.group;
  owner.forEach((from, partition) => {
    const moved = withAt(owner, partition, 1 - from);
    world.fault(
      { ...fenced(world, state), group: { ...state.group, owner: moved } },
      `partition ${partition} goes to loader ${'AB'[1 - from]}`,
    );
  });
}
