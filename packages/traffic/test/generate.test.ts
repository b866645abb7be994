import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ipv4Number, isReservedIpv4 } from '../src/addresses.ts';
import { generate, type GenerateOptions, type TrafficEvent } from '../src/generate.ts';
import { labels, trafficClasses, type Label } from '../src/labels.ts';
import { operator } from '../src/own-hosts.ts';

const start = Date.UTC(2026, 10, 20);
const only = (label: Label): GenerateOptions['mix'] =>
  Object.fromEntries(labels.map((other) => [other, other === label ? 1 : 0])) as Record<Label, number>;
const day = (options: Partial<GenerateOptions> = {}): TrafficEvent[] => [
  ...generate({ seed: 1, start, durationSeconds: 86_400, linesPerSecond: 1, ...options }),
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The first 400 lines of every class, with times and labels: if one changes, the traffic of every user of a seed changes. */
const golden: Readonly<Record<Label, string>> = {
  'fast-scan': '9e9b56bba62d6c8e',
  'slow-scan': 'a35471552ca05456',
  'distributed-scan': 'a79d1cec49768686',
  'udp-scan': '90f4c8468276ab3f',
  'ipv6-scan': 'd7dc911fac47a944',
  'one-port-bot': '2d12491302998657',
  'crafted-flags': 'f68be00075cab4b3',
  'research-scan': '9f6be2ef5b110504',
  backscatter: 'a115c533c8786b44',
  'stray-reply': '83633ddfa1007bba',
  'late-answer': '0636fafa139da6af',
  'icmp-error': '07cfc539305901da',
  echo: '9a42282b3faf30c2',
  broadcast: 'd725c0a38116d706',
  'stale-client': '26b246fc09439e5d',
  'p2p-leftover': '9506bb074a41cfa5',
  'admin-self-test': 'a90c14d68efe9f95',
  'own-outbound': '29e929cb82cb2dc7',
  visitor: '313b9c0b75816f5e',
  monitor: '98ae97e08c44a64b',
  'spoofed-syn': '85f968b88cfbed9a',
};

describe('generate', () => {
  it.each(labels)('gives the same lines for a seed on every machine: %s', (label) => {
    const hash = createHash('sha256');
    let lines = 0;
    for (const event of generate({ seed: 7, start, durationSeconds: 86_400 * 3, linesPerSecond: 0.2, mix: only(label)! })) {
      hash.update(`${event.time} ${event.host} ${event.label} ${event.remote} ${event.activity} ${event.line}\n`);
      if ((lines += 1) === 400) break;
    }
    expect(lines).toBe(400);
    expect(hash.digest('hex').slice(0, 16)).toBe(golden[label]);
  });

  it('changes with the seed', () => {
    const short = { start, durationSeconds: 600, linesPerSecond: 1 };
    expect([...generate({ seed: 1, ...short })]).toEqual([...generate({ seed: 1, ...short })]);
    expect([...generate({ seed: 2, ...short })]).not.toEqual([...generate({ seed: 1, ...short })]);
  });

  it('leaves a class as it is when another one is left out', () => {
    const lines = (mix: GenerateOptions['mix']): string[] =>
      [...generate({ seed: 3, start, durationSeconds: 7200, linesPerSecond: 1, mix: mix ?? {} })]
        .filter((event) => event.label === 'one-port-bot')
        .map((event) => event.line);
    const rate = trafficClasses['one-port-bot'].share;
    expect(
      lines({
        'slow-scan': 0,
        'one-port-bot': rate,
        'fast-scan': trafficClasses['fast-scan'].share + trafficClasses['slow-scan'].share,
      }),
    ).toEqual(lines({}));
  });

  it('comes in the order of time, within the time asked for, at the rate asked for, in the shares of the classes', () => {
    const events = day();
    let last = start;
    for (const event of events) {
      expect(event.time).toBeGreaterThanOrEqual(last);
      last = event.time;
    }
    expect(last).toBeLessThan(start + 86_400_000);
    expect(events.length / 86_400).toBeCloseTo(1, 0.7);
    // one scanner of 3,000 packets is 3.5 % of such a day
    const far = labels.filter((label) => {
      const { share } = trafficClasses[label];
      const found = events.filter((event) => event.label === label).length / events.length;
      return Math.abs(found - share) > share * 0.25 + 0.012;
    });
    expect(far).toEqual([]);
  });

  it.each([
    [1000, 3],
    [20_000, 1],
    [0.01, 8_640_000],
  ])('keeps %d lines a second for %d s', (linesPerSecond, durationSeconds) => {
    let lines = 0;
    for (const event of generate({ seed: 5, start, durationSeconds, linesPerSecond, steady: true }))
      lines += event.line.length > 0 ? 1 : 0;
    expect(lines / durationSeconds / linesPerSecond).toBeGreaterThan(0.8);
    expect(lines / durationSeconds / linesPerSecond).toBeLessThan(1.25);
  });

  it('is quieter by night than by day', () => {
    const events = day({ linesPerSecond: 1, mix: only('one-port-bot')! });
    const between = (from: number, to: number): number =>
      events.filter((event) => event.time >= start + from * 3_600_000 && event.time < start + to * 3_600_000).length;
    expect(between(13, 17)).toBeGreaterThan(between(1, 5) * 1.3);
  });

  it('needs no more memory for a month than for a day', () => {
    const heapAfter = (days: number): number => {
      let lines = 0;
      let most = 0;
      for (const event of generate({ seed: 9, start, durationSeconds: days * 86_400, linesPerSecond: 0.5 })) {
        lines += event.line === '' ? 0 : 1;
        if (lines % 20_000 === 0) {
          collectGarbage();
          most = Math.max(most, process.memoryUsage().heapUsed);
        }
      }
      return most / 2 ** 20;
    };
    expect(heapAfter(12) - heapAfter(1)).toBeLessThan(10);
  });

  it('streams: the first line does not wait for the last', () => {
    const events = generate({ seed: 1, start, durationSeconds: 86_400 * 365 * 10, linesPerSecond: 100 });
    expect(events.next().done).toBe(false);
  });

  it('uses the prefix of each host', () => {
    const prefix = { 'web-1': '[UFW BLOCK] ', mail: 'nft-drop: ' };
    const byHost = new Map(day({ durationSeconds: 3600, prefix }).map((event) => [event.host, event.line.slice(0, 8)]));
    expect(Object.fromEntries(byHost)).toEqual({ 'web-1': '[UFW BLO', 'web-2': 'iptables', mail: 'nft-drop', db: 'iptables' });
  });

  it('logs on the hosts it is given', () => {
    expect(new Set(day({ durationSeconds: 7200, hosts: ['a', 'b'] }).map((event) => event.host))).toEqual(new Set(['a', 'b']));
  });

  it('never accuses an address that cannot be on the Internet', () => {
    const accused = day({ hard: true }).filter(
      (event) => trafficClasses[event.label].intent !== 'innocent' && !event.remote.includes(':'),
    );
    expect(accused.length).toBeGreaterThan(50_000);
    expect(accused.filter((event) => isReservedIpv4(ipv4Number(event.remote)))).toEqual([]);
  });

  it('has forged sources in bursts, or slow and repeated in hard mode', () => {
    const perSource = (hard: boolean): number => {
      const events = day({ hard, mix: only('spoofed-syn')!, linesPerSecond: 0.5 });
      return events.length / new Set(events.map((event) => event.remote)).size;
    };
    expect(perSource(false)).toBeLessThan(1.1);
    expect(perSource(true)).toBeGreaterThan(3);
  });

  it.each([
    ['durationSeconds', 0],
    ['durationSeconds', Number.NaN],
    ['linesPerSecond', -1],
    ['linesPerSecond', Number.POSITIVE_INFINITY],
    ['seed', 0.5],
    ['start', Number.NaN],
    ['mix', { echo: -1 }],
    ['mix', { nonsense: 1 }],
  ])('refuses %s = %j', (name, value) => {
    expect(() => generate({ seed: 1, start, durationSeconds: 1, [name]: value }).next()).toThrow(RangeError);
  });

  it('ends at once when every class is left out', () => {
    const mix = Object.fromEntries(labels.map((label) => [label, 0])) as Record<Label, number>;
    expect(generate({ seed: 1, start, durationSeconds: 60, mix }).next().done).toBe(true);
  });

  it('knows our operator', () => {
    expect(new Set(day({ mix: only('admin-self-test')! }).map((event) => event.remote))).toEqual(new Set([operator]));
  });
});
