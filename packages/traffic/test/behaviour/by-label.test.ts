import { parseLine, type NetfilterRecord } from '@droplens/netfilter-log';
import { describe, expect, it } from 'vitest';
import { frame } from '../../src/framing.ts';
import { generate, type TrafficEvent } from '../../src/generate.ts';
import { labels, type Label } from '../../src/labels.ts';
import { monitors, operator, ownHosts, resolvers } from '../../src/own-hosts.ts';

const start = Date.UTC(2026, 10, 20);
const end = start + 3 * 86_400_000;
const hosts = new Map(ownHosts(['web-1', 'web-2', 'mail', 'db']).map((host) => [host.name, host]));

interface Seen {
  readonly event: TrafficEvent;
  readonly record: NetfilterRecord;
}

const read = new Map<Label, readonly Seen[]>();

/** Up to `limit` lines of one class, each read back by the parser. */
function seen(label: Label, limit = 1500): readonly Seen[] {
  const known = read.get(label);
  if (known !== undefined && known.length >= limit) return known.slice(0, limit);
  const mix = Object.fromEntries(labels.map((other) => [other, other === label ? 1 : 0])) as Record<Label, number>;
  const found: Seen[] = [];
  for (const event of generate({ seed: 11, start, durationSeconds: (end - start) / 1000, linesPerSecond: 0.3, mix })) {
    const result = parseLine(frame(event, { format: 'iso' }), { referenceTime: end });
    if (!result.ok) throw new Error(`${result.reason}: ${event.line}`);
    found.push({ event, record: result.record });
    if (found.length === limit) break;
  }
  expect(found.length).toBeGreaterThan(100);
  read.set(label, found);
  return found;
}

function grouped(lines: readonly Seen[], key: (line: Seen) => string | number): readonly (readonly Seen[])[] {
  const groups = new Map<string | number, Seen[]>();
  for (const line of lines) {
    const group = groups.get(key(line));
    if (group === undefined) groups.set(key(line), [line]);
    else group.push(line);
  }
  return [...groups.values()];
}

const byActivity = (lines: readonly Seen[]): readonly (readonly Seen[])[] => grouped(lines, (line) => line.event.activity);
const distinct = (lines: readonly Seen[], value: (record: NetfilterRecord) => string | number): number =>
  new Set(lines.map((line) => value(line.record))).size;

/** What every single record of a class must be. */
const single: Readonly<Record<Label, (record: NetfilterRecord) => boolean>> = {
  'fast-scan': (record) => record.proto === 'TCP' && record.tcp_flags === 2,
  'slow-scan': (record) => record.proto === 'TCP' && record.tcp_flags === 2,
  'distributed-scan': (record) => record.proto === 'TCP' && record.tcp_flags === 2,
  'udp-scan': (record) => record.proto === 'UDP',
  'ipv6-scan': (record) => record.proto === 'TCP' && record.src.includes(':') && record.dst.startsWith('2001:db8:0:1:'),
  'one-port-bot': (record) => record.proto === 'TCP' && record.tcp_flags === 2,
  'crafted-flags': (record) => record.proto === 'TCP' && [0, 1, 41].includes(record.tcp_flags),
  'research-scan': (record) =>
    record.length === 40 && ((record.ip_id === 54_321 && record.window === 65_535) || record.window === 1024),
  backscatter: (record) => record.proto === 'TCP' && [18, 20, 4].includes(record.tcp_flags) && record.src_port < 32_768,
  'stray-reply': (record) =>
    (record.tcp_flags & 2) === 0 && [443, 80, 587, 993].includes(record.src_port) && record.dst_port >= 32_768,
  'late-answer': (record) =>
    record.proto === 'UDP' && [53, 123, 443].includes(record.src_port) && (record.dst_port >= 32_768 || record.dst_port === 123),
  'icmp-error': (record) =>
    (record.proto === 'ICMP' ? [3, 11] : [1, 2, 3]).includes(record.icmp_type) &&
    record.extra.includes(`[SRC=`) &&
    record.dst_port === 0,
  echo: (record) => record.icmp_type === (record.proto === 'ICMP' ? 8 : 128),
  broadcast: (record) => /^(255|224|239|192\.0\.2\.255)/.test(record.dst) && /^(UDP|2)$/.test(record.proto),
  'stale-client': (record) =>
    record.proto === 'TCP' && (record.tcp_flags & 18) === 16 && [80, 443, 25, 465, 587, 993].includes(record.dst_port),
  'p2p-leftover': (record) => [51_413, 6881].includes(record.dst_port),
  'admin-self-test': (record) => record.src === operator && record.tcp_flags === 2,
  'own-outbound': (record) =>
    record.direction === 'out' && record.src.startsWith('192.0.2.') && /UID=\d+ GID=\d+/.test(record.extra),
  visitor: (record) => record.tcp_flags === 2 && [80, 443].includes(record.dst_port),
  monitor: (record) => record.tcp_flags === 2 && monitors.includes(record.src),
  'spoofed-syn': (record) => record.proto === 'TCP' && record.tcp_flags === 2,
};

