import { writeNumber } from './row-bytes.ts';

/** Writes a number that seldom changes: its digits are made once and copied from then on. */
export class LeadingDigits {
  #number = -1;
  /** The digits of a number below 2^53, and room behind them. */
  readonly #digits = new DataView(new ArrayBuffer(32));
  #length = 0;

  /** Writes a whole number ≥ 0; returns the offset after it. Needs sixteen bytes of room. */
  write(out: DataView, at: number, number: number): number {
    if (number !== this.#number) {
      this.#number = number;
      this.#length = writeNumber(this.#digits, 0, number) - 1;
    }
    out.setFloat64(at, this.#digits.getFloat64(0, true), true);
    out.setFloat64(at + 8, this.#digits.getFloat64(8, true), true);
    return at + this.#length;
  }
}
