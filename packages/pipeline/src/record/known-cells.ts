import type { KnownText, Line } from '@droplens/netfilter-log';
import { type Cells, cellsOf } from './row-bytes.ts';

/** The cells of texts that the scanner knows: made when a text is used first, found by its number. */
export class KnownCells {
  readonly #texts: (KnownText<unknown> | undefined)[] = [];
  readonly #cells: Cells[] = [];
  readonly #finish: (line: Line) => string;

  /** `finish` makes the cells, escaped, each ended by a tab, from a line that has the text. */
  constructor(finish: (line: Line) => string) {
    this.#finish = finish;
  }

  /** The cells of a known text of the line. */
  of(text: KnownText<unknown>, line: Line): Cells {
    if (this.#texts[text.number] !== text) {
      this.#texts[text.number] = text;
      this.#cells[text.number] = cellsOf(this.#finish(line));
    }
    return this.#cells[text.number]!;
  }
}
