import { grouped } from '../terminal/numbers.ts';

/** What became of the lines of a run. */
export interface ParseCounts {
  lines: number;
  /** Lines with a record. */
  records: number;
  /** Packets: a repeated line is several. */
  packets: number;
  rejected: Record<string, number>;
  /** Missing messages by cause; 0 where the number is not known. */
  undercounts: Record<string, number>;
  /** Lines that were longer than what is read of a line. */
  long: number;
}

export function noCounts(): ParseCounts {
  return { lines: 0, records: 0, packets: 0, rejected: {}, undercounts: {}, long: 0 };
}

/** `1,204 lines: 1,180 packets; 24 rejected (20 not-a-packet, 4 cut); undercount 1,033 (kernel-ratelimit)`. */
export function countsText(counts: ParseCounts): string {
  const rejected = Object.values(counts.rejected).reduce((sum, count) => sum + count, 0);
  const missing = Object.values(counts.undercounts).reduce((sum, count) => sum + count, 0);
  const parts = [numbered(counts.packets, 'packet')];
  if (counts.packets !== counts.records) parts[0] += ` in ${numbered(counts.records, 'line')}`;
  if (rejected > 0) parts.push(`${grouped(rejected)} rejected (${byCount(counts.rejected)})`);
  if (Object.keys(counts.undercounts).length > 0)
    parts.push(`undercount ${missing > 0 ? grouped(missing) : 'of unknown number'} (${byCount(counts.undercounts)})`);
  if (counts.long > 0) parts.push(`${grouped(counts.long)} read only in part: longer than 8 KiB`);
  return `${numbered(counts.lines, 'line')}: ${parts.join('; ')}`;
}

function numbered(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

function byCount(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => (count > 0 ? `${grouped(count)} ${name}` : name))
    .join(', ');
}
