import type { Actor, Behaviour, Plan, World } from './behaviour.ts';
import type { Label } from './labels.ts';
import { Random } from './random.ts';
import type { Timed } from './time-heap.ts';

/**
 * Traffic over the day in UTC, hour by hour, mean 1: quiet at night, busy in the afternoon.
 * A table and not a sine, because only the four basic operations are the same on every machine.
 */
const hourly = [
  0.8, 0.75, 0.7, 0.7, 0.72, 0.78, 0.86, 0.95, 1.03, 1.08, 1.12, 1.15, 1.18, 1.2, 1.22, 1.22, 1.2, 1.17, 1.13, 1.08, 1.04, 1.0,
  0.98, 0.94,
];

function rhythmOfDay(time: number): number {
  const hour = (((time / 3_600_000) % 24) + 24) % 24;
  const whole = Math.floor(hour);
  const from = hourly[whole]!;
  return from + (hourly[(whole + 1) % 24]! - from) * (hour - whole);
}

/** An activity that is going on: which packet comes next, and when. */
export interface Activity extends Timed {
  readonly label: Label;
  /** The same number for all packets of one actor's activity, unique within a run. */
  readonly id: number;
  readonly act: Actor;
  readonly random: Random;
  readonly plan: Plan;
  sent: number;
}

/** Milliseconds until the activity's next packet. */
export function nextGap(activity: Activity): number {
  const { plan, random, sent } = activity;
  if (plan.rhythm === 'random') return plan.gapMs * random.exponential();
  if (plan.rhythm === 'even') return plan.gapMs * (1 / 3 + (random.unit() * 4) / 3);
  // backoff: 2⁰ + 2¹ + … + 2ⁿ⁻² makes up the whole duration
  return (plan.gapMs * plan.packets * 2 ** Math.min(sent - 1, 30)) / (2 ** Math.min(plan.packets, 31) - 1);
}

/**
 * One class of traffic: starts activities so that their packets add up to the class's rate. The pause after an activity is as
 * long as its packets justify, so a large one does not make the class louder.
 */
export class Lane implements Timed {
  /** When the next activity starts. */
  at: number;
  readonly order: number;
  readonly #label: Label;
  readonly #behaviour: Behaviour;
  readonly #world: World;
  readonly #linesPerMs: number;
  readonly #maxGapMs: number;
  readonly #steady: boolean;
  readonly #random: Random;
  #started = 0;

  /** `maxActive` bounds memory: where a rate would need more activities side by side, each is made denser instead. */
  constructor(options: {
    label: Label;
    order: number;
    behaviour: Behaviour;
    world: World;
    start: number;
    linesPerSecond: number;
    maxActive: number;
    /** No rhythm of the day. */
    steady: boolean;
  }) {
    this.#label = options.label;
    this.order = options.order;
    this.#behaviour = options.behaviour;
    this.#world = options.world;
    this.#linesPerMs = options.linesPerSecond / 1000;
    this.#maxGapMs = options.maxActive / this.#linesPerMs;
    this.#steady = options.steady;
    this.#random = new Random(options.world.seed, options.label);
    // activities that began before the start and still go on belong to the picture
    const { packets, gapMs } = options.behaviour.longest;
    const horizon = packets * Math.min(gapMs, this.#maxGapMs);
    this.at = options.start - horizon + this.#random.unit() * (this.#planned().packets / this.#linesPerMs);
  }

  #planned(): Plan {
    const plan = this.#behaviour.plan(this.#random, this.#world);
    return plan.gapMs <= this.#maxGapMs ? plan : { ...plan, gapMs: this.#maxGapMs };
  }

  /** Starts the activity that is due and sets when the next one is; null when it is over before `from`. */
  launch(from: number): Activity | null {
    const at = this.at;
    const plan = this.#planned();
    const justified = plan.packets / (this.#linesPerMs * (this.#steady ? 1 : rhythmOfDay(at)));
    this.at = at + justified * (0.5 + this.#random.unit());
    const ordinal = this.#started;
    this.#started += 1;
    let missed = 0;
    if (at < from) {
      missed = Math.ceil((from - at) / plan.gapMs);
      if (missed >= plan.packets) return null;
    }
    const random = new Random(this.#world.seed, this.#label, ordinal);
    const first = missed === 0 ? at : from + random.unit() * plan.gapMs;
    const act = this.#behaviour.act(random, this.#world);
    const id = this.order + ordinal * 64;
    return { at: first, order: id, label: this.#label, id, act, random, plan, sent: missed };
  }
}
