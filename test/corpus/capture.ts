/**
 * Captures what this machine's kernel prints for packets that it is sent through network namespaces of their own:
 * `tsx --conditions=dev test/corpus/capture.ts` as root. Writes `kernel-<version>.log` (records of /dev/kmsg) and
 * `kernel-<version>.ndjson` (the expected record of each) beside itself, and says where the kernel printed something else
 * than the sent packet lets expect. It touches no rule of the machine itself; `net.netfilter.nf_log_all_netns` is put back.
 */
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { KmsgReader } from '../kernel/kmsg-reader.ts';
import { logAllNamespaces } from '../kernel/namespace-logging.ts';
import { flush } from './groups.ts';
import { linkAndMessageGroups } from './link-groups.ts';
import { isOurs, startMachines } from './machines.ts';
import { placeGroups } from './place-groups.ts';
import { prefixGroups } from './prefix-groups.ts';
import { shapeGroups } from './shape-groups.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const only = process.argv[2];
const restore = logAllNamespaces();
try {
  const machines = await startMachines();
  const reader = new KmsgReader();
  try {
    const lines: string[] = [];
    const expected: string[] = [];
    let differing = 0;
    for (const group of [
      ...shapeGroups(machines),
      ...placeGroups(machines),
      ...prefixGroups(machines),
      ...linkAndMessageGroups(machines),
    ]) {
      if (only !== undefined && !group.name.includes(only)) continue;
      await flush(machines);
      await group.install();
      reader.take(isOurs);
      for (const shot of group.shots) {
        const name = `${group.name}: ${shot.name}`;
        try {
          await shot.send();
        } catch (error) {
          print(`NOT SENT  ${name}: ${String(error)}`);
          continue;
        }
        const records = await reader.wait(isOurs, shot.expected.length, 500);
        if (records.length !== shot.expected.length) print(`${records.length} LINES   ${name}`);
        for (const [index, record] of records.entries()) {
          const wanted = shot.expected[index];
          if (record.text !== wanted?.line) {
            differing += 1;
            print(`DIFFERS   ${name}\n  kernel  ${record.text}|\n  thought ${wanted?.line}|`);
          }
          lines.push(`${record.head};${record.text}`);
          expected.push(JSON.stringify({ case: name, record: wanted?.record, reason: wanted?.reason }));
        }
      }
    }
    const base = join(import.meta.dirname, `kernel-${release().split('-')[0]}`);
    if (only === undefined) {
      writeFileSync(`${base}.log`, `${lines.join('\n')}\n`);
      writeFileSync(`${base}.ndjson`, `${expected.join('\n')}\n`);
    }
    print(`${lines.length} lines captured, ${differing} differ`);
  } finally {
    reader.close();
    await machines.stop();
  }
} finally {
  restore();
}
