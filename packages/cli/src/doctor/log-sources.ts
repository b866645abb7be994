import { parseLine } from '@droplens/netfilter-log';
import { systemReason } from '../command-error.ts';
import { span } from '../terminal/numbers.ts';
import { fail, ok, unknown, warn, type Finding } from './finding.ts';
import type { Machine } from './machine.ts';

/** Where distributions put kernel messages; a configuration names others. */
export const usualLogFiles = [
  '/var/log/kern.log',
  '/var/log/ufw.log',
  '/var/log/firewall',
  '/var/log/messages',
  '/var/log/syslog',
] as const;

/** What the places that could hold packet lines look like. */
export interface SourcesExamined {
  readonly findings: readonly Finding[];
  /** Time of the youngest packet line that was seen, milliseconds; null when none was. */
  readonly lastLine: number | null;
}

/** How much of a log's end is read in search of the last packet line. */
const tailBytes = 1024 * 1024;
const hour = 3_600_000;

/** Looks at log files, the journal and the kernel's ring buffer. `files`: those of the configuration, else the usual ones. */
export async function checkLogSources(machine: Machine, files: readonly string[] | null): Promise<SourcesExamined> {
  const found = await Promise.all((files ?? usualLogFiles).map((file) => checkFile(machine, file, files !== null)));
  const seen = found.filter((one) => one !== null);
  const others = files === null ? [await checkJournal(machine), await checkRing(machine)] : [];
  const findings = [...seen.flatMap(({ finding }) => finding), ...others.filter((finding) => finding !== null)];
  const times = seen.map(({ lastLine }) => lastLine).filter((time) => time !== null);
  if (files === null && seen.length === 0)
    findings.unshift(
      warn(
        'none of the usual log files is here (kern.log, messages, syslog, ufw.log)',
        'droplens reads the journal or /dev/kmsg then; for a file elsewhere, name it under sources',
      ),
    );
  return { findings, lastLine: times.length === 0 ? null : Math.max(...times) };
}

async function checkFile(
  machine: Machine,
  file: string,
  configured: boolean,
): Promise<{ finding: Finding; lastLine: number | null } | null> {
  let tail: Awaited<ReturnType<Machine['tail']>>;
  try {
    tail = await machine.tail(file, tailBytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const text = `${file}: ${systemReason(error)}`;
    if (code !== 'EACCES' && code !== 'EPERM') return { finding: fail(text, 'give a regular file'), lastLine: null };
    const remedy = 'run as root, or add this user to the group that owns it (usually adm)';
    return { finding: configured ? fail(text, remedy) : unknown(text, remedy), lastLine: null };
  }
  if (tail === null)
    return configured ? { finding: warn(`${file}: does not exist yet; it is read when it appears`), lastLine: null } : null;
  const lastLine = lastPacket(tail.text, machine.now);
  if (lastLine === null) {
    const age = span(machine.now - tail.changed);
    const part = tail.size > tailBytes ? `in the last ${tailBytes / 1024 / 1024} MiB of it` : 'in it';
    return { finding: ok(`${file} readable, last written ${age} ago, no drop line ${part}`), lastLine: null };
  }
  const old = machine.now - lastLine > hour;
  const text = `${file} readable, last drop line ${span(machine.now - lastLine)} ago`;
  return { finding: old ? warn(text) : ok(text), lastLine };
}

/** The time of the last packet line of a text; null when there is none. */
export function lastPacket(text: string, now: number): number | null {
  const lines = text.split('\n');
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    // cheap test first: most lines of a syslog are no packets
    if (!lines[index]!.includes('IN=')) continue;
    const result = parseLine(lines[index]!, { referenceTime: now });
    if (result.ok) return result.record.time;
  }
  return null;
}

async function checkJournal(machine: Machine): Promise<Finding | null> {
  const version = await machine.run('journalctl', ['--version']);
  if (version === null) return null;
  const journals = await machine.list('/var/log/journal');
  const [id] = [(await machine.read('/etc/machine-id').catch(() => null))?.trim() ?? ''];
  const persistent = id !== '' && journals.includes(id);
  const output = await machine.run('journalctl', [
    '--quiet',
    '--no-pager',
    '_TRANSPORT=kernel',
    '--lines=1',
    '--output=short-unix',
  ]);
  if (output === null || output.code !== 0 || output.stdout.trim() === '') {
    const denied = /permission|not seeing messages/i.test(output?.stderr ?? '');
    if (denied)
      return unknown('the journal shows nothing to this user', 'run as root, or add this user to the group systemd-journal');
    return persistent ? ok('journal present, without kernel messages') : null;
  }
  return persistent
    ? ok('journal holds kernel messages and survives a restart')
    : warn(
        'journal holds kernel messages, but only until the next restart',
        'mkdir /var/log/journal && systemctl restart systemd-journald',
      );
}

async function checkRing(machine: Machine): Promise<Finding | null> {
  const refused = await machine.openable('/dev/kmsg');
  if (refused === 'ENOENT') return warn('no /dev/kmsg here', 'in a container, give it the device: --device /dev/kmsg');
  if (refused === null) return ok('/dev/kmsg readable');
  const restricted = (await machine.read('/proc/sys/kernel/dmesg_restrict').catch(() => null))?.trim() === '1';
  const text = `/dev/kmsg not readable by this user${restricted ? ' (kernel.dmesg_restrict is 1)' : ''}`;
  return unknown(text, 'needed only when no log file and no journal has the lines: run as root, or give the process CAP_SYSLOG');
}
