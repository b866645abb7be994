import { fail, ok, unknown, warn, type Finding } from './finding.ts';
import type { Machine } from './machine.ts';

/** `/proc/net/netfilter/nf_log`: ` 2 NONE (nf_log_syslog)`: family, the logger in use, and in brackets those that are loaded. */
const loggerLine = /^\s*(\d+)\s+(\S+)\s+\(([^)]*)\)/;
const families = [
  { number: 2, name: 'IPv4' },
  { number: 10, name: 'IPv6' },
] as const;
const printers = /nf_log_(syslog|ipv4|ipv6)|ip6?t_LOG/;

/** Whether the kernel of this machine, seen from this namespace, prints packets that a rule logs. */
export async function checkKernelLogging(machine: Machine): Promise<readonly Finding[]> {
  const loggers = await machine.read('/proc/net/netfilter/nf_log').catch(() => 'unreadable');
  if (loggers === 'unreadable')
    return [unknown('whether the kernel can log: /proc/net/netfilter/nf_log is not readable', 'look again as root')];
  if (loggers === null) {
    return [
      fail(
        'the kernel has no netfilter logging (no /proc/net/netfilter/nf_log)',
        'as root: modprobe nf_log_syslog; in a container, run droplens on the host',
      ),
    ];
  }
  const loaded = new Map<number, string>();
  for (const line of loggers.split('\n')) {
    const match = loggerLine.exec(line);
    if (match !== null) loaded.set(Number(match[1]), match[3]!);
  }
  const missing = families.filter(({ number }) => !printers.test(loaded.get(number) ?? ''));
  const findings =
    missing.length === 0
      ? [ok('the kernel can log IPv4 and IPv6 packets')]
      : [
          (missing.length === families.length ? fail : warn)(
            `no logger is loaded for ${missing.map(({ name }) => name).join(' and ')}: packets that a rule logs are not printed`,
            'as root: modprobe nf_log_syslog (nf_log_ipv4 and nf_log_ipv6 before Linux 5.13); a LOG rule loads it by itself',
          ),
        ];
  const namespace = await checkNamespace(machine);
  return namespace === null ? findings : [...findings, namespace];
}

/** In a namespace of its own, a LOG rule prints nothing unless the host allows it; that switch is only seen on the host. */
async function checkNamespace(machine: Machine): Promise<Finding | null> {
  const switchFile = '/proc/sys/net/netfilter/nf_log_all_netns';
  if (await machine.exists(switchFile)) {
    const value = (await machine.read(switchFile).catch(() => null))?.trim();
    const container = await containerKind(machine);
    if (container !== null)
      return ok(`in a container (${container}) that shares the host's network: its rules log like the host's`);
    return value === '1' ? ok('rules in network namespaces (containers) are logged, too (nf_log_all_netns is 1)') : null;
  }
  if (!(await machine.exists('/proc/sys/net/netfilter'))) return null;
  return warn(
    'this is a network namespace of its own (a container): the kernel prints its packets only when the host allows it',
    'on the host: sysctl -w net.netfilter.nf_log_all_netns=1, and read the log there',
  );
}

async function containerKind(machine: Machine): Promise<string | null> {
  if (await machine.exists('/.dockerenv')) return 'docker';
  if (await machine.exists('/run/.containerenv')) return 'podman';
  const kind = await machine.read('/run/systemd/container').catch(() => null);
  return kind === null ? null : kind.trim();
}
