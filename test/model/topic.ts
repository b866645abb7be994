import { withoutLoaders } from './group.ts';
import { linesOf, withAt, type Lines, type Message, type State } from './state.ts';
import type { World } from './world.ts';

/** What happens to topics, offsets, and the calendar. */
export function topicSteps(world: World, state: State): void {
  const { time, log, collectors } = state;
  if (time.day === 0 && world.mayFail(state, 'midnight')) world.fault({ ...state, time: { ...time, day: 1 } }, 'midnight');
  if (time.faults > 0) resets(world, state);
  if (world.mayFail(state, 'retention')) retention(world, state);
  const { partitions } = world.bounds;
  if (log.count < partitions && world.mayFail(state, 'partition added')) {
    world.fault({ ...state, log: { ...log, count: log.count + 1 } }, 'the topic gets one more partition');
  }
  if (collectors.configured < partitions) reconfigure(world, state);
}

function reconfigure(world: World, state: State): void {
  const drained = world.mayFail(state, 'reconfigured') && isDrained(world, state);
  const loaded = world.mayFail(state, 'reconfigured, all loaded') && isLoaded(world, state);
  if (!drained && !loaded && !world.mayFail(state, 'reconfigured undrained')) return;
  const collectors = { ...state.collectors, configured: state.collectors.configured + 1 };
  const restart = world.rules.reconfiguration === 'loaders restart';
  for (const variant of restart ? withoutLoaders(world, state) : [state]) {
    world.fault({ ...variant, collectors }, `the configuration names ${collectors.configured} partitions`);
  }
}

function recorded(state: State): Lines {
  let lines = 0;
  for (const row of state.ledger.rows) lines |= row.lines;
  return lines;
}

/** Every line in the log is in the ledger. */
function isLoaded({ bounds }: World, state: State): boolean {
  const done = recorded(state);
  return state.log.partitions.every(({ messages }) => messages.every((message) => (linesOf(bounds, message) & ~done) === 0));
}

/** And no message is on its way whose lines are not: no collector waits for an acknowledgement. */
function isDrained(world: World, state: State): boolean {
  const done = recorded(state);
  const underWay = state.collectors.delayed.some(({ message }) => (linesOf(world.bounds, message) & ~done) !== 0);
  return !underWay && isLoaded(world, state);
}

function isOpen(state: State, intent: { token: string } | null | undefined): boolean {
  return intent !== null && intent !== undefined && !state.ledger.rows.some((row) => row.token === intent.token);
}

function resets(world: World, state: State): void {
  const { log, group } = state;
  if (group.committed.every((committed) => committed === null)) return;
  const none = { ...group, committed: group.committed.map(() => null) };
  const open = group.committed.some((committed) => isOpen(state, committed?.intent));
  const inMidBatch = world.mayFail(state, 'offsets reset in mid batch');
  const reset = inMidBatch || (!open && world.mayFail(state, 'offsets reset'));
  const created = !open && world.mayFail(state, 'topic re-created') && isLoaded(world, state);
  const fresh = { ...log, life: log.life + 1, partitions: log.partitions.map(() => ({ base: 0, messages: [] })) };
  if (!reset && !created) return;
  for (const stopped of withoutLoaders(world, state)) {
    if (reset) world.fault({ ...stopped, group: none }, 'loaders are stopped, offsets are deleted');
    if (!created) continue;
    world.fault({ ...stopped, log: fresh }, 'all is loaded: loaders are stopped, the topic is created again, offsets stay');
    world.fault(
      { ...stopped, log: fresh, group: none },
      'all is loaded: loaders are stopped, the topic is created again, offsets go',
    );
  }
}

function retention(world: World, state: State): void {
  const done = recorded(state);
  state.log.partitions.forEach(({ base, messages }, partition) => {
    const [oldest] = messages;
    if (oldest === undefined) return;
    const intent = state.group.committed[partition]?.intent ?? null;
    if ((linesOf(world.bounds, oldest) & ~(done | (intent?.lines ?? 0))) !== 0) return;
    const shorter = { base: base + 1, messages: messages.slice(1) as readonly Message[] };
    const log = { ...state.log, partitions: withAt(state.log.partitions, partition, shorter) };
    world.fault({ ...state, log }, `retention deletes offset ${base} of partition ${partition}`);
  });
}
