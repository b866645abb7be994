import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SourceConfig } from './config.ts';
import { expandGlob } from './glob.ts';
import { openKmsg } from './kmsg-device.ts';
import { type LogSample, overlap, sampleLines, sampleLog } from './log-sample.ts';

/** Where syslog daemons put the kernel's lines, the most likely first. */
const logFiles = [
  'kern.log',
  'syslog',
  'messages',
  'ufw.log',
  'firewall',
  'firewall.log',
  'firewalld',
  'iptables.log',
  'netfilter.log',
  'nftables.log',
  'shorewall.log',
  'shorewall-init.log',
  'kernel',
  'kernel.log',
  'kern',
  'everything.log',
  'ulog/*.log',
  'ulog/*.emu',
] as const;

/** One place that was looked at, in words. */
export interface Finding {
  /** `/var/log/kern.log`, `the journal`, `/dev/kmsg`. */
  readonly place: string;
  /** `412 packet lines, the newest 3 s ago`, `no permission` … */
  readonly found: string;
  /** True when it can be followed and holds packet lines of the last days. */
  readonly usable: boolean;
}

export interface Detection {
  /** What to follow; empty when nothing can be. */
  readonly sources: readonly SourceConfig[];
  /** For the line `log …` of `up`: the place chosen, or that there is none. */
  readonly chosen: string;
  /** Why: in one sentence, with what else has the same lines or why nothing can be followed. */
  readonly why: string;
  readonly findings: readonly Finding[];
}

/**
 * Looks for the kernel's packet lines on this machine: log files that hold recent ones, then a persistent journal, then /dev/kmsg. Files
 * cost least, and a journal keeps more than the ring. Reads only ends of files; never throws for what it may not read, but says it.
 */
export async function detectSources(options: { root?: string; now?: number } = {}): Promise<Detection> {
  const root = options.root ?? '/';
  const now = options.now ?? Date.now();
  const findings: Finding[] = [];
  const samples = await sampleFiles(root, now, findings);
  const journal = await sampleJournal(root, now, findings);
  const kmsg = sampleKmsg(root, now, findings);
  const elsewhere = [
    journal !== null && journal.packets > 0 ? 'the journal' : null,
    kmsg !== null && kmsg.packets > 0 ? '/dev/kmsg' : null,
  ]
    .filter((place) => place !== null)
    .join(' and ');

  const usable = samples.filter((sample) => sample.packets > 0).sort((a, b) => b.packets - a.packets || a.lines - b.lines);
  if (usable.length > 0) {
    const chosen: LogSample[] = [];
    const skipped: LogSample[] = [];
    // Of logs that hold the same lines one is followed; a log with lines of its own is followed, too.
    for (const sample of usable) (chosen.some((other) => overlap(other, sample)) ? skipped : chosen).push(sample);
    const counts = chosen.map((sample) => `${grouped(sample.packets)} packet lines at the end of ${sample.path}`).join(', ');
    const others = [skipped.map((sample) => sample.path).join(', '), elsewhere].filter((text) => text !== '').join(', ');
    return {
      sources: chosen.map((sample) => ({ file: sample.path })),
      chosen: chosen.map((sample) => sample.path).join(', '),
      why: `${counts}, the newest ${age(now - Math.max(...chosen.map((sample) => sample.newest)))} ago${others === '' ? '' : `; ${others} also have them, ${skipped.length > 0 ? 'one file is enough' : 'a file costs least'}`}`,
      findings,
    };
  }
  const unread = findings.filter((finding) => finding.found.startsWith('no permission')).map((finding) => finding.place);
  const hint = unread.length === 0 ? '' : `; ${unread.join(', ')} may not be read by this user`;
  if (journal !== null) {
    return {
      sources: [{ journald: {} }],
      chosen: 'the journal',
      why: `no log file holds recent packet lines, the journal ${journal.packets > 0 ? `holds ${grouped(journal.packets)}` : "has the kernel's messages"} and outlives a restart${hint}`,
      findings,
    };
  }
  if (kmsg !== null) {
    return {
      sources: [{ kmsg: {} }],
      chosen: '/dev/kmsg',
      why: `no log file holds recent packet lines and there is no persistent journal; the kernel's own buffer ${kmsg.packets > 0 ? `holds ${grouped(kmsg.packets)}` : 'can be read'}${hint}`,
      findings,
    };
  }
  return {
    sources: [],
    chosen: 'none',
    why:
      unread.length > 0
        ? `${unread.join(', ')} may not be read by this user: run as root, or be in the groups adm and systemd-journal`
        : 'no log file holds packet lines, and there is neither a persistent journal nor /dev/kmsg',
    findings,
  };
}

