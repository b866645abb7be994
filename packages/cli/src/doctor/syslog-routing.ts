import { levelNames, levelNumber, type LoggingRule } from './firewall-rules.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import type { Machine } from './machine.ts';

/** Where rsyslog's classic selectors send kernel messages of one level. */
export interface KernelRoute {
  /** Files in the order of the configuration. */
  readonly files: readonly string[];
  /** Whether rsyslog reads kernel messages at all (imklog, or the journal through imjournal). */
  readonly reads: boolean;
}

/** Reads rsyslog's configuration; null when rsyslog is not installed. */
export async function readRsyslog(machine: Machine): Promise<string | null> {
  const main = await machine.read('/etc/rsyslog.conf').catch(() => null);
  if (main === null) return null;
  const names = (await machine.list('/etc/rsyslog.d')).filter((name) => name.endsWith('.conf')).sort();
  const parts = await Promise.all(names.map((name) => machine.read(`/etc/rsyslog.d/${name}`).catch(() => null)));
  return [main, ...parts.filter((part) => part !== null)].join('\n');
}

/** Follows a kernel message of `level` through the selectors. Filters in RainerScript are not followed. */
export function kernelRoute(configuration: string, level: number): KernelRoute {
  const lines = configuration.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  const reads = lines.some(
    (line) => /^\$ModLoad\s+im(klog|journal)\b/i.test(line) || /^module\(.*load\s*=\s*"im(klog|journal)"/i.test(line),
  );
  const files: string[] = [];
  for (const line of lines) {
    const rule = /^([\w,*;.!=]+)\s+-?(\/\S+)$/.exec(line);
    if (rule !== null && selects(rule[1]!, level) && !rule[2]!.startsWith('/dev/')) files.push(rule[2]!);
  }
  return { files, reads };
}

/** `*.info;mail.none;kern.!=debug`: the last part that names the facility decides. */
function selects(selector: string, level: number): boolean {
  let selected = false;
  for (const part of selector.split(';')) {
    const match = /^([\w,*]+)\.(!?)(=?)(\w+|\*)$/.exec(part);
    if (match === null) continue;
    const [, facilities, not, exactly, priority] = match as unknown as [string, string, string, string, string];
    if (!facilities.split(',').some((facility) => facility === '*' || facility === 'kern' || facility === '0')) continue;
    const bound = priority === '*' ? 7 : priority === 'none' ? -1 : (levelNumber(priority) ?? 7);
    const hit = exactly === '=' ? level === bound : level <= bound;
    if (priority === 'none') selected = false;
    else if (not === '!') selected &&= !hit;
    else selected ||= hit;
  }
  return selected;
}

/** Whether the levels at which rules log lead to a file, and whether they also flood the console. */
export async function checkSyslogRouting(machine: Machine, logging: readonly LoggingRule[] | null): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const levels = [...new Set((logging ?? []).map(({ level }) => level ?? 4))].sort((a, b) => a - b);
  if (levels.length === 0) levels.push(4);
  const configuration = await readRsyslog(machine);
  if (configuration !== null) {
    for (const level of levels) {
      const { files, reads } = kernelRoute(configuration, level);
      const name = `kern.${levelNames[level]}`;
      if (!reads)
        findings.push(
          fail(
            'rsyslog does not read kernel messages (imklog is not loaded)',
            'put module(load="imklog") into /etc/rsyslog.conf and restart rsyslog, or follow the journal or /dev/kmsg',
          ),
        );
      else if (files.length === 0)
        findings.push(
          fail(`rsyslog writes ${name}, the level of the rules, to no file`, 'add a line such as: kern.*  -/var/log/kern.log'),
        );
      else findings.push(ok(`rsyslog writes ${name}, the level of the rules, to ${files.slice(0, 3).join(', ')}`));
      if (!reads) break;
    }
  }
  const console = Number((await machine.read('/proc/sys/kernel/printk').catch(() => null))?.split(/\s+/)[0]);
  const loud = levels.filter((level) => level < console);
  if (logging !== null && logging.length > 0 && loud.length > 0) {
    findings.push(
      warn(
        `every denied packet is also written to the console (level ${levelNames[loud[0]!]}, console level ${console}): slow on a serial line`,
        'sysctl -w kernel.printk=4, or --log-level debug in the rule',
      ),
    );
  }
  return findings;
}
