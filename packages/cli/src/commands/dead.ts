import { Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { rowFormats, type RowFormat } from '../output/row-format.ts';
import type { Session } from '../session.ts';
import { furtherHelp } from './further-help.ts';

export interface DeadListOptions {
  readonly reason?: string;
  readonly since?: string;
  readonly utc?: boolean;
  readonly limit: string;
  readonly format: RowFormat;
}

export interface DeadReplayOptions {
  readonly all?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

export function addDeadCommand(program: Command, session: Session): void {
  const dead = program.command('dead').description('what could not be loaded, and why; load it again').helpCommand(false);
  dead
    .command('list', { isDefault: true })
    .description('what was put aside and not replayed since, newest last')
    .option('--reason <reason>', 'only what was put aside for this: number, address, refused …')
    .option('--since <time>', 'only what was put aside since: a span such as 24h, or 2026-11-21T13:00')
    .option('--utc', 'times in UTC')
    .option('-n, --limit <letters>', 'how many to show', '1000')
    .addOption(new Option('--format <format>', 'how letters come out').choices(rowFormats).default('table'))
    .action(async (options: DeadListOptions) => {
      const { runDeadList } = await import('../dead/list-dead.ts');
      await runDeadList(session, program.opts<ConfigurationFlags>(), options);
    });
  dead
    .command('replay')
    .description('load again what was put aside, once the cause is gone')
    .argument('[ids...]', 'ids that `droplens dead list` shows')
    .option('--all', 'everything')
    .option('--reason <reason>', 'what was put aside for this')
    .option('--dry-run', 'only say what would be done')
    .addHelpText(
      'after',
      furtherHelp(
        'Rows go through the transport like any others, with all that were put aside at the same position, and are stored once however often they are replayed.',
      ),
    )
    .action(async (ids: readonly string[], options: DeadReplayOptions) => {
      const { runDeadReplay } = await import('../dead/replay-dead.ts');
      process.exitCode = await runDeadReplay(session, program.opts<ConfigurationFlags>(), ids, options);
    });
}
