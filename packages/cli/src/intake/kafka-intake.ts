import type { Reporter } from '@droplens/runtime';
import { createKafka, type DeadLetters, type KafkaConfig, type KafkaTransport, type TransportWriter } from '@droplens/transport';
import type { Intake } from './intake.ts';

/** Kafka takes the rows, and the loaders of the fleet store them: what is acknowledged is safe, and this command's work is done. */
export class KafkaIntake implements Intake {
  readonly elsewhere: string;
  readonly #kafka: KafkaTransport;

  private constructor(config: KafkaConfig, reporter: Reporter) {
    this.elsewhere = kafkaPlace(config);
    this.#kafka = createKafka(config, reporter);
  }

  /** Finds out early whether the brokers take rows. */
  static async open(config: KafkaConfig, reporter: Reporter): Promise<KafkaIntake> {
    const intake = new KafkaIntake(config, reporter);
    try {
      await intake.writer.open();
      return intake;
    } catch (error) {
      await intake.close();
      throw error;
    }
  }

  get writer(): TransportWriter {
    return this.#kafka.writer;
  }
  get dead(): DeadLetters {
    return this.#kafka.dead;
  }

  check(): void {
    // the writer says so itself
  }

  stored(): Promise<null> {
    return Promise.resolve(null);
  }

  close(): Promise<void> {
    return this.#kafka.close();
  }
}

/** Names the brokers for a person. */
export function kafkaPlace({ brokers }: KafkaConfig): string {
  return `Kafka at ${brokers.join(', ')}`;
}
