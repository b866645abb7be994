import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCollectCommand } from './commands/collect.ts';
import { addConfigCommand } from './commands/config.ts';
import { addDeadCommand } from './commands/dead.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEngineCommand } from './commands/engine.ts';
import { addImportCommand } from './commands/import.ts';
import { addLoadCommand } from './commands/load.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addParseCommand } from './commands/parse.ts';
import { addSearchCommand } from './commands/search.ts';
import { addSourceCommand } from './commands/source.ts';
import { addSqlCommand } from './commands/sql.ts';
import { addTopCommand } from './commands/top.ts';
import { addTopicsCommand } from './commands/topics.ts';
import { addUpCommand } from './commands/up.ts';
import type { Session } from './session.ts';

/** The version of the published package. */
export function programVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/**
 * The whole command line. Command files only declare: what a command needs is imported by its action, so that `--help`
 * and a mistyped flag answer at once.
 */
export function createProgram(session: Session): Command {
  const program = new Command('droplens')
    .description('The attack history of your Linux servers, from their kernel’s denied-packet lines.')
    .usage('<command> [options]')
    .version(programVersion(), '-V, --version', 'print the version')
    .option('--data <dir>', 'data directory (default: /var/lib/droplens for root, ~/.local/state/droplens otherwise)')
    .option('--config <file>', 'configuration file (default: $DROPLENS_CONFIG, then /etc/droplens/droplens.yaml)')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText(
      'after',
      '\nBegin with: droplens demo, or as root: droplens up\nEvery command explains itself: droplens <command> --help',
    );
  program.commandsGroup('Collect:');
  addUpCommand(program, session);
  addDemoCommand(program, session);
  addImportCommand(program, session);
  addParseCommand(program, session);
  program.commandsGroup('Run a fleet:');
  addCollectCommand(program, session);
  addLoadCommand(program, session);
  addTopicsCommand(program, session);
  program.commandsGroup('Ask:');
  addTopCommand(program, session);
  addSourceCommand(program, session);
  addSearchCommand(program, session);
  addSqlCommand(program, session);
  program.commandsGroup('Operate:');
  addDoctorCommand(program, session);
  addConfigCommand(program, session);
  addDeadCommand(program, session);
  addEngineCommand(program, session);
  addMigrateCommand(program, session);
  return program;
}
