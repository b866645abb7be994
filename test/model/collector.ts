import { withAt, type Message, type State } from './state.ts';
import type { World } from './world.ts';

/** Keys of the streams: with 1, 2, 3 partitions the first goes to 0, 1, 0, the second to 0, 0, 2. */
const keys = [3, 2] as const;

/**
 * Sends lines in messages of any borders. Acknowledgement and checkpoint are one step: a crash between them leaves what a crash before the
 * acknowledgement leaves, a message in the log and the old checkpoint. A re-send has any borders, with or without a crash: that includes the same.
 */
export function collectorSteps(world: World, state: State): void {
  const { collectors, log } = state;
  const { bounds, rules } = world;
  collectors.read.forEach((read, stream) => {
    for (let last = read + 1; last <= bounds.lines; last++) {
      const message = { stream, first: read + 1, last, life: log.life, day: bounds.transport === 'spool' ? state.time.day : 0 };
      const partitions = laneOf(world, state, stream);
      for (const partition of partitions) {
        const what = `${nameOf(message)} to partition ${partition}`;
        const acknowledged = { ...collectors, read: withAt(collectors.read, stream, last) };
        world.step(append({ ...state, collectors: acknowledged }, partition, message), `collector sends ${what}, acknowledged`);
        if (!world.mayFail(state, 'send times out')) continue;
        const delayed = [...collectors.delayed, { partition, message }];
        world.fault({ ...state, collectors: { ...collectors, delayed } }, `collector sends ${what}, no acknowledgement`);
        if (rules.checkpoint === 'before the acknowledgement') {
          world.fault({ ...state, collectors: acknowledged }, `collector saves its checkpoint and dies before ${what} is sent`);
        }
      }
    }
    if (read > 0 && world.mayFail(state, 'import')) {
      const again = { ...collectors, read: withAt(collectors.read, stream, 0) };
      world.fault({ ...state, collectors: again }, `stream ${stream} is read from its beginning again`);
    }
  });
  collectors.delayed.forEach(({ partition, message }, index) => {
    const left = { ...collectors, delayed: collectors.delayed.filter((_, i) => i !== index) };
    const timed = rules.sum === 'ranges and send times' ? message : { ...message, life: log.life };
    world.step(
      append({ ...state, collectors: left }, partition, timed),
      `delayed ${nameOf(message)} arrives in partition ${partition}`,
    );
  });
}

/** Kafka: the stream's partition. Spool: any lane, since the same file may be followed and imported. */
function laneOf({ bounds, rules }: World, { collectors, log }: State, stream: number): number[] {
  if (bounds.transport === 'spool') return Array.from({ length: bounds.partitions }, (_, lane) => lane);
  const count = rules.partition === 'of the metadata' ? log.count : collectors.configured;
  return [(keys[stream] as number) % count];
}

function append(state: State, partition: number, message: Message): State {
  const { log } = state;
  const { base, messages } = log.partitions[partition] as State['log']['partitions'][number];
  const appended = { base, messages: [...messages, message] };
  return { ...state, log: { ...log, partitions: withAt(log.partitions, partition, appended) } };
}

function nameOf({ stream, first, last }: Message): string {
  return `lines ${first}-${last} of stream ${stream}`;
}