async function sampleFiles(root: string, now: number, findings: Finding[]): Promise<LogSample[]> {
  const samples: LogSample[] = [];
  const seen = new Set<string>();
  for (const pattern of logFiles) {
    for (const path of await expandGlob(join(root, 'var/log', pattern))) {
      if (seen.has(path)) continue;
      seen.add(path);
      try {
        const sample = await sampleLog(path, now);
        samples.push(sample);
        findings.push({ place: path, found: describe(sample, now), usable: sample.packets > 0 });
      } catch (error) {
        findings.push({ place: path, found: reason(error), usable: false });
      }
    }
  }
  return samples;
}

/** Null when there is no journal that outlives a restart, or none with kernel messages that we may read. */
async function sampleJournal(root: string, now: number, findings: Finding[]): Promise<LogSample | null> {
  const place = 'the journal';
  const directory = join(root, 'var/log/journal');
  try {
    const machines = await readdir(directory);
    const journals = await Promise.all(machines.map((machine) => readdir(join(directory, machine)).catch(() => [])));
    if (!journals.flat().some((name) => name.endsWith('.journal'))) {
      findings.push({ place, found: 'not persistent', usable: false });
      return null;
    }
  } catch (error) {
    findings.push({
      place,
      found: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not persistent' : reason(error),
      usable: false,
    });
    return null;
  }
  const where = root === '/' ? [] : [`--directory=${directory}`];
  try {
    const { stdout } = await promisify(execFile)(
      'journalctl',
      [...where, '--quiet', '--no-pager', '--all', '--output=cat', '--lines=2000', '_TRANSPORT=kernel'],
      { timeout: 10_000, maxBuffer: 16 * 1024 * 1024, encoding: 'latin1' },
    );
    const sample = sampleLines(
      place,
      stdout.split('\n').filter((line) => line !== ''),
      now,
      now,
    );
    if (sample.lines === 0) {
      findings.push({ place, found: 'no kernel messages, or none that this user may read', usable: false });
      return null;
    }
    findings.push({ place, found: describe(sample, null), usable: sample.packets > 0 });
    return sample;
  } catch (error) {
    findings.push({
      place,
      found: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'journalctl is not installed' : reason(error),
      usable: false,
    });
    return null;
  }
}

function sampleKmsg(root: string, now: number, findings: Finding[]): LogSample | null {
  const place = join(root, 'dev/kmsg');
  try {
    const device = openKmsg(place);
    const lines: string[] = [];
    try {
      for (let record = device.read(); record !== null && lines.length < 20_000; record = device.read()) {
        if (record !== 'overrun') lines.push(...record.toString('latin1').split('\n', root === '/' ? 1 : undefined));
      }
    } finally {
      device.close();
    }
    const sample = sampleLines(
      place,
      lines.filter((line) => line !== ''),
      now,
      now,
    );
    findings.push({ place, found: describe(sample, null), usable: sample.packets > 0 });
    return sample;
  } catch (error) {
    findings.push({ place, found: reason(error), usable: false });
    return null;
  }
}

function describe(sample: LogSample, now: number | null): string {
  if (sample.packets === 0) return 'no recent packet lines';
  const newest = now === null ? '' : `, the newest ${age(now - sample.newest)} ago`;
  return `${grouped(sample.packets)} packet lines${newest}`;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return `no permission (user ${process.getuid?.() ?? '?'})`;
  if (code === 'ENOENT') return 'does not exist';
  return (message.split('\n')[0] ?? message).trim();
}

function grouped(number: number): string {
  return number.toLocaleString('en-US');
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** What tells this machine from others: /etc/machine-id, else D-Bus's, else a hash of its name (then two of one name look like one). */
export async function readMachineId(root = '/'): Promise<string> {
  for (const path of ['etc/machine-id', 'var/lib/dbus/machine-id']) {
    try {
      await access(join(root, path), constants.R_OK);
      const id = (await readFile(join(root, path), 'utf8')).trim();
      if (/^[0-9a-f]{32}$/.test(id)) return id;
    } catch {
      continue; // the next place may have it
    }
  }
  return `host ${hostname()}`;
}
