import type { Command } from 'commander';
import type { ConfigurationFlags } from '../config/load.ts';
import { furtherHelp } from './further-help.ts';
import type { Session } from '../session.ts';

export function addDoctorCommand(program: Command, session: Session): void {
  program
    .command('doctor')
    .description('say in plain words why no lines arrive, by looking')
    .option('--store', 'prove on the configured database that a batch sent twice is stored once')
    .addHelpText(
      'after',
      furtherHelp(
        'Looks at the kernel, the rules, syslog, the log files, the disk and the store. Changes nothing.',
        'Exit code 1 when something FAILs.',
      ),
    )
    .action(async (options: { store?: boolean }) => {
      const { runDoctor } = await import('../doctor/run-doctor.ts');
      process.exitCode = await runDoctor(session, program.opts<ConfigurationFlags>(), options);
    });
}
