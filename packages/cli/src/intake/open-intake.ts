import { DroplensError } from '@droplens/runtime';
import { createKafka, createSpool, type DeadLetters } from '@droplens/transport';
import { CommandError, systemReason } from '../command-error.ts';
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

/** Looks at what was put aside, with nothing else open: no store, no loader. `place` says for a person where it lies. */
export async function withDead<T>(config: Configuration, look: (dead: DeadLetters, place: string) => Promise<T>): Promise<T> {
  const { transport, data } = config;
  const reporter = silentReporter();
  if (transport.kind === 'kafka') {
    const kafka = createKafka(transport, reporter);
    try {
      return await look(kafka.dead, `${transport.topics.prefix}.dead.v1 (${kafkaPlace(transport)})`);
    } finally {
      await kafka.close();
    }
  }
  const { spool, dead } = dataPaths(data);
  try {
    return await look(createSpool(spool, { maxBytes: transport.max_bytes, reporter }).dead, dead);
  } catch (error) {
    if (!(error instanceof DroplensError) || error.code !== 'DL_DATA_DIRECTORY') throw error;
    const why = systemReason(error.cause);
    throw new CommandError('DL_DATA_DIRECTORY', `${dead}: ${why}`, 'run it as the user who owns it (usually with sudo)', {
      cause: error,
    });
  }
}
