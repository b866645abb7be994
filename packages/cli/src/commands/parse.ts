import { Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';

export const parseFormats = ['ndjson', 'table', 'csv', 'tsv'] as const;
export type ParseFormat = (typeof parseFormats)[number];

export interface ParseCommandOptions {
  readonly format: ParseFormat;
  readonly rejected?: boolean;
  readonly all?: boolean;
  readonly timeZone?: string;
  readonly referenceTime?: string;
  readonly host?: string;
  readonly utc?: boolean;
}

export function addParseCommand(program: Command, session: Session): void {
  program
    .command('parse')
    .description('turn log lines into records; stores nothing')
    .argument('[files...]', "log files, plain or .gz; '-' or nothing: standard input")
    .addOption(
      new Option('--format <format>', 'ndjson; table; csv; tsv: the rows as they travel to the loader')
        .choices(parseFormats)
        .default('ndjson'),
    )
    .option('--rejected', 'show the lines that hold no record, and why, instead of the records')
    .option('--all', 'records, rejected lines and undercounts, each with its `kind` (ndjson)')
    .option(
      '--time-zone <zone>',
      'zone of stamps that name none: Europe/Berlin, UTC, +02:00 (default: parse.time_zone, else of this machine)',
    )
    .option('--reference-time <time>', 'when the log was read: places stamps without a year (default: now)')
    .option('--host <name>', 'host of lines that name none')
    .option('--utc', 'times in the table in UTC')
    .action(async (files: readonly string[], options: ParseCommandOptions) => {
      const { runParse } = await import('../parse/run-parse.ts');
      process.exitCode = await runParse(session, program.opts<ConfigurationFlags>(), files, options);
    });
}
