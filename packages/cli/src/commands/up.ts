import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { furtherHelp } from './further-help.ts';
import type { Session } from '../session.ts';

export function addUpCommand(program: Command, session: Session): void {
  program
    .command('up')
    .description('follow this machine’s kernel log and keep its history, until Ctrl-C')
    .addHelpText(
      'after',
      furtherHelp(
        'Finds the log itself unless `sources` is configured. In a terminal it shows a live line; as a service it logs JSON.',
        'Metrics and health: http://127.0.0.1:9464/metrics, /healthz, /readyz (admin.listen).',
      ),
    )
    .action(async () => {
      const { runUp } = await import('../up/run-up.ts');
      await runUp(session, program.opts<ConfigurationFlags>());
    });
}
