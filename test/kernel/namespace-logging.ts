import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Lines of other namespaces than the first are discarded unless this is 1 (nf_log_syslog.c, `nf_log_allowed`). */
const sysctl = '/proc/sys/net/netfilter/nf_log_all_netns';

const directory = join(tmpdir(), 'droplens-nf-log-all-netns');
const original = join(directory, 'original');

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Removes the marks of processes that are gone and counts the others. */
function holders(): number {
  const marks = readdirSync(directory).filter((name) => /^\d+-/.test(name));
  const held = marks.filter((mark) => alive(Number.parseInt(mark, 10)));
  for (const mark of marks) if (!held.includes(mark)) rmSync(join(directory, mark), { force: true });
  return held.length;
}

/**
 * Makes the kernel print packets logged in any network namespace, and returns what puts the machine's setting back.
 * Several may want this at once, in one process or in many: the first notes the old value, the last one out restores it.
 */
export function logAllNamespaces(): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  holders();
  try {
    writeFileSync(original, readFileSync(sysctl, 'utf8').trim(), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const mark = join(directory, `${process.pid}-${randomBytes(4).toString('hex')}`);
  writeFileSync(mark, '');
  writeFileSync(sysctl, '1');
  return () => {
    rmSync(mark, { force: true });
    if (holders() > 0) return;
    writeFileSync(sysctl, readFileSync(original, 'utf8'));
    rmSync(directory, { recursive: true, force: true });
  };
}