describe('every class', () => {
  it.each(labels)('%s: each line is a record of its kind', (label) => {
    const wrong = seen(label).filter(({ event, record }) => {
      const direction = label === 'own-outbound' ? 'out' : 'in';
      const remote = direction === 'out' ? record.dst : record.src;
      const framed = record.prefix === 'iptables denied:' && record.host === event.host && record.time === event.time;
      const sameRemote = remote.includes(':') ? event.remote.includes(':') : remote === event.remote;
      return !(single[label](record) && framed && sameRemote && record.direction === direction && record.action === 'deny');
    });
    expect(wrong.map(({ event }) => event.line)).toEqual([]);
  });

  it.each(labels.filter((label) => label !== 'visitor' && label !== 'monitor'))(
    '%s: no SYN to a port that lets it in without a line',
    (label) => {
      const silent = seen(label).filter(({ record }) => {
        const host = hosts.get(record.host)!;
        const syn = record.proto === 'TCP' && record.tcp_flags === 2 && record.direction === 'in';
        return syn && !host.logsBeforeAccept && host.open.includes(record.dst_port);
      });
      expect(silent.map(({ event }) => event.line)).toEqual([]);
    },
  );
});

describe('scanners', () => {
  it('fast-scan: many ports of one source within minutes', () => {
    const scans = byActivity(seen('fast-scan', 8000)).filter((scan) => scan.length >= 40);
    expect(scans.length).toBeGreaterThan(2);
    for (const scan of scans) {
      expect(distinct(scan, (record) => record.src)).toBe(1);
      expect(distinct(scan, (record) => record.dst_port)).toBeGreaterThan(scan.length / 6);
      expect(scan.at(-1)!.event.time - scan.at(0)!.event.time).toBeLessThan(45 * 60_000);
    }
  });

  it('slow-scan: one probe every 60 to 300 seconds, for hours', () => {
    const scans = byActivity(seen('slow-scan', 8000)).filter((scan) => scan.length >= 60);
    expect(scans.length).toBeGreaterThan(5);
    for (const scan of scans) {
      const gaps = scan.slice(1).map((line, index) => line.event.time - scan.at(index)!.event.time);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(59_999);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(300_001);
      expect(distinct(scan, (record) => record.dst_port)).toBeGreaterThan(scan.length / 3);
    }
  });

  it('distributed-scan: more than a hundred addresses of one /24, a few probes each', () => {
    const scans = byActivity(seen('distributed-scan', 8000)).filter((scan) => scan.length >= 500);
    expect(scans.length).toBeGreaterThan(2);
    for (const scan of scans) {
      expect(distinct(scan, (record) => record.src.slice(0, record.src.lastIndexOf('.')))).toBe(1);
      expect(distinct(scan, (record) => record.src)).toBeGreaterThan(90);
      expect(distinct(scan, (record) => record.src)).toBeLessThanOrEqual(130);
    }
  });

  it('udp-scan: many services', () => {
    const scans = byActivity(seen('udp-scan')).filter((scan) => scan.length >= 100);
    expect(scans.length).toBeGreaterThan(1);
    for (const scan of scans) expect(distinct(scan, (record) => record.dst_port)).toBeGreaterThan(15);
  });

  it('ipv6-scan: the address changes, the /64 stays', () => {
    const scans = byActivity(seen('ipv6-scan')).filter((scan) => scan.length >= 30);
    expect(scans.length).toBeGreaterThan(2);
    for (const scan of scans) {
      expect(new Set(scan.map((line) => line.event.remote.slice(0, 19))).size).toBe(1);
      expect(new Set(scan.map((line) => line.event.remote)).size).toBeGreaterThan(3);
    }
  });

  it('research-scan: both fingerprints, few networks', () => {
    const lines = seen('research-scan');
    expect(distinct(lines, (record) => record.src.slice(0, record.src.lastIndexOf('.')))).toBeLessThanOrEqual(12);
    expect(lines.some((line) => line.record.window === 1024) && lines.some((line) => line.record.window === 65_535)).toBe(true);
  });

  it('crafted-flags: NULL, FIN and XMAS', () => {
    expect(distinct(seen('crafted-flags', 5000), (record) => record.tcp_flags)).toBe(3);
  });
});

