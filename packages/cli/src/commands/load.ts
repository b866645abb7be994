import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';
import { furtherHelp } from './further-help.ts';

export function addLoadCommand(program: Command, session: Session): void {
  program
    .command('load')
    .description('load what collectors sent to Kafka into ClickHouse, until Ctrl-C')
    .addHelpText(
      'after',
      furtherHelp(
        'Needs transport.kind: kafka. Run as many as you like, up to transport.topics.partitions: they share the work, and take over from each other.',
        'Makes the tables, and the topics that do not exist.',
      ),
    )
    .action(async () => {
      const [{ runService }, { startLoad }] = await Promise.all([
        import('../service/run-service.ts'),
        import('../load/start-load.ts'),
      ]);
      const { uid } = session.environment;
      await runService(session, program.opts<ConfigurationFlags>(), (options) => startLoad(options, uid));
    });
}
