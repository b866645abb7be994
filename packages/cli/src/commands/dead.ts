import { Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { rowFormats, type RowFormat } from '../output/row-format.ts';
import type { Session } from '../session.ts';

export function addDeadCommand(program: Command, session: Session): void {
  program
    .command('dead')
    .description('rows that could not be loaded, and why')
    .addOption(new Option('--format <format>', 'how rows come out').choices(rowFormats).default('table'))
    .action(async (options: { format: RowFormat }) => {
      const { runDead } = await import('../query/dead.ts');
      await runDead(session, program.opts<ConfigurationFlags>(), options.format);
    });
}
