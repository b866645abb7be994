import type { KafkaConfig, SpoolConfig } from '@droplens/transport';
import { CommandError } from '../command-error.ts';
import type { LoadedConfiguration } from '../config/load.ts';

type Loaded = Pick<LoadedConfiguration, 'config' | 'origin'>;

/** The Kafka that the configuration names. DL_CONFIG_INVALID when it names none: `what` needs one. */
export function kafkaOf({ config, origin }: Loaded, what: string): KafkaConfig {
  if (config.transport.kind === 'kafka') return config.transport;
  throw new CommandError(
    'DL_CONFIG_INVALID',
    `${origin(['transport', 'kind'])}: transport.kind is 'spool', and ${what} needs Kafka`,
    'set `transport: {kind: kafka, brokers: [host:port]}`; on one machine `droplens up` does everything without it',
  );
}

/** The spool that `up` works on. DL_CONFIG_INVALID when the configuration is that of a fleet. */
export function spoolOf({ config, origin }: Loaded): SpoolConfig {
  if (config.transport.kind === 'spool') return config.transport;
  throw new CommandError(
    'DL_CONFIG_INVALID',
    `${origin(['transport', 'kind'])}: transport.kind is 'kafka', and \`up\` is everything on one machine`,
    'run `droplens collect` on each host and `droplens load` beside the database, or leave `transport` out',
  );
}
