import { expect, test } from 'vitest';
import { ClickHouseError } from '../src/clickhouse-error.ts';
import { BoundedQueue } from '../src/queue.ts';

const never = new AbortController().signal;

test('lets so many run, the others in order, and refuses beyond its bound', async () => {
  const queue = new BoundedQueue(2, 2);
  const order: number[] = [];
  const [first, second] = [await queue.enter(never), await queue.enter(never)];
  const third = queue.enter(never).then((leave) => (order.push(3), leave));
  const fourth = queue.enter(never).then((leave) => (order.push(4), leave));
  expect([queue.running, queue.waiting]).toEqual([2, 2]);
  await expect(queue.enter(never)).rejects.toMatchObject({ code: 202, type: 'TOO_MANY_SIMULTANEOUS_QUERIES' });
  first();
  first();
  (await third)();
  second();
  (await fourth)();
  expect(order).toEqual([3, 4]);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test('drops who goes away before the start, and everybody when it is cleared', async () => {
  const queue = new BoundedQueue(1, 5);
  const leave = await queue.enter(never);
  const control = new AbortController();
  const gone = queue.enter(control.signal);
  const cleared = queue.enter(never);
  control.abort(new ClickHouseError(394, 'QUERY_WAS_CANCELLED', 'gone'));
  await expect(gone).rejects.toMatchObject({ code: 394 });
  queue.clear(new ClickHouseError(210, 'NETWORK_ERROR', 'closing'));
  await expect(cleared).rejects.toMatchObject({ code: 210 });
  await expect(queue.enter(control.signal)).rejects.toMatchObject({ code: 394 });
  leave();
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});
