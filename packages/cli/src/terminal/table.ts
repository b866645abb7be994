import { plain, type Paint, type Tone } from './color.ts';
import { cutText, padText, safeText, textWidth } from './safe-text.ts';

/** One column of a table. Cells are untrusted text: the table makes them safe. */
export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** The column may be cut down to this many columns when room is short; without it, it is never cut. */
  readonly shrinkTo?: number;
  /** When room is short, columns leave in the order of this number, highest first; without it, it always stays. */
  readonly leaves?: number;
  readonly tone?: Tone | ((row: Row) => Tone | undefined);
}

export interface TableLayout {
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint?: Paint;
}

const gap = '  ';

/**
 * Lays rows out so that no line is wider than the terminal: optional columns leave first, then long cells are cut.
 * Only columns that may neither leave nor be cut (an address) can make a line longer.
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], layout: TableLayout): string {
  return layOut(columns, rows, layout).text;
}

/** As `table`, and the headers of the columns that had to leave. */
export function layOut<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  layout: TableLayout,
): { readonly text: string; readonly hidden: readonly string[] } {
  const paint = layout.paint ?? plain;
  const measured = columns.map((column) => {
    const cells = rows.map((row) => safeText(column.cell(row)));
    return {
      column,
      cells,
      width: cells.reduce((most, cell) => Math.max(most, textWidth(cell)), textWidth(safeText(column.header))),
    };
  });
  const shown = fit(measured, layout.width);
  const line = (part: (index: number) => [string, Tone | undefined]): string => {
    const last = shown.length - 1;
    const text = shown.map(({ column, width }, index) => {
      const [cell, tone] = part(index);
      const cut = cutText(cell, width);
      const padded = index === last && column.align !== 'right' ? cut : padText(cut, width, column.align);
      return tone === undefined ? padded : paint(tone, padded);
    });
    return ` ${text.join(gap)}`.trimEnd();
  };
  const lines = [line((index) => [safeText(shown[index]!.column.header), 'dim'])];
  rows.forEach((row, number) =>
    lines.push(
      line((index) => {
        const { column, cells } = shown[index]!;
        return [cells[number]!, typeof column.tone === 'function' ? column.tone(row) : column.tone];
      }),
    ),
  );
  const hidden = columns.filter((column) => !shown.some((one) => one.column === column)).map(({ header }) => header);
  return { text: `${lines.join('\n')}\n`, hidden };
}

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

function fit<Row>(columns: readonly Measured<Row>[], width: number): readonly Measured<Row>[] {
  let shown = [...columns];
  const total = (list: readonly Measured<Row>[], least: boolean): number =>
    1 +
    gap.length * (list.length - 1) +
    list.reduce((sum, { column, width }) => sum + (least ? Math.min(width, column.shrinkTo ?? width) : width), 0);
  while (total(shown, true) > width) {
    const leaving = shown.reduce<Measured<Row> | undefined>(
      (most, one) => ((one.column.leaves ?? 0) > (most?.column.leaves ?? 0) ? one : most),
      undefined,
    );
    if (leaving === undefined) break;
    shown = shown.filter((one) => one !== leaving);
  }
  let excess = total(shown, false) - width;
  while (excess > 0) {
    // the widest column that may still be cut gives first, so that no column starves while another is roomy
    const widest = shown.reduce<number>((best, { column, width }, index) => {
      if (column.shrinkTo === undefined || width <= column.shrinkTo) return best;
      return best < 0 || width > shown[best]!.width ? index : best;
    }, -1);
    if (widest < 0) break;
    const one = shown[widest]!;
    shown[widest] = { ...one, width: one.width - 1 };
    excess -= 1;
  }
  return shown;
}
