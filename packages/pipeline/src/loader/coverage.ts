/** Which positions of one epoch are covered: disjoint stretches in ascending order, neighbours joined. */
export class Coverage {
  /** first, last, first, last … */
  readonly #edges: number[];

  constructor(edges: readonly number[] = []) {
    this.#edges = [...edges];
  }

  copy(): Coverage {
    return new Coverage(this.#edges);
  }

  /** Stretches as first, last, first, last … */
  get edges(): readonly number[] {
    return this.#edges;
  }

  /** The stretches of [first, last] that are not covered: first, last, first, last … */
  gaps(first: number, last: number): number[] {
    const gaps: number[] = [];
    let from = first;
    for (let i = this.#indexOf(first); i < this.#edges.length; i += 2) {
      const start = this.#edges[i] as number;
      if (start > last) break;
      if (start > from) gaps.push(from, start - 1);
      from = Math.max(from, (this.#edges[i + 1] as number) + 1);
    }
    if (from <= last) gaps.push(from, last);
    return gaps;
  }

  /** Covers [first, last]. */
  add(first: number, last: number): void {
    const edges = this.#edges;
    // The first stretch that touches or follows: one that ends right before `first` is joined, too.
    const index = this.#indexOf(first - 1);
    let start = first;
    let end = last;
    let next = index;
    while (next < edges.length && (edges[next] as number) <= last + 1) {
      start = Math.min(start, edges[next] as number);
      end = Math.max(end, edges[next + 1] as number);
      next += 2;
    }
    edges.splice(index, next - index, start, end);
  }

  /** Index of the first stretch whose end is at or behind `position`. */
  #indexOf(position: number): number {
    let low = 0;
    let high = this.#edges.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#edges[middle * 2 + 1] as number) < position) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }
}
