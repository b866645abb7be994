import type { Command } from 'commander';
import type { Session } from '../session.ts';
import type { ConfigurationFlags } from '../config/load.ts';

export function addConfigCommand(program: Command, session: Session): void {
  const config = program.command('config').description('check or print the configuration').helpCommand(false);
  config
    .command('check')
    .description('read the configuration and say whether it is valid')
    .action(async () => {
      const { loadConfiguration } = await import('../config/load.ts');
      const { file } = await loadConfiguration(program.opts<ConfigurationFlags>(), session.environment);
      await session.terminal.write(file === null ? 'ok: no configuration file, defaults are in force\n' : `ok: ${file}\n`);
    });
  config
    .command('print')
    .description('print the configuration in force, and where each value comes from; secrets are not shown')
    .action(async () => {
      const { loadConfiguration } = await import('../config/load.ts');
      const { printConfiguration } = await import('../config/print.ts');
      await session.terminal.write(
        printConfiguration(await loadConfiguration(program.opts<ConfigurationFlags>(), session.environment)),
      );
    });
}
