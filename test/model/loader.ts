import { loaderName, readyAt } from './claim.ts';
import { coveredLines, planBatch } from './plan.ts';
import { send } from './server.ts';
import { withAt, type Batch, type Claim, type Message, type Stage, type State } from './state.ts';
import { known, put, remember } from './view.ts';
import type { World } from './world.ts';

/** One step of a claim's work, in every way in which it can go. A stage is what a crash may interrupt. */
export function loaderSteps(world: World, state: State, index: number): void {
  const claim = state.claims[index] as Claim;
  const name = loaderName(world, index);
  switch (claim.stage) {
    case 'interrupted':
    case 'asked':
      replan(world, state, index);
      break;
    case 'replanned':
      if (hasToken(state, claim)) world.step(finish(state, index), `${name} finds the interrupted batch in the ledger`);
      else
        world.step(send(world, state, index, 'rows'), `${name} does not find it in the ledger, inserts '${claim.batch?.token}'`);
      break;
    case 'ready':
      planNext(world, state, index);
      break;
    case 'planned':
      commitIntent(world, state, index);
      break;
    case 'recorded':
      complete(world, state, index);
      break;
    case 'assigned':
    case 'inserting':
    case 'recording':
    case 'stopped':
      break;
  }
}

function at(state: State, index: number, stage: Stage): State {
  return { ...state, claims: withAt(state.claims, index, { ...(state.claims[index] as Claim), stage }) };
}

function hasToken(state: State, claim: Claim): boolean {
  return state.ledger.rows.some((row) => row.token === claim.batch?.token);
}

function finish(state: State, index: number): State {
  const claim = state.claims[index] as Claim;
  const next = readyAt(claim, (claim.batch as Batch).to + 1);
  return { ...state, claims: withAt(state.claims, index, next) };
}

/** What the loader would recognise these messages by. */
export function sumOf(world: World, messages: readonly Message[]): string {
  const timed = world.rules.sum !== 'ranges';
  return messages.map((m) => `${m.stream}:${m.first}-${m.last}${timed ? `@${m.life}` : ''}`).join(' ');
}

/** The interrupted batch again: the same messages, the same load time, and so the same token. */
function replan(world: World, state: State, index: number): void {
  const { rules, bounds } = world;
  const claim = state.claims[index] as Claim;
  const intent = claim.batch as Batch;
  const name = loaderName(world, index);
  const { base, messages } = state.log.partitions[claim.partition] as State['log']['partitions'][number];
  const restart = { ...state, claims: withAt(state.claims, index, readyAt(claim, base)) };
  if (intent.to >= base + messages.length) {
    world.step(restart, `${name} finds that offset ${intent.to} is not there: the topic was created again`);
    return;
  }
  if (intent.from < base) {
    const offset = rules.afterLoss === 'behind the batch' ? intent.to + 1 : base;
    const loaded = { ...state, claims: withAt(state.claims, index, readyAt(claim, offset)) };
    if (hasToken(state, claim)) world.step(loaded, `${name} cannot read the interrupted batch again, but the ledger has it`);
    else world.step(at(state, index, 'stopped'), `${name} cannot read the interrupted batch again: STOPS`);
    return;
  }
  const again = messages.slice(intent.from - base, intent.to + 1 - base);
  if (sumOf(world, again) !== intent.sum) {
    world.step(restart, `${name} finds other messages in the interrupted batch: the topic was created again`);
    return;
  }
  if (rules.replan === 'ask, then with all' && claim.stage === 'interrupted') {
    if (hasToken(state, claim)) world.step(finish(state, index), `${name} finds the interrupted batch in the ledger`);
    else world.step(at(state, index, 'asked'), `${name} does not find the interrupted batch in the ledger`);
    return;
  }
  const except = rules.replan === 'without own token, then ask' ? intent.token : null;
  const plan = planBatch(bounds, rules, again, coveredLines(bounds, rules, state.ledger, except));
  const day = rules.loadedAt === 'of the intent' ? intent.day : state.time.day;
  const token = rules.token === 'of the offsets' ? intent.token : plan.ranges;
  const batch: Batch = { ...intent, day, lines: plan.lines, token };
  if (token !== intent.token) {
    world.step(at(state, index, 'stopped'), `${name} plans the interrupted batch '${intent.token}' as '${token}': STOPS`);
    return;
  }
  const planned = { ...state, claims: withAt(state.claims, index, { ...claim, batch, stage: 'replanned' as const }) };
  const label = `${name} plans the interrupted batch '${token}' again for day ${day}`;
  if (claim.stage === 'asked') world.step(send(world, planned, index, 'rows'), `${label}, inserts it`);
  else world.step(planned, label);
}

