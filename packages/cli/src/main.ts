import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { createSession, Interrupted, type Session } from './session.ts';
import { safeText } from './terminal/safe-text.ts';
import { PipeClosed } from './terminal/terminal.ts';

const session = createSession();
process.exit(await run(session, process.argv));

/** Runs one command line; the exit code: 0 done, 1 failed, 2 wrong usage, 128 + n stopped by a signal. */
async function run(session: Session, argv: readonly string[]): Promise<number> {
  const program = createProgram(session);
  try {
    if (argv.length <= 2) {
      program.outputHelp({ error: true });
      return 2;
    }
    await program.parseAsync(argv);
    await session.terminal.end();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof PipeClosed) return 0;
    if (error instanceof Interrupted) return error.exitCode;
    if (error instanceof CommanderError) {
      // a command of commands without one has shown its help
      if (error.code === 'commander.help') return 2;
      return error.exitCode === 0 ? 0 : usage(session, error.message, argv);
    }
    // a stop makes whatever was running fail: the stop is the reason, not its echo
    if (session.signal.aborted && session.signal.reason instanceof Interrupted) return session.signal.reason.exitCode;
    const { errorText, isUsage } = await import('./command-error.ts');
    if (isUsage(error)) return usage(session, error.message, argv);
    session.terminal.note(errorText(error, session.terminal.paintNote));
    return (error as { code?: unknown }).code === 'DL_USAGE' ? 2 : 1;
  }
}

/** `error: unknown option '--fromat'\n(Did you mean --format?)` in the form of all our errors. */
function usage(session: Session, text: string, argv: readonly string[]): number {
  const command = createProgram(session).commands.find((known) => argv.slice(2).includes(known.name()));
  const message = text.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/s, ' (did you mean $1?)');
  const { paintNote } = session.terminal;
  session.terminal.note(
    `${paintNote('bad', 'droplens:')} ${safeText(message)} ${paintNote('dim', '[DL_USAGE]')}\n` +
      `  see: droplens ${command === undefined ? '' : `${command.name()} `}--help\n`,
  );
  return 2;
}
