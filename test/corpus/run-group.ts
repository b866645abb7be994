import type { KmsgReader } from '../kernel/kmsg-reader.ts';
import { flush, type Group } from './groups.ts';
import { linkAndMessageGroups } from './link-groups.ts';
import { isOurs, type Machines } from './machines.ts';
import type { Expectation } from './packet/logged.ts';
import { placeGroups } from './place-groups.ts';
import { prefixGroups } from './prefix-groups.ts';
import { shapeGroups } from './shape-groups.ts';

/** A line that the kernel printed for a packet that we sent; without `expected` nobody knows why. */
export interface CapturedLine {
  readonly case: string;
  /** `prio,seq,usec,flags` */
  readonly head: string;
  readonly text: string;
  readonly expected: Expectation | undefined;
}

/** What went otherwise than expected, one line each, and all that was printed. */
export interface GroupOutcome {
  readonly lines: readonly CapturedLine[];
  readonly problems: readonly string[];
}

/** All that the corpus is made of, in its order. */
export function allGroups(machines: Machines): Group[] {
  return [...shapeGroups(machines), ...placeGroups(machines), ...prefixGroups(machines), ...linkAndMessageGroups(machines)];
}

/** Installs a group's rules, sends its packets one by one, and collects what the kernel prints for each. */
export async function runGroup(machines: Machines, reader: KmsgReader, group: Group): Promise<GroupOutcome> {
  const lines: CapturedLine[] = [];
  const problems: string[] = [];
  await flush(machines);
  await group.install();
  reader.take(isOurs);
  for (const shot of group.shots) {
    const name = `${group.name}: ${shot.name}`;
    await shot.send();
    // a line is in the ring before its packet's sender goes on; the wait is for the few that take a softirq
    const records = await reader.wait(isOurs, shot.expected.length, 1000);
    if (records.length !== shot.expected.length)
      problems.push(`${name}: ${records.length} lines instead of ${shot.expected.length}`);
    for (const [index, { head, text }] of records.entries()) {
      const expected = shot.expected[index];
      lines.push({ case: name, head, text, expected });
      if (text !== expected?.line) problems.push(`${name}\n  kernel  ${text}|\n  thought ${expected?.line}|`);
    }
  }
  return { lines, problems };
}
