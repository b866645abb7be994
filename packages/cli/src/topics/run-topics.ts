import { DroplensError } from '@droplens/runtime';
import { createKafka, type TopicFinding, type TopicState } from '@droplens/transport';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import type { RowFormat } from '../output/row-format.ts';
import { writeAnswer } from '../query/answer.ts';
import { kafkaOf } from '../service/transport-config.ts';
import type { Session } from '../session.ts';
import { silentReporter } from '../store/open-store.ts';

/**
 * `droplens topics`: every topic, how it is kept, and what should be otherwise. Fails (exit code 1) when rows could not go through them safely,
 * so that a deployment can check.
 */
export async function runTopics(
  session: Session,
  flags: ConfigurationFlags,
  options: { readonly create?: boolean; readonly format: RowFormat },
): Promise<void> {
  const config = kafkaOf(await loadConfiguration(flags, session.environment), '`topics`');
  const kafka = createKafka(config, silentReporter());
  try {
    if (options.create === true) {
      const created = await kafka.create();
      session.terminal.note(created.length === 0 ? 'all topics exist\n' : `made ${created.join(', ')}\n`);
    }
    const states = await kafka.inspect();
    await writeAnswer(session, options.format, {
      rows: states,
      columns: [
        { header: 'topic', cell: ({ topic }) => topic.name, shrinkTo: 24 },
        { header: 'state', cell: ({ verdict }) => verdict },
        { header: 'partitions', cell: ({ partitions }) => String(partitions ?? '–'), align: 'right' },
        { header: 'copies', cell: ({ replication }) => String(replication ?? '–'), align: 'right' },
        { header: 'kept', cell: keptText },
        {
          header: 'differs',
          cell: ({ findings }) => findings.map(findingText).join('; '),
          shrinkTo: 20,
          tone: 'warn',
        },
      ],
      record: ({ topic, verdict, partitions, replication, settings, findings }) => ({
        topic: topic.name,
        state: verdict,
        partitions,
        replication,
        settings,
        findings: findings.map(findingText),
      }),
      keys: ['topic', 'state', 'partitions', 'replication', 'settings', 'findings'],
    });
    // whole lines, however narrow the terminal: they are there to be copied
    session.terminal.note(remedyText(states, config.brokers[0] ?? ''));
    const bad = states.filter(({ verdict }) => verdict === 'wrong' || verdict === 'missing');
    if (bad.length === 0) return;
    const names = bad.map(({ topic, verdict }) => `${topic.name} (${verdict})`).join(', ');
    throw new DroplensError(
      bad.some(({ verdict }) => verdict === 'wrong') ? 'DL_TOPIC_MISCONFIGURED' : 'DL_TOPIC_MISSING',
      names,
    );
  } finally {
    await kafka.close();
  }
}

function keptText({ settings }: TopicState): string {
  if (settings['cleanup.policy'] === 'compact') return 'last of each key';
  const hours = Number(settings['retention.ms']) / 3_600_000;
  if (Number.isNaN(hours)) return '–';
  if (hours < 0) return 'for ever';
  return hours >= 48 && hours % 24 === 0 ? `${hours / 24} d` : `${hours} h`;
}

function findingText({ what, is, should }: TopicFinding): string {
  return `${what} ${is}, not ${should}`;
}

/** Kafka's own commands for what droplens does not change by itself: a running topic may belong to somebody's plan. */
function remedyText(states: readonly TopicState[], broker: string): string {
  const lines = states.flatMap(({ topic, findings }) =>
    findings.flatMap(({ what, should }) => {
      if (what === 'replication')
        return [`kafka-reassign-partitions.sh (see Kafka's documentation) raises the copies of ${topic.name}`];
      if (what === 'partitions')
        return [`kafka-topics.sh --bootstrap-server ${broker} --alter --topic ${topic.name} --partitions ${should}`];
      return [`kafka-configs.sh --bootstrap-server ${broker} --alter --topic ${topic.name} --add-config ${what}=${should}`];
    }),
  );
  return lines.map((line) => `  ${line}\n`).join('');
}
