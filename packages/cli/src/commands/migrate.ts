import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';

export function addMigrateCommand(program: Command, session: Session): void {
  program
    .command('migrate')
    .description('create the tables of the configured database, or bring them up to date')
    .action(async () => {
      const { runMigrate } = await import('../store/migrate.ts');
      await runMigrate(session, program.opts<ConfigurationFlags>());
    });
}
