import { withAt, type Batch, type Claim, type Request, type State, type Table } from './state.ts';
import type { World } from './world.ts';

type Target = 'raw' | 'rollup' | 'ledger';

/** The tables a request goes through, in order; the database may die between any two. */
function targets({ rules }: World, { kind }: Request): readonly Target[] {
  if (kind === 'ledger') return ['ledger'];
  return rules.ledger === 'view' ? ['ledger', 'raw', 'rollup'] : ['raw', 'rollup'];
}

/** Sends a request for the claim's batch; the claim waits for it. */
export function send(world: World, state: State, index: number, kind: Request['kind']): State {
  const claim = state.claims[index] as Claim;
  const waiting: Claim = { ...claim, stage: kind === 'rows' ? 'inserting' : 'recording' };
  const claims = withAt(state.claims, index, waiting);
  return withRequests(world, { ...state, claims }, [
    ...state.requests,
    { claim: index, kind, batch: claim.batch as Batch, at: 0 },
  ]);
}

/**
 * The loaders of these claims are gone: each of their requests is carried out nevertheless, at any later time, or, if nothing of it was yet,
 * never. (So sending is no step of its own: a loader that dies before it sends leaves what a lost request leaves.)
 */
export function abandoned(world: World, state: State, claims: readonly number[]): State[] {
  let variants = [state.requests];
  for (const request of state.requests) {
    if (!claims.includes(request.claim)) continue;
    variants = variants.flatMap((list) => {
      const orphaned = list.map((other) => (other === request ? { ...request, claim: -1 } : other));
      return request.at === 0 ? [orphaned, list.filter((other) => other !== request)] : [orphaned];
    });
  }
  const rest = state.claims.map((claim, index) => (claims.includes(index) ? null : claim));
  return variants.map((requests) => withRequests(world, { ...state, claims: rest }, requests));
}

/** The database carries out requests, one table at a time, in any order; or dies; or is too slow. */
export function serverSteps(world: World, state: State): void {
  const { requests } = state;
  for (const request of requests) {
    carryOut(world, state, request);
    if (request.claim < 0 || !world.mayFail(state, 'insert times out')) continue;
    const both = [...requests.filter((other) => other !== request), { ...request, claim: -1 }, { ...request, at: 0 }];
    world.fault(
      withRequests(world, state, both),
      `the ${request.kind} insert '${request.batch.token}' takes too long, is sent again`,
    );
  }
  if (requests.length === 0 || !world.mayFail(state, 'server dies')) return;
  const again = requests.filter(({ claim }) => claim >= 0).map((request) => ({ ...request, at: 0 }));
  world.fault(withRequests(world, state, again), 'the database dies and starts; who still waits sends again');
}

function carryOut(world: World, state: State, request: Request): void {
  const tables = targets(world, request);
  const target = tables[request.at] as Target;
  const applied = apply(world, state, target, request.batch);
  const left = state.requests.filter((other) => other !== request);
  const label = `${target} takes '${request.batch.token}' of day ${request.batch.day}${request.claim < 0 ? ' (nobody waits for it)' : ''}`;
  if (request.at + 1 < tables.length) {
    world.step(withRequests(world, applied, [...left, { ...request, at: request.at + 1 }]), label);
    return;
  }
  const rest = withRequests(world, applied, left);
  if (request.claim < 0) world.step(rest, label);
  else world.step(answered(world, rest, request), label);
}

/** Data first, then the ledger's word that it is complete. */
function answered(world: World, state: State, request: Request): State {
  if (request.kind === 'rows' && world.rules.ledger === 'own insert') return send(world, state, request.claim, 'ledger');
  const claim = state.claims[request.claim] as Claim;
  return { ...state, claims: withAt(state.claims, request.claim, { ...claim, stage: 'recorded' }) };
}

/** ClickHouse's ids are the partition and the hash: the same token for another day is another id. */
function idOf({ rules }: World, { day, token }: Batch): string {
  return rules.ids === 'of the partition' ? `${day}/${token}` : token;
}

/** One block into one table, unless the table remembers its id. */
function apply(world: World, state: State, target: Target, batch: Batch): State {
  const { rules } = world;
  const id = idOf(world, batch);
  if (rules.token !== 'none' && state[target].ids.includes(id)) return state;
  const kept = [...state[target].ids, id].slice(-rules.window);
  // Which id is oldest matters only for a window that can overflow; sorted, equal tables are equal states.
  const ids = rules.window < 100 ? kept : kept.sort();
  if (target === 'ledger') {
    const rows = [...state.ledger.rows, { token: batch.token, lines: batch.lines }];
    return { ...state, ledger: { rows: rows.sort((a, b) => (a.token < b.token ? -1 : 1)), ids } };
  }
  const { once, twice } = state[target];
  const table: Table = { once: once | batch.lines, twice: twice | (once & batch.lines), ids };
  return { ...state, [target]: table };
}

/**
 * The state with these requests, in one order of all equal ones. Where tables never forget a token, a request that nobody waits for skips
 * the tables that have it, and two such are one: they change nothing.
 */
function withRequests(world: World, state: State, requests: readonly Request[]): State {
  const remembered = world.rules.token !== 'none' && world.rules.window >= 100;
  const texts = new Map<string, Request>();
  requests.forEach((request, index) => {
    const kept = remembered && request.claim < 0 ? withoutIdleTables(world, state, request) : request;
    if (kept === null) return;
    const { claim, kind, at, batch } = kept;
    const text = `${claim} ${kind} ${at} ${batch.day}/${batch.token} ${batch.from}${remembered ? '' : ` ${index}`}`;
    texts.set(text, kept);
  });
  const sorted =
    texts.size < 2 ? [...texts.values()] : [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, request]) => request);
  return { ...state, requests: sorted };
}

function withoutIdleTables(world: World, state: State, request: Request): Request | null {
  const tables = targets(world, request);
  const id = idOf(world, request.batch);
  let { at } = request;
  while (at < tables.length && state[tables[at] as Target].ids.includes(id)) at++;
  if (at === tables.length) return null;
  return at === request.at ? request : { ...request, at };
}
