import type { Bounds, Fault, Rules } from './rules.ts';
import type { State } from './state.ts';

/** What may happen next. */
export interface Step {
  /** One line for people. */
  readonly label: string;
  readonly next: State;
  readonly fault: boolean;
}

/** The rules, the bounds, and the steps out of one state as they are found. */
export class World {
  readonly rules: Rules;
  readonly bounds: Bounds;
  readonly #possible: ReadonlySet<Fault>;
  #steps: Step[] = [];

  constructor(rules: Rules, bounds: Bounds) {
    this.rules = rules;
    this.bounds = bounds;
    this.#possible = new Set(bounds.possible);
  }

  /** Something that goes its way. */
  step(next: State, label: string): void {
    this.#steps.push({ label, next, fault: false });
  }

  /** Whether this may go wrong here. */
  mayFail(state: State, fault: Fault): boolean {
    return state.time.faults > 0 && this.#possible.has(fault);
  }

  /** Something that goes wrong: takes one of the faults that are left. */
  fault(next: State, label: string): void {
    this.#steps.push({
      label: `FAULT: ${label}`,
      next: { ...next, time: { ...next.time, faults: next.time.faults - 1 } },
      fault: true,
    });
  }

  /** The steps found since the last call. */
  take(): Step[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }
}
