/** Columns of text, the first one left, the others right; nothing else than spaces, so that it can be pasted. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const last = head.length - 1;
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 || column === last ? cell.padEnd(widths.at(column)!) : cell.padStart(widths.at(column)!),
      )
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''].join('\n');
}

/** The middle of a list that has an odd length, the lower middle otherwise. */
export function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right).at(Math.floor((values.length - 1) / 2))!;
}

/** `met`, or `NOT MET`, with the limit: what was promised is said beside what was found. */
export function againstTarget(value: number, limit: number, unit: string): string {
  return `${value <= limit ? 'met' : 'NOT MET'}: ≤ ${limit} ${unit}`;
}

/** The same for what should be at least so much. */
export function againstLeast(value: number, least: number, unit: string): string {
  return `${value >= least ? 'met' : 'NOT MET'}: ≥ ${least} ${unit}`;
}
