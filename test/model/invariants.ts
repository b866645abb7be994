import type { Bounds } from './rules.ts';
import { allLines, type Lines, type State } from './state.ts';

/** What is wrong in a state, or null. `ended`: nothing is left to do, so everything must have arrived. */
export function violation(bounds: Bounds, state: State, ended: boolean): string | null {
  const { raw, rollup } = state;
  if (raw.twice !== 0) return `DOUBLED in raw: ${names(bounds, raw.twice)}`;
  if (rollup.twice !== 0) return `DOUBLED in rollup: ${names(bounds, rollup.twice)}`;
  let recorded = 0;
  for (const { lines } of state.ledger.rows) {
    if ((recorded & lines) !== 0) return `the ledger has ${names(bounds, recorded & lines)} twice`;
    recorded |= lines;
  }
  const stopped = state.claims.some((claim) => claim?.stage === 'stopped');
  if (stopped) return bounds.mayStop === true ? null : 'STOPPED: a person must decide';
  const missing = recorded & ~(raw.once & rollup.once);
  if (missing !== 0) return `the ledger says complete, but tables lack ${names(bounds, missing)}`;
  const lost = allLines(bounds) & ~(raw.once & rollup.once & recorded);
  if (ended && lost !== 0) return `LOST: ${names(bounds, lost)}`;
  return null;
}

function names({ streams, lines }: Bounds, set: Lines): string {
  const list: string[] = [];
  for (let stream = 0; stream < streams; stream++) {
    for (let line = 1; line <= lines; line++) {
      if ((set & (1 << (stream * lines + line - 1))) !== 0) list.push(`line ${line} of stream ${stream}`);
    }
  }
  return list.join(', ');
}
