import { constants } from 'node:os';
import { processEnvironment, settleTimeZone, type Environment } from './environment.ts';
import { safeText } from './terminal/safe-text.ts';
import { Terminal } from './terminal/terminal.ts';

/** What every command of one run of the program shares. */
export interface Session {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP; its reason is an `Interrupted`. A second signal ends the process at once. */
  readonly signal: AbortSignal;
}

/** A person or a supervisor asked the program to stop. */
export class Interrupted extends Error {
  /** The exit code a shell expects: 128 + the signal's number. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.name = 'Interrupted';
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Creates the session of this process and listens to its signals. */
export function createSession(): Session {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interrupted = new Interrupted(name);
      if (stop.signal.aborted) process.exit(interrupted.exitCode);
      stop.abort(interrupted);
    });
  }
  const unknownZone = settleTimeZone();
  const environment = processEnvironment();
  const terminal = new Terminal(environment);
  if (unknownZone !== null)
    terminal.note(`droplens: TZ=${safeText(unknownZone)} names no time zone that is known here: UTC is used\n`);
  return { environment, terminal, signal: stop.signal };
}

/** Resolves when the session is to end. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
