import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { furtherHelp } from './further-help.ts';
import type { Session } from '../session.ts';

export interface ImportCommandOptions {
  readonly timeZone?: string;
  readonly host?: string;
}

export function addImportCommand(program: Command, session: Session): void {
  program
    .command('import')
    .description('load old logs; what is there already is not loaded twice')
    .argument('<files...>', "log files, plain or .gz; '-': standard input")
    .option(
      '--time-zone <zone>',
      'zone of stamps that name none: Europe/Berlin, UTC, +02:00 (default: parse.time_zone, else of this machine)',
    )
    .option('--host <name>', 'host of lines that name none (default: host)')
    .addHelpText(
      'after',
      furtherHelp(
        'Beside a running `droplens up` it hands the rows to it; otherwise it loads them itself. In a fleet (transport.kind: kafka) it ends when Kafka has them; loaders store them.',
      ),
    )
    .action(async (files: readonly string[], options: ImportCommandOptions) => {
      const { runImport } = await import('../import/run-import.ts');
      process.exitCode = await runImport(session, program.opts<ConfigurationFlags>(), files, options);
    });
}
