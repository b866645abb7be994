import { describe, expect, it } from 'vitest';
import { Lifecycle, type Component } from '../src/lifecycle.ts';

function part(name: string, log: string[], failing: 'start' | 'stop' | 'never' = 'never'): Component {
  const step = async (what: 'start' | 'stop'): Promise<void> => {
    log.push(`${what} ${name}`);
    if (what === failing) throw new Error(`${name} cannot ${what}`);
  };
  return { start: () => step('start'), stop: () => step('stop') };
}

describe('Lifecycle', () => {
  it('starts in order, stops in reverse, once', async () => {
    const log: string[] = [];
    const lifecycle = new Lifecycle([part('a', log), part('b', log)]);
    await lifecycle.start();
    await lifecycle.stop();
    await lifecycle.stop();
    expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('undoes what it started when a part cannot start', async () => {
    const log: string[] = [];
    const lifecycle = new Lifecycle([part('a', log), part('b', log, 'start'), part('c', log)]);
    await expect(lifecycle.start()).rejects.toThrow('b cannot start');
    expect(log).toEqual(['start a', 'start b', 'stop a']);
  });

  it('stops the others when one cannot stop, and says so', async () => {
    const log: string[] = [];
    const lifecycle = new Lifecycle([part('a', log), part('b', log, 'stop')]);
    await lifecycle.start();
    await expect(lifecycle.stop()).rejects.toThrow('b cannot stop');
    expect(log.slice(2)).toEqual(['stop b', 'stop a']);
  });
});
