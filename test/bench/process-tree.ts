import { readFileSync } from 'node:fs';

/** Text of a file under /proc, empty when the process is gone. */
function proc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return '';
  }
}

/** Process ids of the children of a process. */
export function childrenOf(pid: number): readonly number[] {
  return proc(`${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** The process and everything below it. */
export function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** CPU seconds that a process and its ended children have used so far, all threads; ticks of a hundredth of a second. */
export function cpuSecondsOf(pid: number): number {
  const stat = proc(`${pid}/stat`);
  // the command name may hold anything, a closing parenthesis too: fields are counted from the last one
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

/** Memory in MiB: the most that was resident at one time, and what is now. */
export function memoryOf(pid: number): { readonly peak: number; readonly now: number } {
  const status = proc(`${pid}/status`);
  const value = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { peak: value('VmHWM'), now: value('VmRSS') };
}
