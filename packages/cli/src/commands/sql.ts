import { Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { rowFormats, type RowFormat } from '../output/row-format.ts';
import { furtherHelp } from './further-help.ts';
import type { Session } from '../session.ts';

export function addSqlCommand(program: Command, session: Session): void {
  program
    .command('sql')
    .description('ask the history in SQL, as a user who may only read')
    .argument('<query>', "a SELECT; '-' reads it from standard input")
    .addOption(new Option('--format <format>', 'how rows come out').choices(rowFormats).default('table'))
    .addHelpText(
      'after',
      furtherHelp(
        'Tables: drops (every packet, 30 days), sources_1h and ports_1h (hourly, 400 days), undercount, status, ledger.',
        "Example: droplens sql 'SELECT dst_port, count() AS packets FROM drops GROUP BY dst_port ORDER BY packets DESC LIMIT 10'",
      ),
    )
    .action(async (query: string, options: { format: RowFormat }) => {
      const { runSql } = await import('../query/sql.ts');
      await runSql(session, program.opts<ConfigurationFlags>(), query, options.format);
    });
}
