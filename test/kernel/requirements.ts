import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync } from 'node:fs';

/** Whether a command can be run at all. */
function exists(...command: readonly [string, ...string[]]): boolean {
  return spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;
}

function isReadable(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false; // not there, or not for this user
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // not there, or not for this user
  }
}

/** What the tests against the running kernel need and this machine lacks, each with how to get it. */
export function missingForKernelTests(): string[] {
  if (process.getuid?.() !== 0) return ['root (run `sudo npm run test:kernel`)'];
  const needs: readonly (readonly [fulfilled: boolean, what: string])[] = [
    [exists('ip', '-V'), 'the command ip (apt-get install iproute2)'],
    [exists('nft', '--version'), 'the command nft (apt-get install nftables)'],
    [exists('iptables', '-V'), 'the command iptables (apt-get install iptables)'],
    [exists('iptables-legacy', '-V'), 'the command iptables-legacy (apt-get install iptables)'],
    [exists('python3', '-V'), 'the command python3 (apt-get install python3)'],
    [exists('unshare', '--net', 'true'), 'network namespaces (a container needs --privileged)'],
    [isReadable('/dev/kmsg'), '/dev/kmsg (a container needs --privileged)'],
    [
      isWritable('/proc/sys/net/netfilter/nf_log_all_netns'),
      'the sysctl net.netfilter.nf_log_all_netns (modprobe nf_log_syslog; a container needs --privileged)',
    ],
  ];
  return needs.filter(([fulfilled]) => !fulfilled).map(([, what]) => what);
}

/**
 * Whether the tests of `suite` cannot run here, said in one line with what is missing; with `kernel` in
 * DROPLENS_TEST_REQUIRE (a comma-separated list) that is an error instead.
 */
export function withoutKernel(suite: string): boolean {
  const missing = missingForKernelTests();
  if (missing.length === 0) return false;
  const message = `${suite}: missing ${missing.join('; ')}`;
  const required = (process.env['DROPLENS_TEST_REQUIRE'] ?? '').split(',').map((each) => each.trim());
  if (required.includes('kernel')) throw new Error(message);
  process.stderr.write(`skipped – ${message}\n`);
  return true;
}
