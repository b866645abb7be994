import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, systemReason } from '../command-error.ts';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { dataPaths } from '../data-directory.ts';
import type { RowFormat } from '../output/row-format.ts';
import type { Session } from '../session.ts';
import { writeAnswer } from './answer.ts';

/** A row that the loader put aside. */
export interface DeadRow {
  /** When its batch was loaded. */
  readonly time: string;
  readonly reason: string;
  readonly stream: string;
  readonly epoch: string;
  readonly position: number | null;
  readonly row: string;
  readonly encoding?: string;
}

/** `droplens dead`: what the loader put aside, oldest first. */
export async function runDead(session: Session, flags: ConfigurationFlags, format: RowFormat): Promise<void> {
  const { config } = await loadConfiguration(flags, session.environment);
  const directory = dataPaths(config.data).dead;
  const rows = await readDead(directory);
  if (rows.length === 0) {
    session.terminal.note(`no row was put aside: ${directory} is empty\n`);
    return;
  }
  await writeAnswer(session, format, {
    rows,
    columns: [
      { header: 'time', cell: (row) => row.time.slice(0, 19).replace('T', ' '), leaves: 2 },
      { header: 'reason', cell: (row) => row.reason, shrinkTo: 12, tone: 'warn' },
      { header: 'position', cell: (row) => String(row.position ?? '–'), align: 'right', leaves: 1 },
      { header: 'row', cell: (row) => row.row.replaceAll('\t', ' '), shrinkTo: 20 },
    ],
    record: (row) => ({ ...row }),
    keys: ['time', 'reason', 'stream', 'epoch', 'position', 'row', 'encoding'],
    footer: ` ${rows.length} ${rows.length === 1 ? 'row' : 'rows'} in ${directory}; delete its files when you have looked\n`,
  });
}

/** All rows put aside, oldest first; none where there is no such directory. */
export async function readDead(directory: string): Promise<DeadRow[]> {
  try {
    const files = (await readdir(directory)).filter((name) => name.endsWith('.ndjson')).sort();
    const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
    return texts.flatMap((text) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as DeadRow),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CommandError(
      'DL_DATA_DIRECTORY',
      `${directory}: ${systemReason(error)}`,
      'run it as the user who owns it (usually with sudo)',
      { cause: error },
    );
  }
}
