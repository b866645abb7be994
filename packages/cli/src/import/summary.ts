import type { ImportOutcome } from '@droplens/pipeline';
import type { Stored } from '../intake/intake.ts';
import { absoluteTime, grouped, rate, span } from '../terminal/numbers.ts';

/** What an import came to. */
export interface ImportTotals {
  readonly files: number;
  readonly lines: number;
  /** Packets in the files. */
  readonly packets: number;
  /** What became of them; where they wait, when loaders elsewhere store them. */
  readonly stored: Stored | string;
  readonly rejected: Readonly<Record<string, number>>;
  /** Lines or packets that the files say are missing from them. */
  readonly undercounted: number;
  readonly milliseconds: number;
}

/** Adds the files up. */
export function totalsOf(outcomes: readonly ImportOutcome[], stored: ImportTotals['stored'], milliseconds: number): ImportTotals {
  const results = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
  const sum = (of: (result: (typeof results)[number]) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const rejected: Record<string, number> = {};
  for (const result of results)
    for (const [reason, count] of Object.entries(result.rejected))
      if (count > 0) rejected[reason] = (rejected[reason] ?? 0) + count;
  return {
    files: results.length,
    lines: sum((result) => result.lines),
    packets: sum((result) => result.rows),
    stored,
    rejected,
    undercounted: sum((result) => result.undercounted),
    milliseconds,
  };
}

/** The totals for a person: what was loaded, what was known, what was not taken and how to see it. */
export function summaryText(totals: ImportTotals): string {
  const { files, lines, packets, stored, rejected, undercounted, milliseconds } = totals;
  const refused = Object.entries(rejected).sort(([, a], [, b]) => b - a);
  const others = refused.reduce((sum, [, count]) => sum + count, 0);
  const speed = lines === 0 ? '' : ` (${rate(lines / Math.max(0.001, milliseconds / 1000))} lines/s)`;
  return [
    `${counted(lines, 'line')} of ${counted(files, 'file')} in ${span(milliseconds)}${speed}\n`,
    typeof stored === 'string'
      ? lineOf('sent', `${counted(packets, 'packet')} to ${stored}; loaders store what is not there already`)
      : storedText(stored, packets),
    others === 0
      ? ''
      : lineOf(
          'rejected',
          `${counted(others, 'line')}: ${refused
            .slice(0, 4)
            .map(([reason, count]) => `${grouped(count)} ${reason}`)
            .join(', ')}${refused.length > 4 ? ', …' : ''}`,
        ),
    undercounted === 0
      ? ''
      : lineOf('missing', `${grouped(undercounted)} lines or packets were held back before they were logged`),
    nextOf(totals).length === 0 ? '' : lineOf('next', nextOf(totals)),
  ].join('');
}

function storedText({ rows, span: times, dead, by }: Stored, packets: number): string {
  const known = Math.max(0, packets - rows - dead);
  const from = times === null ? '' : `, from ${absoluteTime(times.first, false)} to ${absoluteTime(times.last, false)}`;
  return [
    lineOf('loaded', `${counted(rows, 'packet')}${from}${by === null ? '' : `, by process ${by}`}`),
    known === 0 ? '' : lineOf('known', `${counted(known, 'packet')} ${known === 1 ? 'was' : 'were'} there already`),
    dead === 0
      ? ''
      : lineOf('put aside', `${counted(dead, 'packet')} that the database cannot hold: droplens dead list shows them`),
  ].join('');
}

function lineOf(label: string, text: string): string {
  return `  ${label.padEnd(9)} ${text}\n`;
}

function counted(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** What to type next; nothing when no line was read, or when the answer is on another machine. */
function nextOf({ packets, lines, stored }: ImportTotals): string {
  if (packets > 0) return typeof stored === 'string' ? '' : `droplens top sources --since ${sinceOf(stored)}`;
  return lines === 0 ? '' : 'droplens parse --rejected FILE shows each line and why it holds no packet';
}

function sinceOf({ span: times }: Stored): string {
  if (times === null) return '24h';
  const days = Math.ceil((Date.now() - times.first) / 86_400_000);
  return days <= 1 ? '24h' : `${days}d`;
}
