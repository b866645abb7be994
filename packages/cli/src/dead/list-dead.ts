import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '@droplens/transport';
import type { DeadListOptions } from '../commands/dead.ts';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { withDead } from '../intake/open-intake.ts';
import { isoTime, writeAnswer } from '../query/answer.ts';
import { rowLimit } from '../query/question.ts';
import type { Session } from '../session.ts';
import { absoluteTime, grouped } from '../terminal/numbers.ts';
import { parseMoment } from '../time.ts';

/** `droplens dead list`: what could not be loaded, newest last, and how much of it for which reason. */
export async function runDeadList(session: Session, flags: ConfigurationFlags, options: DeadListOptions): Promise<void> {
  const limit = rowLimit(options.limit, 100_000);
  const utc = options.utc === true;
  const { reason } = options;
  const since = options.since === undefined ? undefined : parseMoment(options.since, '--since', Date.now(), utc);
  const filter = { ...(reason === undefined ? {} : { reason }), ...(since === undefined ? {} : { since }) };
  const { config } = await loadConfiguration(flags, session.environment);
  await withDead(config, async (dead, place) => {
    const { letters, reasons } = await dead.list(filter, limit);
    if (letters.length === 0) {
      const what = reason === undefined && since === undefined ? 'nothing was put aside' : 'nothing that fits was put aside';
      session.terminal.note(`${what}: ${place}\n`);
      return;
    }
    const total = [...reasons.values()].reduce((sum, count) => sum + count, 0);
    await writeAnswer(session, options.format, {
      rows: letters,
      columns: [
        { header: 'id', cell: ({ id }) => id, tone: 'strong' },
        { header: 'put aside', cell: ({ time }) => absoluteTime(time, utc), leaves: 3 },
        { header: 'reason', cell: (letter) => letter.reason, shrinkTo: 9, tone: 'warn' },
        { header: 'origin', cell: ({ origin }) => origin, shrinkTo: 10, leaves: 4 },
        { header: 'position', cell: ({ position }) => String(position ?? '–'), align: 'right', leaves: 2 },
        { header: 'content', cell: ({ bytes }) => beginning(bytes), shrinkTo: 20, leaves: 1 },
      ],
      record: recordOf,
      keys: ['id', 'time', 'kind', 'reason', 'origin', 'stream', 'epoch', 'position', 'content', 'encoding', 'key', 'headers'],
      footer: `${reasonsText(reasons)}${letters.length < total ? `; the last ${grouped(letters.length)} are shown` : ''}. When the cause is gone: droplens dead replay ID… | --reason R | --all`,
    });
  });
}

/** As much as a line can show. */
function beginning(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 1000)).toString().replaceAll('\t', ' ');
}

function recordOf(letter: DeadLetter): Record<string, unknown> {
  const { id, time, kind, reason, origin, stream, epoch, position, bytes, key, headers } = letter;
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return {
    id,
    time: isoTime(time),
    kind,
    reason,
    origin,
    stream,
    epoch,
    position,
    content: Buffer.from(bytes).toString(encoding),
    ...(encoding === 'base64' ? { encoding } : {}),
    ...(kind === 'row' ? {} : { key: key === null ? null : Buffer.from(key).toString(), headers: headersOf(headers) }),
  };
}

function headersOf(headers: DeadLetter['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString()]));
}

/** `12 number, 1 refused`, the most frequent first. */
function reasonsText(reasons: ReadonlyMap<string, number>): string {
  const sorted = [...reasons].sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => `${grouped(count)} ${reason}`).join(', ');
}
