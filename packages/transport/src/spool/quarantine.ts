import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncDirectory } from '@droplens/runtime';

/** Moves a file that is not what it claims to be out of the reader's way, never over another; returns where it is now. */
export async function moveToQuarantine(directory: string, lane: string, file: string): Promise<string> {
  const quarantine = join(directory, 'quarantine');
  await mkdir(quarantine, { recursive: true, mode: 0o700 });
  // A directory of its own, named after the moment: whatever the file is called, nothing is overwritten.
  const box = join(quarantine, `${Date.now()}-${process.pid}-${basename(lane)}`);
  await mkdir(box, { recursive: true, mode: 0o700 });
  const target = join(box, file);
  await rename(join(lane, file), target);
  for (const path of [box, quarantine, lane]) await syncDirectory(path);
  return target;
}
