import { createRequire } from 'node:module';

/** What of kafkajs' request queue (2.2.4, src/network/requestQueue) is touched here. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);
let stopped = false;

/**
 * Stops kafkajs 2.2.4 from waking up every millisecond for each connection: its request queue arms a timer again and again although nothing waits in
 * it (https://github.com/tulios/kafkajs/issues/1751, unfixed), which costs 3.7 % of a core with nothing to do. A queue without waiting requests needs no
 * timer: the next request that has to wait arms one.
 */
export function stopIdleTimer(): void {
  if (stopped) return;
  stopped = true;
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  // called with the queue as `this` below
  // oxlint-disable-next-line typescript/unbound-method
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
