import type { ListeningPort } from '@droplens/transport';

/**
 * Which listening ports are services. A UDP socket of a client looks like one that listens, so of the range the kernel gives to clients only that
 * counts which two readings in a row have seen.
 */
export class ServedPorts {
  #before: ReadonlySet<string> = new Set();

  of(listening: readonly ListeningPort[], ephemeral: readonly [number, number]): ListeningPort[] {
    const before = this.#before;
    const passing = listening.filter(({ proto, port }) => proto === 'UDP' && port >= ephemeral[0] && port <= ephemeral[1]);
    this.#before = new Set(passing.map(keyOf));
    const fresh = new Set(passing.map(keyOf).filter((key) => !before.has(key)));
    return listening.filter((port) => !fresh.has(keyOf(port)));
  }
}

function keyOf({ proto, address, port }: ListeningPort): string {
  return `${proto} ${address} ${port}`;
}
