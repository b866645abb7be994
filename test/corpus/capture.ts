/**
 * Captures what this machine's kernel prints for packets that it is sent through network namespaces of their own:
 * `tsx --conditions=dev test/corpus/capture.ts [GROUP]` as root. Writes `kernel-<version>.log` (records of /dev/kmsg) and
 * `kernel-<version>.ndjson` (the expected record of each) beside itself, and says where the kernel printed something else
 * than the sent packet lets expect. It touches no rule of the machine itself; `net.netfilter.nf_log_all_netns` is put back.
 */
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { KmsgReader } from '../kernel/kmsg-reader.ts';
import { removeLeftovers } from '../kernel/namespace.ts';
import { logAllNamespaces } from '../kernel/namespace-logging.ts';
import { missingForKernelTests } from '../kernel/requirements.ts';
import { startMachines } from './machines.ts';
import { allGroups, type CapturedLine, runGroup } from './run-group.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Every line of the groups whose name holds `wanted`. */
async function capture(wanted: string): Promise<CapturedLine[]> {
  const machines = await startMachines();
  const reader = new KmsgReader();
  try {
    const lines: CapturedLine[] = [];
    for (const group of allGroups(machines).filter(({ name }) => name.includes(wanted))) {
      const outcome = await runGroup(machines, reader, group);
      lines.push(...outcome.lines);
      for (const problem of outcome.problems) print(`DIFFERS  ${problem}`);
    }
    return lines;
  } finally {
    reader.close();
    await machines.stop();
  }
}

const missing = missingForKernelTests();
if (missing.length > 0) {
  process.stderr.write(`missing ${missing.join('; ')}\n`);
  process.exit(1);
}
await removeLeftovers();
const only = process.argv[2];
const restore = logAllNamespaces();
try {
  const lines = await capture(only ?? '');
  if (only === undefined) {
    const base = join(import.meta.dirname, `kernel-${release().split('-')[0]}`);
    const expectations = lines.map(({ case: name, expected }) =>
      JSON.stringify({ case: name, record: expected?.record, reason: expected?.reason }),
    );
    writeFileSync(`${base}.log`, lines.map(({ head, text }) => `${head};${text}\n`).join(''));
    writeFileSync(`${base}.ndjson`, expectations.map((text) => `${text}\n`).join(''));
  }
  print(`${lines.length} lines captured`);
} finally {
  restore();
}
