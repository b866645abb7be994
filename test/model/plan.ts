import type { Bounds, Rules } from './rules.ts';
import { linesOf, streamLines, type Ledger, type Lines, type Message } from './state.ts';

/** What of `messages` is to be stored, and the ranges of which it consists, as text. */
export interface Plan {
  readonly lines: Lines;
  readonly ranges: string;
}

/** Cuts from messages what is covered, by row, and what an earlier one of them holds. */
export function planBatch(bounds: Bounds, rules: Rules, messages: readonly Message[], covered: Lines): Plan {
  let done = covered;
  let lines = 0;
  let ranges = '';
  for (const message of messages) {
    const whole = linesOf(bounds, message);
    let rest = whole & ~done;
    if (rest !== whole && rest !== 0) {
      if (rules.overlap === 'kept whole') rest = whole;
      if (rules.overlap === 'dropped whole') rest = 0;
    }
    ranges += rangesOf(bounds, message, rest);
    lines |= rest;
    done |= whole;
  }
  return { lines, ranges };
}

/** The stretches of a message that `rest` holds. */
function rangesOf(bounds: Bounds, message: Message, rest: Lines): string {
  let text = '';
  let from = 0;
  for (let line = message.first; line <= message.last + 1; line++) {
    const wanted = line <= message.last && (rest & linesOf(bounds, { ...message, first: line, last: line })) !== 0;
    if (wanted && from === 0) from = line;
    if (wanted || from === 0) continue;
    text += `s${message.stream}:${from}-${line - 1} `;
    from = 0;
  }
  return text;
}

/** What the ledger says is loaded, without the rows of one token. */
export function coveredLines(bounds: Bounds, rules: Rules, ledger: Ledger, except: string | null): Lines {
  let covered = 0;
  for (const row of ledger.rows) if (row.token !== except) covered |= row.lines;
  return rules.covered === 'intervals' ? covered : upToHighest(bounds, covered);
}

function upToHighest(bounds: Bounds, covered: Lines): Lines {
  let filled = 0;
  for (let stream = 0; stream < bounds.streams; stream++) {
    for (let last = bounds.lines; last > 0; last--) {
      if ((covered & linesOf(bounds, { stream, first: last, last })) === 0) continue;
      filled |= linesOf(bounds, { stream, first: 1, last });
      break;
    }
  }
  return filled;
}

/** `covered` restricted to each stream, for a view. */
export function byStream(bounds: Bounds, covered: Lines): Lines[] {
  return Array.from({ length: bounds.streams }, (_, stream) => covered & streamLines(bounds, stream));
}
