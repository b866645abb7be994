import type { Verdict } from './check.ts';
import type { Cost } from './run.ts';

/** Something that reads all lines of the input. */
export interface Contender {
  readonly name: string;
  readonly run: () => Promise<Cost>;
  /** Whether what it made of the lines is right; looked at after the first round. */
  readonly check?: () => Promise<Verdict>;
  /** CPU seconds per million lines that it should not exceed. */
  readonly target?: number;
  /** How to get what is missing; then there is nothing to run. */
  readonly missing?: string;
}

/** A contender that is not installed here. */
export function missing(name: string, install: string): Contender {
  return { name, missing: install, run: () => Promise.reject(new Error(`${name} is not installed`)) };
}
