import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';

export function addEngineCommand(program: Command, session: Session): void {
  program
    .command('engine')
    .description('serve the embedded ClickHouse alone, until Ctrl-C')
    .option('--listen <address>', 'host:port to serve on (default: store.listen)')
    .action(async (options: { listen?: string }) => {
      const { runEngine } = await import('../store/engine-service.ts');
      await runEngine(session, program.opts<ConfigurationFlags>(), options);
    });
}
