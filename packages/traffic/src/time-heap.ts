/** Something that happens at a time; among equal times the lower order goes first, so that a run is the same everywhere. */
export interface Timed {
  at: number;
  readonly order: number;
}

function before(left: Timed, right: Timed): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

/** A binary heap: what happens next is on top. */
export class TimeHeap<T extends Timed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** What happens next, or undefined when nothing is left. */
  get next(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[place] = items[parent]!;
      place = parent;
    }
    items[place] = item;
  }

  /** Takes the top away. */
  pop(): void {
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.settle();
    }
  }

  /** To be called after the top's time was moved to later. */
  settle(): void {
    const items = this.#items;
    const item = items[0]!;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child += 1;
      if (!before(items[child]!, item)) break;
      items[place] = items[child]!;
      place = child;
    }
    items[place] = item;
  }
}
