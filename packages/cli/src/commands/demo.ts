import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { furtherHelp } from './further-help.ts';
import type { Session } from '../session.ts';

export interface DemoCommandOptions {
  readonly keep?: boolean;
}

export function addDemoCommand(program: Command, session: Session): void {
  program
    .command('demo')
    .description('a sample day of traffic through the whole pipeline, in a throw-away store')
    .option('--keep', 'keep the store afterwards, to ask it more')
    .addHelpText(
      'after',
      furtherHelp(
        'Takes less than a minute. Does not read this machine’s log, touch its firewall or its history. With --data DIR the store is kept there.',
      ),
    )
    .action(async (options: DemoCommandOptions) => {
      const { runDemo } = await import('../demo/run-demo.ts');
      await runDemo(session, program.opts<ConfigurationFlags>(), options);
    });
}
