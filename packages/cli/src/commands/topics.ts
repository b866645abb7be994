import { Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { rowFormats, type RowFormat } from '../output/row-format.ts';
import type { Session } from '../session.ts';

export function addTopicsCommand(program: Command, session: Session): void {
  program
    .command('topics')
    .description('Kafka’s topics as they are and as they should be')
    .option('--create', 'make those that do not exist')
    .addOption(new Option('--format <format>', 'how rows come out').choices(rowFormats).default('table'))
    .action(async (options: { create?: boolean; format: RowFormat }) => {
      const { runTopics } = await import('../topics/run-topics.ts');
      await runTopics(session, program.opts<ConfigurationFlags>(), options);
    });
}