describe('bots', () => {
  it('one-port-bot: one service per source, on several hosts, and some come back', () => {
    const lines = seen('one-port-bot', 8000);
    const bots = grouped(lines, (line) => line.record.src);
    for (const bot of bots) expect(distinct(bot, (record) => record.dst_port)).toBeLessThanOrEqual(4);
    expect(bots.filter((bot) => distinct(bot, (record) => record.host) > 1).length).toBeGreaterThan(bots.length / 2);
    expect(bots.some((bot) => byActivity(bot).length > 3)).toBe(true);
    const sizes = bots.map((bot) => bot.length).sort((left, right) => right - left);
    const half = lines.length / 2;
    let sum = 0;
    const heavy = sizes.findIndex((size) => (sum += size) >= half);
    expect(heavy).toBeLessThan(bots.length / 8);
  });

  it('p2p-leftover: many peers look for one port of a host', () => {
    const lines = seen('p2p-leftover');
    for (const host of grouped(lines, (line) => line.record.host)) expect(distinct(host, (record) => record.dst_port)).toBe(1);
    expect(distinct(lines, (record) => record.src)).toBeGreaterThan(100);
  });
});

describe('replies', () => {
  it('backscatter comes from one port to any of ours', () => {
    for (const victim of byActivity(seen('backscatter'))) expect(distinct(victim, (record) => record.src_port)).toBe(1);
    expect(distinct(seen('backscatter'), (record) => record.tcp_flags)).toBe(3);
  });

  it.each(['stray-reply', 'stale-client'] as const)('%s: one connection, with growing pauses', (label) => {
    const connections = byActivity(seen(label)).filter((connection) => connection.length >= 4);
    expect(connections.length).toBeGreaterThan(5);
    for (const connection of connections) {
      expect(distinct(connection, (record) => `${record.src_port} ${record.dst_port}`)).toBe(1);
      const gaps = connection.slice(1).map((line, index) => line.event.time - connection.at(index)!.event.time);
      expect(gaps.at(-1)!).toBeGreaterThanOrEqual(gaps.at(0)!);
    }
  });

  it('late answers come mostly from our resolvers', () => {
    const lines = seen('late-answer');
    const ours = lines.filter((line) => resolvers.includes(line.record.src));
    expect(ours.length).toBeGreaterThan(lines.length / 3);
    expect(ours.every((line) => line.record.src_port === 53)).toBe(true);
  });

  it('ICMP errors quote a packet of ours', () => {
    for (const { record } of seen('icmp-error')) {
      const host = hosts.get(record.host)!;
      const inner = /\[SRC=(\S+)/.exec(record.extra)?.[1];
      expect([host.ipv4, host.ipv6]).toContain(inner);
    }
  });
});
