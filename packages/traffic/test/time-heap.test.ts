import { describe, expect, it } from 'vitest';
import { Random } from '../src/random.ts';
import { TimeHeap, type Timed } from '../src/time-heap.ts';

describe('TimeHeap', () => {
  it('hands over in order of time, equal times in order of their number, whatever came in between', () => {
    const random = new Random(1);
    const heap = new TimeHeap<Timed>();
    let order = 0;
    const seen: Timed[] = [];
    for (let turn = 0; turn < 5000; turn += 1) {
      const now = seen.at(-1)?.at ?? 0;
      heap.push({ at: now + random.below(50), order: (order += 1) });
      const next = heap.next!;
      if (random.chance(0.5)) {
        seen.push({ ...next });
        if (random.chance(0.5)) {
          next.at += random.below(20);
          heap.settle();
        } else heap.pop();
      }
    }
    for (let next = heap.next; next !== undefined; next = heap.next) {
      seen.push({ ...next });
      heap.pop();
    }
    expect(heap.size).toBe(0);
    expect(seen.length).toBeGreaterThan(5000);
    const times = seen.map((item) => item.at);
    expect(times).toEqual([...times].sort((left, right) => left - right));
  });

  it('prefers the lower number at one time', () => {
    const heap = new TimeHeap<Timed>();
    for (const order of [3, 1, 2]) heap.push({ at: 7, order });
    const orders: number[] = [];
    for (let next = heap.next; next !== undefined; next = heap.next) {
      orders.push(next.order);
      heap.pop();
    }
    expect(orders).toEqual([1, 2, 3]);
  });
});
