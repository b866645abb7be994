import { Argument, Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { rowFormats, type RowFormat } from '../output/row-format.ts';
import { addFilterOptions, type FilterOptions } from '../query/filter-options.ts';
import type { Session } from '../session.ts';

export const topKinds = ['sources', 'ports', 'countries', 'prefixes', 'hosts'] as const;
export type TopKind = (typeof topKinds)[number];

export interface TopCommandOptions extends FilterOptions {
  readonly format: RowFormat;
  readonly limit: string;
  readonly watch?: boolean;
}

export function addTopCommand(program: Command, session: Session): void {
  const top = program
    .command('top')
    .description('who and what is denied most')
    .addArgument(new Argument('[what]', 'what to count by').choices(topKinds).default('sources'));
  addFilterOptions(top, '24h')
    .option('-n, --limit <rows>', 'rows to show', '10')
    .addOption(new Option('--format <format>', 'how rows come out').choices(rowFormats).default('table'))
    .option('--watch', 'refresh in place until Ctrl-C')
    .action(async (what: TopKind, options: TopCommandOptions) => {
      const { runTop } = await import('../query/top.ts');
      await runTop(session, program.opts<ConfigurationFlags>(), what, options);
    });
}
