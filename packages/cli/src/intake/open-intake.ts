import { createKafka, createSpool, type DeadLetters } from '@droplens/transport';
import type { Configuration } from '../config/schema.ts';
import { dataPaths } from '../data-directory.ts';
import { silentReporter } from '../store/open-store.ts';
import type { Intake, IntakeOptions } from './intake.ts';
import { KafkaIntake, kafkaPlace } from './kafka-intake.ts';
import { SpoolIntake } from './spool-intake.ts';

/** What takes over rows by the configured transport; `lane` is the command's own in a spool. */
export function openIntake(options: IntakeOptions, lane: string): Promise<Intake> {
  const { transport } = options.config;
  return transport.kind === 'kafka' ? KafkaIntake.open(transport, options.reporter) : SpoolIntake.open(options, lane);
}

/** What was put aside, to be looked at only. */
export interface OpenedDead {
  readonly dead: DeadLetters;
  /** Where it lies, for a person. */
  readonly place: string;
  close(): Promise<void>;
}

/** Opens nothing but what holds the dead letters: no store, no loader. */
export function openDead({ transport, data }: Configuration): OpenedDead {
  const reporter = silentReporter();
  if (transport.kind === 'kafka') {
    const kafka = createKafka(transport, reporter);
    return {
      dead: kafka.dead,
      place: `${transport.topics.prefix}.dead.v1 (${kafkaPlace(transport)})`,
      close: () => kafka.close(),
    };
  }
  const spool = createSpool(dataPaths(data).spool, { maxBytes: transport.max_bytes, reporter });
  return { dead: spool.dead, place: dataPaths(data).dead, close: () => spool.writer.close() };
}
