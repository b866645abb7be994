import { bytes } from '../terminal/numbers.ts';
import { fail, ok, unknown, warn, type Finding } from './finding.ts';
import type { Machine } from './machine.ts';

/** This version did not exist before: a clock that shows less is wrong. */
const earliest = Date.UTC(2026, 0, 1);
const latest = Date.UTC(2100, 0, 1);

/** Whether the machine's clock can be right: lines without a year, and retention, depend on it. */
export function checkClock(machine: Machine): Finding {
  const shown = new Date(machine.now).toISOString().slice(0, 10);
  if (machine.now < earliest || machine.now > latest)
    return fail(`the clock shows ${shown}`, 'set it (timedatectl set-ntp true); droplens waits until it is right');
  return ok(`clock plausible (${shown} UTC)`);
}

const little = 200_000_000;
const scarce = 2_000_000_000;

/** Whether the data directory has room and may be written. */
export async function checkDisk(machine: Machine, data: string): Promise<Finding> {
  const free = await machine.free(data).catch(() => null);
  if (free === null) return unknown(`free space under ${data}`);
  const text = `${bytes(free.bytes)} free under ${data}`;
  if (free.bytes < little || free.files < 100) return fail(text, 'free some space; droplens waits and goes on by itself');
  if (free.bytes < scarce) return warn(text, 'lower retention.raw_days, or give another directory with --data');
  return ok(text);
}
