import { Option, type Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';

export interface SourceCommandOptions {
  readonly since?: string;
  readonly until?: string;
  readonly format: 'table' | 'ndjson';
  readonly utc?: boolean;
}

export function addSourceCommand(program: Command, session: Session): void {
  program
    .command('source')
    .description('everything about one source: who, since when, what they want, who is near')
    .argument('<address>', 'an address or a network: 203.0.113.66, 203.0.113.0/24, 2001:db8::/64')
    .option('--since <when>', 'from then on: 24h, 7d, 1y ago, or 2026-11-21T13:00 (default: all that is kept)')
    .option('--until <when>', 'up to then')
    .addOption(new Option('--format <format>', 'for people, or one JSON object').choices(['table', 'ndjson']).default('table'))
    .option('--utc', 'absolute times, in UTC')
    .action(async (address: string, options: SourceCommandOptions) => {
      const { runSource } = await import('../query/source.ts');
      await runSource(session, program.opts<ConfigurationFlags>(), address, options);
    });
}
