import { behaviours } from './behaviour/by-label.ts';
import type { World } from './behaviour.ts';
import { kernelLine } from './kernel-line.ts';
import { labels, trafficClasses, type Label } from './labels.ts';
import { Lane, nextGap, type Activity } from './lane.ts';
import { defaultHosts, ownHosts } from './own-hosts.ts';
import { Zipf } from './random.ts';
import { TimeHeap } from './time-heap.ts';

/** What `generate` makes; everything that is left out has a default. */
export interface GenerateOptions {
  /** An integer; the same seed and options give the same lines on every machine. */
  readonly seed: number;
  /** Milliseconds since 1970, UTC. */
  readonly start: number;
  readonly durationSeconds: number;
  /** Mean over a whole day; by night less, by day more. Default 1.5: a day of a few small servers. */
  readonly linesPerSecond?: number;
  /** Our machines, see `ownHosts`. Default `web-1`, `web-2`, `mail`, `db`. */
  readonly hosts?: readonly string[];
  /** The LOG prefix of every host, or of each by name. Default `iptables denied: `. */
  readonly prefix?: string | Readonly<Record<string, string>>;
  /** Weights instead of the shares of `trafficClasses`; 0 leaves a class out, classes that are not named keep their share. */
  readonly mix?: Readonly<Partial<Record<Label, number>>>;
  /** Forged sources that behave like slow scanners, at 3 % of all lines. Default false: bursts only. */
  readonly hard?: boolean;
  /** The same rate at every hour. Default false: less by night, more by day. */
  readonly steady?: boolean;
}

/** One line and the truth about it. */
export interface TrafficEvent {
  /** Milliseconds since 1970, UTC; never less than the event before. */
  readonly time: number;
  /** The host that logs. */
  readonly host: string;
  readonly label: Label;
  /** The address at the other end as the line prints it (IPv6 in full). */
  readonly remote: string;
  /** Packets of one actor's activity share it. */
  readonly activity: number;
  /** Kernel text: prefix and record, no framing, with the trailing space that the kernel prints. */
  readonly line: string;
}

export const defaultPrefix = 'iptables denied: ';
const maxActivePerClass = 2000;

/** Lines per second of each class: its weight's part of the whole; what a class cannot take goes to the others. */
function ratesOf(options: GenerateOptions): ReadonlyMap<Label, number> {
  const total = options.linesPerSecond ?? 1.5;
  const rates = new Map<Label, number>();
  let open = labels.filter((label) => weightOf(label, options) > 0);
  let left = total;
  for (let capped = true; capped && open.length > 0;) {
    const weights = open.reduce((sum, label) => sum + weightOf(label, options), 0);
    const full = open.filter((label) => (left * weightOf(label, options)) / weights > limitOf(label));
    // when every class is at its limit there is nobody left to take the rest
    capped = full.length > 0 && full.length < open.length;
    for (const label of capped ? full : open) {
      rates.set(label, capped ? limitOf(label) : (left * weightOf(label, options)) / weights);
    }
    if (capped) left -= full.reduce((sum, label) => sum + limitOf(label), 0);
    open = open.filter((label) => !full.includes(label));
  }
  return rates;
}

function limitOf(label: Label): number {
  return behaviours[label].maxLinesPerSecond ?? Number.POSITIVE_INFINITY;
}

function weightOf(label: Label, options: GenerateOptions): number {
  const usual = label === 'spoofed-syn' && options.hard === true ? 0.03 : trafficClasses[label].share;
  return options.mix?.[label] ?? usual;
}

function check(options: GenerateOptions): void {
  const positive = { durationSeconds: options.durationSeconds, linesPerSecond: options.linesPerSecond ?? 1.5 };
  for (const [name, value] of Object.entries(positive)) {
    if (!(value > 0) || !Number.isFinite(value)) throw new RangeError(`${name} must be a positive number, not ${value}`);
  }
  for (const [name, value] of Object.entries({ seed: options.seed, start: options.start })) {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${name} must be an integer, not ${value}`);
  }
  for (const [label, weight] of Object.entries(options.mix ?? {})) {
    if (!Object.hasOwn(trafficClasses, label)) throw new RangeError(`mix: there is no class ${label}`);
    if (!(weight >= 0) || !Number.isFinite(weight)) throw new RangeError(`mix: the weight of ${label} must not be ${weight}`);
  }
}

/**
 * Attack and innocent traffic as kernel lines in the order of their times, each with its label. Deterministic for its options; memory
 * does not grow with the length; throws a RangeError for options that make no sense.
 */
export function* generate(options: GenerateOptions): Generator<TrafficEvent, void, undefined> {
  check(options);
  const hosts = ownHosts(options.hosts ?? defaultHosts);
  const world: World = { seed: options.seed, hosts, hard: options.hard ?? false, population: new Zipf(20_000) };
  const prefixOf = (host: string): string =>
    typeof options.prefix === 'object' ? (options.prefix[host] ?? defaultPrefix) : (options.prefix ?? defaultPrefix);
  const prefixes = new Map(hosts.map((host) => [host.name, prefixOf(host.name)]));
  const end = options.start + options.durationSeconds * 1000;

  const activities = new TimeHeap<Activity>();
  const lanes = new TimeHeap<Lane>();
  for (const [label, linesPerSecond] of ratesOf(options)) {
    const order = labels.indexOf(label);
    const { start, steady = false } = options;
    const maxActive = maxActivePerClass;
    lanes.push(new Lane({ label, order, behaviour: behaviours[label], world, start, linesPerSecond, maxActive, steady }));
  }

  for (;;) {
    const activity = activities.next;
    const lane = lanes.next;
    if (lane !== undefined && lane.at < end && (activity === undefined || lane.at <= activity.at)) {
      const started = lane.launch(options.start);
      lanes.settle();
      if (started !== null) activities.push(started);
      continue;
    }
    if (activity === undefined || activity.at >= end) return;
    const packet = activity.act();
    yield {
      time: Math.floor(activity.at),
      host: packet.host.name,
      label: activity.label,
      remote: packet.direction === 'in' ? packet.ip.src : packet.ip.dst,
      activity: activity.id,
      line: kernelLine(prefixes.get(packet.host.name)!, packet),
    };
    activity.sent += 1;
    if (activity.sent >= activity.plan.packets) {
      activities.pop();
    } else {
      activity.at += nextGap(activity);
      activities.settle();
    }
  }
}
