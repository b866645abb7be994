import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectorOptions } from '../../src/collector/collector.ts';
import { Machine, until } from './collector-harness.ts';
import { numbersTo } from './loaded-rows.ts';

/** What a test needs to drive a source: where its lines come from. */
export interface SourceRig {
  /** What the collector is started with. */
  options(): Partial<CollectorOptions>;
  /** Lets the source say the packet lines [from, to). */
  say(from: number, to: number): void;
  /** Undoes what it has set up. */
  remove(): void;
}

/** What every log source promises, whatever it reads. */
export function conformsAsSource(name: string, rig: (machine: Machine) => SourceRig): void {
  describe(`${name} as a log source`, () => {
    let machine: Machine;
    let source: SourceRig;
    beforeEach(() => {
      machine = new Machine();
      source = rig(machine);
    });
    afterEach(async () => {
      await machine.remove();
      source.remove();
    });
    const count = async (rows: number): Promise<void> =>
      until(
        () => machine.store.rows.length >= rows,
        () => ({ numbers: machine.store.numbers, log: machine.log }),
      );

    it('publishes what is there and what comes, in order, in ranges that tile', async () => {
      source.say(0, 20);
      const collector = await machine.collect(source.options());
      await count(20);
      source.say(20, 25);
      await count(25);
      expect(machine.store.numbers).toEqual(numbersTo(25));
      const [status] = collector.status().sources;
      expect(status).toMatchObject({ records: 25, problem: null, epoch: machine.store.epochs[0] });
      expect(machine.store.epochs).toHaveLength(1);
      const ranges = machine.store.ledger;
      for (let index = 1; index < ranges.length; index += 1)
        expect(ranges[index]?.first).toBe((ranges[index - 1]?.last ?? 0) + 1);
    });

    it('goes on behind what was published after a stop', async () => {
      source.say(0, 10);
      const first = await machine.collect(source.options());
      await count(10);
      await first.stop();
      source.say(10, 20);
      await machine.collect(source.options());
      await count(20);
      expect(machine.store.numbers).toEqual(numbersTo(20));
      expect(machine.store.epochs).toHaveLength(1);
    });

    it('repeats what the transport could not take, loses and doubles nothing', async () => {
      let refusals = 3;
      machine.store.before = () => (refusals-- > 0 ? Promise.reject(machine.full()) : Promise.resolve());
      source.say(0, 10);
      await machine.collect(source.options());
      await count(10);
      expect(machine.store.numbers).toEqual(numbersTo(10));
      expect(await machine.metric('droplens_collector_retries_total')).not.toEqual([]);
    });

    it('stops while the transport does not answer, and publishes it next time', async () => {
      machine.store.before = (_append, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(machine.full()), { once: true }));
      source.say(0, 10);
      const stuck = await machine.collect(source.options());
      await until(() => stuck.status().records === 10);
      await stuck.stop();
      expect(machine.store.rows).toEqual([]);
      machine.store.before = () => Promise.resolve();
      await machine.collect(source.options());
      await count(10);
      expect(machine.store.numbers).toEqual(numbersTo(10));
    });
  });
}