/** The next batch, of one message or more. */
function planNext(world: World, state: State, index: number): void {
  const { rules, bounds } = world;
  const claim = state.claims[index] as Claim;
  const name = loaderName(world, index);
  const spool = bounds.transport === 'spool';
  const { base, messages } = state.log.partitions[claim.partition] as State['log']['partitions'][number];
  const from = claim.offset < base || claim.offset > base + messages.length ? base : claim.offset;
  for (let to = from; to < Math.min(from + bounds.batch, base + messages.length); to++) {
    const taken = messages.slice(from - base, to + 1 - base);
    const { covered, view } = known(world, state, index, taken);
    const plan = planBatch(bounds, rules, taken, covered);
    const seen = remember(world, state, index, view);
    const held = seen.claims[index] as Claim;
    const batchName = `offsets ${from}-${to} of partition ${claim.partition}`;
    if (plan.lines === 0) {
      const next: Claim = spool ? { ...held, stage: 'recorded' } : readyAt(held, to + 1);
      world.step({ ...seen, claims: withAt(seen.claims, index, next) }, `${name} finds ${batchName} loaded already`);
      continue;
    }
    const token = rules.token === 'of the offsets' ? `p${claim.partition}:${from}-${to}` : plan.ranges;
    const day = spool ? (taken[0] as Message).day : state.time.day;
    const batch: Batch = { from, to, day, sum: sumOf(world, taken), token, lines: plan.lines };
    const after = view.map((lines, s) => (lines < 0 ? -1 : lines | (plan.lines & streamMask(bounds, s))));
    const planned: Claim = { ...held, stage: 'planned', batch, after: rules.view === 'of the batch' ? null : after };
    const next = { ...seen, claims: withAt(seen.claims, index, planned) };
    const label = `${name} plans ${batchName}: '${token}'`;
    if (spool || rules.intent === 'none') world.step(send(world, next, index, 'rows'), `${label}, inserts it`);
    else world.step(next, label);
  }
}

function streamMask({ lines }: World['bounds'], stream: number): number {
  return ((1 << lines) - 1) << (stream * lines);
}

/** Range, load time, and token become durable, if the group still takes this loader's word for the partition. */
function commitIntent(world: World, state: State, index: number): void {
  const { rules } = world;
  const claim = state.claims[index] as Claim;
  const intent = claim.batch as Batch;
  const name = loaderName(world, index);
  if (!claim.fenced || rules.commit === 'of the process') {
    const committed = withAt(state.group.committed, claim.partition, { offset: intent.from, intent });
    const whose = claim.fenced ? ' under the new generation' : '';
    const accepted = { ...state, group: { ...state.group, committed } };
    world.step(send(world, accepted, index, 'rows'), `${name} commits the intent '${intent.token}'${whose}, inserts it`);
  } else if (rules.commit === 'of the claim, refusal ignored') {
    world.step(send(world, state, index, 'rows'), `${name} ignores that its intent '${intent.token}' is refused, inserts it`);
  }
}

/** The batch is in every table and in the ledger. */
function complete(world: World, state: State, index: number): void {
  const { bounds, rules } = world;
  const claim = state.claims[index] as Claim;
  const name = loaderName(world, index);
  const kept = claim.after === null ? state : put(world, state, index, claim.after);
  if (bounds.transport === 'spool') {
    const file = state.log.partitions[claim.partition] as State['log']['partitions'][number];
    const rest = { base: file.base + 1, messages: file.messages.slice(1) };
    const log = { ...state.log, partitions: withAt(state.log.partitions, claim.partition, rest) };
    const claims = withAt(kept.claims, index, readyAt({ ...(kept.claims[index] as Claim), partition: -1 }, 0));
    world.step({ ...kept, log, claims }, `${name} deletes the file in lane ${claim.partition}`);
    return;
  }
  const next = finish(kept, index);
  const offset = (claim.batch as Batch).to + 1;
  if (rules.intent === 'before the insert') world.step(next, `${name} has its answer, goes on at offset ${offset}`);
  else if (!claim.fenced) {
    const committed = withAt(state.group.committed, claim.partition, { offset, intent: null });
    world.step({ ...next, group: { ...state.group, committed } }, `${name} commits offset ${offset}`);
  }
}
