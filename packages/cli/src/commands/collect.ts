import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';
import { furtherHelp } from './further-help.ts';

export function addCollectCommand(program: Command, session: Session): void {
  program
    .command('collect')
    .description('follow this machine’s kernel log into Kafka, until Ctrl-C')
    .addHelpText(
      'after',
      furtherHelp(
        'Needs transport.kind: kafka. Finds the log itself unless `sources` is configured. While no broker answers, files wait',
        'where they are; what kmsg, journald and stdin say is kept in a spool of at most transport.max_bytes.',
      ),
    )
    .action(async () => {
      const [{ runService }, { startCollect }] = await Promise.all([
        import('../service/run-service.ts'),
        import('../collect/start-collect.ts'),
      ]);
      const { uid } = session.environment;
      await runService(session, program.opts<ConfigurationFlags>(), (options) => startCollect(options, uid));
    });
}
