import { rules, type Bounds, type Rules } from './rules.ts';
import { search, type Verdict } from './search.ts';

/** A world, and a change of the rules that is tried in it. */
export interface Trial {
  readonly name: string;
  readonly change: Partial<Rules>;
  readonly bounds: Bounds;
}

/** What was tried, to be printed. */
export class Trials {
  readonly #rows: { name: string; verdict: Verdict }[] = [];

  run({ name, change, bounds }: Trial): Verdict {
    const verdict = search({ ...rules, ...change }, bounds);
    this.#rows.push({ name, verdict });
    return verdict;
  }

  /** A line for each, and below it the way to what went wrong. */
  print(title: string): void {
    const width = Math.max(...this.#rows.map(({ name }) => name.length));
    const lines = this.#rows.flatMap(({ name, verdict }) => {
      const { states, seconds, wrong, trace } = verdict;
      const outcome = wrong === null ? 'holds' : `${wrong} (${trace.length} steps)`;
      const row = `${name.padEnd(width)} ${String(states).padStart(8)} states ${seconds.toFixed(1).padStart(5)} s  ${outcome}`;
      return [row, ...trace.map((step, index) => `  ${String(index + 1).padStart(2)}. ${step}`)];
    });
    process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
  }
}
