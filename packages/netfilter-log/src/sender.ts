import { dot, nine, startsWith, zero } from './ascii.ts';
import { writer } from './suppression.ts';

/* Whose a message is, by the names that syslog has for senders: facilities, severities, programs' tags. They are the sender's own words. */

const facilities = ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'];
for (let i = 0; i < 8; i++) facilities.push(`local${i}`);
const severities = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'error', 'warning', 'panic'];

/** Programs whose tags often come without a pid; what has a pid is a program anyway. */
const programs = [
  'sudo',
  'su',
  'sshd',
  'login',
  'doas',
  'CRON',
  'cron',
  'crond',
  'systemd',
  'auditd',
  'dbus',
  'named',
  'dhclient',
  'polkitd',
  'logger',
];

/** Whose tag [from, to) is; -1 when that cannot be told and it may be the beginning of a prefix. */
export function writerOf(b: Uint8Array, from: number, to: number, hasPid: boolean): number {
  if (startsWith(b, from, 'ulogd')) return writer.kernel;
  if (startsWith(b, from, 'systemd-journal') || isName(b, from, to, 'journal')) return writer.journald;
  if (startsWith(b, from, 'rsyslogd')) return writer.rsyslog;
  if (hasPid) return writer.program;
  for (const name of programs) if (isName(b, from, to, name)) return writer.program;
  return -1;
}

/** Whose message a syslog identifier says it is, for the journal. -1: not a program's name we know to be none of the kernel's. */
export function writerNamed(b: Uint8Array, from: number, to: number): number {
  return isName(b, from, to, 'kernel') ? writer.kernel : writerOf(b, from, to, true);
}

export function isName(b: Uint8Array, from: number, to: number, name: string): boolean {
  return to - from === name.length && startsWith(b, from, name);
}

/** facility "." severity, with busybox' and OpenWrt's names. */
export function isFacility(b: Uint8Array, from: number, to: number): boolean {
  const end = wordEnd(b, from);
  return end > from && b[end] === dot && end < to && facilityAt(b, from, end) && severityAt(b, end + 1, to);
}

export function facilityAt(b: Uint8Array, from: number, to: number): boolean {
  for (const name of facilities) if (isName(b, from, to, name)) return true;
  return false;
}

export function severityAt(b: Uint8Array, from: number, to: number): boolean {
  for (const name of severities) if (isName(b, from, to, name)) return true;
  return false;
}

export function wordEnd(b: Uint8Array, at: number): number {
  let p = at;
  while ((b[p]! >= 0x61 && b[p]! <= 0x7a) || (b[p]! >= zero && b[p]! <= nine)) p++;
  return p;
}
