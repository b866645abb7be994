import { DroplensError } from '@droplens/runtime';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import type { Reach } from '@droplens/store';
import type { RowFormat } from '../output/row-format.ts';
import { Interrupted, type Session } from '../session.ts';
import { openStore, type OpenedStore } from '../store/open-store.ts';

/**
 * Opens the store for one question and closes it whatever happens. With nothing stored yet, it says what to do next instead. When
 * the process that served the store ends in the middle, the question is asked again, unless part of the answer is out already.
 */
export async function ask(
  session: Session,
  flags: ConfigurationFlags,
  answer: (opened: OpenedStore, config: Configuration) => Promise<void>,
): Promise<void> {
  const { config } = await loadConfiguration(flags, session.environment);
  for (let tries = 1; ; tries += 1) {
    const opened = await openStore(config, 'ask');
    if (opened === null) {
      session.terminal.note(nothingYet(config.data));
      return;
    }
    const written = session.terminal.written;
    try {
      await untilInterrupted(session.signal, answer(opened, config));
      return;
    } catch (error) {
      const gone = error instanceof DroplensError && error.code === 'DL_STORE_UNAVAILABLE' && opened.servedBy !== null;
      if (!gone || tries === mostTries || session.terminal.written !== written) throw error;
    } finally {
      await opened.close();
    }
  }
}

const mostTries = 3;

/** Rejects as soon as the person wants to stop; the work itself ends with the store it asks. */
async function untilInterrupted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Interrupted ? signal.reason : new Interrupted('SIGINT'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, stopped]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
    work.catch(() => undefined);
  }
}

/** What to do where there is no history at all. */
export function nothingYet(data: string): string {
  return (
    `no attack history in ${data} yet. What fills it:\n` +
    '  droplens up             follow this machine’s own kernel log (as root)\n' +
    '  droplens import FILE    load an old log, plain or .gz\n' +
    '  droplens demo           see it on sample traffic\n'
  );
}

/** What to do where the history has nothing that fits the question; on stderr, so that pipes stay clean. */
export function nothingFound(session: Session, format: RowFormat, hint: string): void {
  session.terminal.note(format === 'table' ? `nothing denied that fits. ${hint}\n` : '');
}

const day = 86_400_000;

/** What an answer could not tell of its window, on stderr, before it. */
export function sayReach(session: Session, config: Configuration, reach: Reach): void {
  const kept = `packets are kept for ${config.retention.raw_days} days after loading (retention.raw_days)`;
  if (reach === 'hours') session.terminal.note(`${kept}; what is older is counted by whole hours\n`);
  if (reach === 'kept') {
    session.terminal.note(
      `${kept}, and what is older is not counted here: the hourly history knows no prefix, and ports and protocols not by source\n`,
    );
  }
}

/** Single packets are kept for a while only: a question that reaches further back is told so, on stderr, before its answer. */
export function sayWhatIsKept(session: Session, config: Configuration, since: number | undefined, now: number): void {
  const days = config.retention.raw_days;
  if (since === undefined || since >= now - days * day) return;
  session.terminal.note(
    `packets are kept for ${days} days after loading (retention.raw_days); of what is older, droplens top sources and droplens source ADDRESS still tell the hours\n`,
  );
}

/** `--limit`: at least one row, at most `most`. */
export function rowLimit(text: string, most = 10_000): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) < 1 || Number(text) > most) {
    throw new DroplensError('DL_USAGE', `--limit: '${text}' is no number of rows: expected 1 to ${most}`);
  }
  return Number(text);
}
