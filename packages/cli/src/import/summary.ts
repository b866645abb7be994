import type { ImportOutcome } from '@droplens/pipeline';
import { readDead } from '../query/dead.ts';
import { absoluteTime, grouped, rate, span } from '../terminal/numbers.ts';
import type { ImportSession } from './import-session.ts';

/** What an import came to. */
export interface ImportTotals {
  readonly files: number;
  readonly lines: number;
  /** Packets in the files. */
  readonly packets: number;
  /** Of these, new. */
  readonly loaded: number;
  /** Put aside, because the database cannot hold them. */
  readonly dead: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Lines or packets that the files say are missing from them. */
  readonly undercounted: number;
  /** Event times of what was loaded, milliseconds; null when nothing was. */
  readonly span: { readonly first: number; readonly last: number } | null;
  readonly milliseconds: number;
  /** The process that loaded; null when it was this one. */
  readonly loadedBy: number | null;
}

/** Adds the files up and asks the ledger what of them was new. */
export async function totalsOf(importing: ImportSession, outcomes: readonly ImportOutcome[]): Promise<ImportTotals> {
  const results = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
  const milliseconds = Date.now() - importing.began;
  const sum = (of: (result: (typeof results)[number]) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const rejected: Record<string, number> = {};
  for (const result of results)
    for (const [reason, count] of Object.entries(result.rejected))
      if (count > 0) rejected[reason] = (rejected[reason] ?? 0) + count;
  const { rows, first, last } = await loadedSince(importing);
  const buried = await readDead(importing.deadDirectory);
  return {
    files: results.length,
    lines: sum((result) => result.lines),
    packets: sum((result) => result.rows),
    loaded: rows,
    dead: buried.filter(({ time }) => Date.parse(time) >= importing.began).length,
    rejected,
    undercounted: sum((result) => result.undercounted),
    span: rows === 0 ? null : { first, last },
    milliseconds,
    loadedBy: importing.loadedBy,
  };
}

async function loadedSince({ opened, began }: ImportSession): Promise<{ rows: number; first: number; last: number }> {
  const since = `fromUnixTimestamp64Milli(${Math.floor(began)}, 'UTC')`;
  const query =
    `SELECT toFloat64((SELECT sum(rows) FROM ledger WHERE source = 'spool/import' AND loaded_at >= ${since})) AS rows, ` +
    `toFloat64(toUnixTimestamp64Milli(min(time))) AS first, toFloat64(toUnixTimestamp64Milli(max(time))) AS last FROM drops WHERE loaded_at >= ${since}`;
  const parts: Uint8Array[] = [];
  for await (const part of opened.store.sql(query, 'JSONEachRow')) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString()) as { rows: number; first: number; last: number };
}

/** The totals for a person: what was loaded, what was known, what was not taken and how to see it. */
export function summaryText(totals: ImportTotals): string {
  const { files, lines, packets, loaded, dead, rejected, undercounted, milliseconds } = totals;
  const refused = Object.entries(rejected).sort(([, a], [, b]) => b - a);
  const others = refused.reduce((sum, [, count]) => sum + count, 0);
  const known = Math.max(0, packets - loaded - dead);
  const lineOf = (label: string, text: string): string => `  ${label.padEnd(9)} ${text}\n`;
  const from =
    totals.span === null ? '' : `, from ${absoluteTime(totals.span.first, false)} to ${absoluteTime(totals.span.last, false)}`;
  const speed = lines === 0 ? '' : ` (${rate(lines / Math.max(0.001, milliseconds / 1000))} lines/s)`;
  return [
    `${counted(lines, 'line')} of ${counted(files, 'file')} in ${span(milliseconds)}${speed}\n`,
    lineOf('loaded', `${counted(loaded, 'packet')}${from}${totals.loadedBy === null ? '' : `, by process ${totals.loadedBy}`}`),
    known === 0 ? '' : lineOf('known', `${counted(known, 'packet')} ${known === 1 ? 'was' : 'were'} there already`),
    dead === 0 ? '' : lineOf('put aside', `${counted(dead, 'packet')} that the database cannot hold: droplens dead shows them`),
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

function counted(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** What to type next; nothing when no line was read. */
function nextOf(totals: ImportTotals): string {
  if (totals.packets > 0) return `droplens top sources --since ${sinceOf(totals)}`;
  return totals.lines === 0 ? '' : 'droplens parse --rejected FILE shows each line and why it holds no packet';
}

function sinceOf({ span: times }: ImportTotals): string {
  if (times === null) return '24h';
  const days = Math.ceil((Date.now() - times.first) / 86_400_000);
  return days <= 1 ? '24h' : `${days}d`;
}
