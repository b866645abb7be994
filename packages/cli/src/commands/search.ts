import { Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { rowFormats, type RowFormat } from '../output/row-format.ts';
import { addFilterOptions, type FilterOptions } from '../query/filter-options.ts';
import type { Session } from '../session.ts';

export interface SearchCommandOptions extends FilterOptions {
  readonly format: RowFormat;
  readonly limit: string;
}

export function addSearchCommand(program: Command, session: Session): void {
  addFilterOptions(program.command('search').description('single packets, newest first'), '7d')
    .option('-n, --limit <rows>', 'packets to show', '20')
    .addOption(
      new Option('--format <format>', 'how rows come out; ndjson and csv have every column').choices(rowFormats).default('table'),
    )
    .action(async (options: SearchCommandOptions) => {
      const { runSearch } = await import('../query/search.ts');
      await runSearch(session, program.opts<ConfigurationFlags>(), options);
    });
}
