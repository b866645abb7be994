import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examinationText, examine } from '../../src/doctor/examination.ts';
import { thisMachine, type CommandOutput, type Machine } from '../../src/doctor/machine.ts';
import { plain } from '../../src/terminal/color.ts';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'droplens-'))));
afterEach(() => rmSync(root, { recursive: true }));

const now = Date.UTC(2026, 10, 21, 12);
const said = (stdout: string): CommandOutput => ({ code: 0, stdout, stderr: '' });
const refused = (stderr: string): CommandOutput => ({ code: 1, stdout: '', stderr });

/** A machine made of files and recorded command output. */
function machine(files: Readonly<Record<string, string>>, commands: Readonly<Record<string, CommandOutput>> = {}): Machine {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { ...thisMachine(0, root), now, run: (command) => Promise.resolve(commands[command] ?? null) };
}

async function examined(subject: Machine, files: string[] | null = null): Promise<string[]> {
  const store = () => Promise.resolve({ findings: [], lastPacket: null });
  const { findings } = await examine(subject, { data: '/var/lib/droplens', files, store });
  return findings.map(({ state, text }) => `${state} ${text}`);
}

const loggers = ' 2 NONE (nf_log_syslog)\n10 NONE (nf_log_syslog)\n';
const healthy = {
  '/proc/net/netfilter/nf_log': loggers,
  '/proc/sys/net/netfilter/nf_log_all_netns': '0\n',
  '/proc/sys/kernel/printk': '4\t4\t1\t7\n',
  '/etc/rsyslog.conf': 'module(load="imklog")\nkern.* -/var/log/kern.log\n',
  '/var/log/kern.log':
    'Nov 21 11:58:00 web-1 kernel: [1.000001] iptables denied: IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 ' +
    'SRC=203.0.113.66 DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=54321 PROTO=TCP SPT=40146 DPT=23 WINDOW=65535 RES=0x00 SYN URGP=0 \n' +
    'Nov 21 11:59:00 web-1 kernel: [61.000001] eth0: link up\n',
  '/dev/kmsg': '',
};
const logging = said(':INPUT ACCEPT [0:0]\n[7:420] -A INPUT -j LOG --log-prefix "iptables denied: "\n[7:420] -A INPUT -j DROP\n');

describe('examine', () => {
  it('finds nothing wrong on a healthy machine', async () => {
    expect(await examined(machine(healthy, { 'iptables-save': logging }))).toEqual([
      'ok the kernel can log IPv4 and IPv6 packets',
      'ok 1 rule logs: iptables INPUT "iptables denied: "; 7 packets so far',
      'ok rsyslog writes kern.warning, the level of the rules, to /var/log/kern.log',
      'ok /var/log/kern.log readable, last drop line 2 min ago',
      'ok /dev/kmsg readable',
      'ok clock plausible (2026-11-21 UTC)',
      expect.stringMatching(/^ok .* free under \/var\/lib\/droplens$/),
    ]);
  });

  it.each([
    ['FAIL the kernel has no netfilter logging', {}, {}],
    ['FAIL no logger is loaded for IPv4 and IPv6', { '/proc/net/netfilter/nf_log': ' 2 NONE (nfnetlink_log)\n10 NONE ()\n' }, {}],
    [
      'warn this is a network namespace of its own',
      { '/proc/net/netfilter/nf_log': loggers, '/proc/sys/net/netfilter/nf_conntrack_max': '1' },
      {},
    ],
    ['FAIL no rule logs: there are no firewall rules', {}, { 'iptables-save': said('') }],
    [
      'FAIL no rule logs: 2 rules and policies deny, none of 2 rules logs',
      {},
      { 'iptables-save': said(':INPUT DROP [0:0]\n-A INPUT -j ACCEPT\n-A INPUT -j DROP\n') },
    ],
    ['FAIL no rule logs to the kernel log: 1 rule hands', {}, { 'iptables-save': said('[1:1] -A INPUT -j NFLOG\n') }],
    ['warn 1 logging rule has a limit (5/min)', {}, { 'iptables-save': said('[1:1] -A INPUT -m limit --limit 5/min -j LOG\n') }],
    ['; no packet has reached it yet', {}, { 'iptables-save': said('[0:0] -A INPUT -j LOG\n') }],
    [
      '? which rules log: iptables-save: not allowed for this user',
      {},
      { 'iptables-save': refused("Fatal: can't open lock file: Permission denied") },
    ],
    ['? which rules log: neither iptables-save nor nft is installed', {}, {}],
    [
      'FAIL rsyslog writes kern.debug, the level of the rules, to no file',
      { '/etc/rsyslog.conf': '$ModLoad imklog\n*.info /var/log/messages\n' },
      { 'iptables-save': said('[1:1] -A INPUT -j LOG --log-level 7\n') },
    ],
    ['FAIL rsyslog does not read kernel messages', { '/etc/rsyslog.conf': 'kern.* /var/log/kern.log\n' }, {}],
    [
      'warn every denied packet is also written to the console',
      { '/proc/sys/kernel/printk': '7 4 1 7' },
      { 'iptables-save': logging },
    ],
    ['warn none of the usual log files is here', {}, {}],
    ['ok /var/log/messages readable, last written', { '/var/log/messages': 'Nov 21 11:59:00 web-1 kernel: eth0: link up\n' }, {}],
    [
      'warn /var/log/kern.log readable, last drop line 3 h ago',
      { '/var/log/kern.log': healthy['/var/log/kern.log'].replaceAll('Nov 21 11', 'Nov 21 08') },
      {},
    ],
    [
      'warn journal holds kernel messages, but only until the next restart',
      {},
      { journalctl: said('1763726400.0 web-1 kernel: x\n') },
    ],
    ['warn no /dev/kmsg here', {}, {}],
  ])('%s', async (expected, files, commands) => {
    const findings = await examined(machine(files, commands));
    expect(findings.filter((finding) => finding.includes(expected))).toHaveLength(1);
  });

  it('looks at the files of the configuration instead', async () => {
    mkdirSync(join(root, 'a-directory'));
    const findings = await examined(machine(healthy), ['/missing.log', '/a-directory']);
    expect(findings.filter((text) => /missing|directory/.test(text))).toEqual([
      'warn /missing.log: does not exist yet; it is read when it appears',
      'FAIL /a-directory: it is a directory',
    ]);
  });

  it('says that a clock is wrong', async () => {
    expect(await examined({ ...machine(healthy), now: Date.UTC(1970, 0, 2) })).toContain('FAIL the clock shows 1970-01-02');
  });

  it('never shows what a log line wants the terminal to do', async () => {
    const hostile = said('[1:1] -A INPUT -j LOG --log-prefix "\u001b[2J\u202e"\n');
    const examination = await examine(machine(healthy, { 'iptables-save': hostile }), {
      data: '/',
      files: null,
      store: () => Promise.resolve({ findings: [], lastPacket: null }),
    });
    const text = examinationText(examination, now, 80, plain);
    expect(text).toContain('"\\x1b[2J\\u{202e}"');
    expect(text).toMatch(/^drop lines arrive; the last one came 2 min ago\./);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
