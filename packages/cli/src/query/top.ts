import { setTimeout as pause } from 'node:timers/promises';
import { CommandError } from '../command-error.ts';
import type { TopCommandOptions, TopKind } from '../commands/top.ts';
import type { Reach } from '@droplens/store';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import { Interrupted, type Session } from '../session.ts';
import { absoluteTime } from '../terminal/numbers.ts';
import { cutText } from '../terminal/safe-text.ts';
import type { OpenedStore } from '../store/open-store.ts';
import { answerTable, writeAnswer } from './answer.ts';
import { filtersOf } from './filters.ts';
import { ask, nothingFound, rowLimit, sayReach } from './question.ts';
import { topAnswer, type TopAnswer } from './top-answer.ts';

/** How often `--watch` asks again. */
const refreshMs = 2000;

/** `droplens top`. */
export async function runTop(
  session: Session,
  flags: ConfigurationFlags,
  kind: TopKind,
  options: TopCommandOptions,
): Promise<void> {
  const limit = rowLimit(options.limit);
  // a mistake in the options is told before anything is opened
  filtersOf(options, Date.now());
  if (options.watch === true && options.format !== 'table') {
    throw new CommandError('DL_USAGE', '--watch shows a table', 'leave out --format, or ask again and again from a script');
  }
  const asked = ask(session, flags, async (opened, config) => {
    if (options.watch === true) return watch(session, config, opened, kind, options, limit);
    const answer = await current(opened, kind, options, limit);
    sayReach(session, config, answer.reach);
    if (answer.rows.length === 0)
      nothingFound(
        session,
        options.format,
        `Ask for longer with --since, or see what there is: droplens top --since 1y --direction any --action any`,
      );
    else await writeAnswer(session, options.format, answer);
  });
  // Ctrl-C is how a watch ends
  await asked.catch((error: unknown) => {
    if (options.watch !== true || !(error instanceof Interrupted)) throw error;
  });
}

async function current(opened: OpenedStore, kind: TopKind, options: TopCommandOptions, limit: number): Promise<TopAnswer> {
  const now = Date.now();
  const filters = filtersOf(options, now);
  return topAnswer(opened.store, kind, { ...filters, limit }, { now, utc: options.utc === true });
}

async function watch(
  session: Session,
  config: Configuration,
  opened: OpenedStore,
  kind: TopKind,
  options: TopCommandOptions,
  limit: number,
): Promise<void> {
  const { terminal, signal } = session;
  let said: Reach = 'exact';
  while (!signal.aborted) {
    // our head, the table's, and what stands below it, which a narrow terminal breaks; the terminal may have another size by now
    const others = 4 + Math.ceil(80 / terminal.columns);
    const fitting = terminal.interactive ? Math.max(1, Math.min(limit, terminal.rows - others)) : limit;
    const answer = await current(opened, kind, options, fitting);
    if (answer.reach !== said) sayReach(session, config, answer.reach);
    said = answer.reach;
    const title = `droplens top ${kind}, last ${options.since ?? 'of all'}, ${absoluteTime(Date.now(), options.utc === true)}   Ctrl-C ends`;
    const head = `${cutText(title, terminal.columns - 1)}\n\n`;
    const body = answer.rows.length === 0 ? ' nothing denied yet\n' : answerTable(session, answer);
    // home, then each line with what was behind it erased, then everything below: no flicker
    const frame = terminal.interactive ? `\u001b[H${(head + body).replaceAll('\n', '\u001b[K\n')}\u001b[J` : head + body;
    await terminal.write(frame);
    await pause(refreshMs, undefined, { signal }).catch(() => undefined);
  }
}
