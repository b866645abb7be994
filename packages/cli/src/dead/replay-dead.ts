import { DroplensError } from '@droplens/runtime';
import type { DeadFilter, Replay } from '@droplens/transport';
import { Registry } from 'prom-client';
import { CommandError } from '../command-error.ts';
import type { DeadReplayOptions } from '../commands/dead.ts';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import type { Stored } from '../intake/intake.ts';
import { openIntake, withDead } from '../intake/open-intake.ts';
import { noteReporter } from '../service/note-reporter.ts';
import type { Session } from '../session.ts';
import { grouped } from '../terminal/numbers.ts';
import { safeText } from '../terminal/safe-text.ts';

/** `droplens dead replay`; the exit code: 1 when not all that was asked for is loaded now. */
export async function runDeadReplay(
  session: Session,
  flags: ConfigurationFlags,
  ids: readonly string[],
  options: DeadReplayOptions,
): Promise<number> {
  const filter = filterOf(ids, options);
  const { config } = await loadConfiguration(flags, session.environment);
  const { terminal, signal } = session;
  const plan = await withDead(config, (dead) => dead.replay(filter, { dryRun: true }));
  if (plan.unknown.length > 0) {
    throw new CommandError(
      'DL_USAGE',
      `no letter has the id ${plan.unknown.map(safeText).join(', ')}, or it was replayed`,
      'see: droplens dead list',
    );
  }
  const count = plan.rows + plan.messages;
  if (count + plan.kept.length === 0) {
    terminal.note('nothing to replay\n');
    return 0;
  }
  if (options.dryRun === true || count === 0) {
    await terminal.write(`${options.dryRun === true ? 'would replay' : 'replayed'} ${countText(plan)}\n${keptText(plan)}`);
    return plan.kept.length > 0 ? 1 : 0;
  }
  const reporter = noteReporter(new Registry(), (text) => terminal.note(text), terminal.paintNote);
  const intake = await openIntake({ config, reporter, signal }, 'replay');
  try {
    const replay = await intake.dead.replay(filter);
    const stored = await intake.stored();
    await terminal.write(`replayed ${countText(replay)}\n${outcomeText(stored, intake.elsewhere)}${keptText(replay)}`);
    return replay.kept.length > 0 || (stored?.dead ?? 0) > 0 ? 1 : 0;
  } finally {
    await intake.close();
  }
}

function filterOf(ids: readonly string[], { all, reason }: DeadReplayOptions): DeadFilter {
  const ways = [ids.length > 0, all === true, reason !== undefined].filter(Boolean).length;
  if (ways !== 1) throw new DroplensError('DL_USAGE', 'say what to replay: ids, --reason or --all, one of them');
  if (ids.length > 0) return { ids: new Set(ids) };
  return reason === undefined ? {} : { reason };
}

function countText({ rows, messages }: Replay): string {
  const parts = [
    ...(rows > 0 || messages === 0 ? [counted(rows, 'row')] : []),
    ...(messages > 0 ? [counted(messages, 'message')] : []),
  ];
  return parts.join(' and ');
}

function outcomeText(stored: Stored | null, elsewhere: string | null): string {
  if (stored === null) return `  sent      to ${elsewhere ?? ''}; loaders store what is not there already\n`;
  const by = stored.by === null ? '' : `, by process ${stored.by}`;
  const died = `  again     ${counted(stored.dead, 'row')} put aside again: droplens dead list shows them\n`;
  return `  loaded    ${counted(stored.rows, 'row')}${by}\n${stored.dead > 0 ? died : ''}`;
}

/** Shown in full: so many at most, then their number. */
const mostKept = 10;

function keptText({ kept }: Replay): string {
  const lines = kept.slice(0, mostKept).map(({ id, why }) => `  kept      ${safeText(id)}: ${safeText(why)}\n`);
  const rest = kept.length - lines.length;
  return lines.join('') + (rest > 0 ? `  kept      and ${grouped(rest)} more\n` : '');
}

function counted(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}
