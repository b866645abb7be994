import { flagNames, recordToJson } from '@droplens/pipeline';
import type { StoredPacket } from '@droplens/store';
import type { SearchCommandOptions } from '../commands/search.ts';
import type { ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';
import { csvLine, ndjsonLine } from '../output/row-format.ts';
import { absoluteTime } from '../terminal/numbers.ts';
import type { Column } from '../terminal/table.ts';
import { isoTime, writeAnswer } from './answer.ts';
import { filtersOf } from './filters.ts';
import { wantedPort } from './port-text.ts';
import { ask, nothingFound, rowLimit, sayWhatIsKept } from './question.ts';

/** `droplens search`. */
export async function runSearch(session: Session, flags: ConfigurationFlags, options: SearchCommandOptions): Promise<void> {
  const limit = rowLimit(options.limit, 1_000_000);
  const now = Date.now();
  const filters = filtersOf(options, now);
  const { terminal } = session;
  await ask(session, flags, async ({ store }, config) => {
    sayWhatIsKept(session, config, filters.since, now);
    const packets = store.search({ ...filters, limit });
    if (options.format === 'table') return writeTable(session, packets, options);
    if (options.format === 'csv') await terminal.write(csvLine(keys, terminal.interactive));
    for await (const packet of packets) {
      await terminal.write(options.format === 'ndjson' ? ndjsonLine(recordOf(packet)) : csvRow(packet, terminal.interactive));
    }
  });
}

/** A table is laid out from all its rows; more are for programs. */
const mostTableRows = 1000;

async function writeTable(session: Session, packets: AsyncIterable<StoredPacket>, options: SearchCommandOptions): Promise<void> {
  const rows: StoredPacket[] = [];
  let more = false;
  for await (const packet of packets) {
    more = rows.length >= mostTableRows;
    if (more) break;
    rows.push(packet);
  }
  if (rows.length === 0) {
    nothingFound(session, options.format, 'Ask for longer with --since, for more with --direction any --action any');
    return;
  }
  const utc = options.utc === true;
  await writeAnswer(session, 'table', { rows, columns: columns(utc), record: recordOf, keys });
  if (more) session.terminal.note(`  only the ${mostTableRows} newest; --format ndjson or csv gives all\n`);
}

function columns(utc: boolean): readonly Column<StoredPacket>[] {
  return [
    { header: 'time', cell: ({ time }) => absoluteTime(time, utc), leaves: 1 },
    { header: 'host', cell: ({ host }) => host, shrinkTo: 5, leaves: 4 },
    { header: 'prefix', cell: ({ prefix }) => prefix, shrinkTo: 8, leaves: 6 },
    { header: 'action', cell: ({ action }) => action, leaves: 7 },
    {
      header: 'source',
      cell: ({ src, src_port: port }) => (port === 0 ? src : src.includes(':') ? `[${src}]:${port}` : `${src}:${port}`),
      tone: 'strong',
    },
    { header: 'country', cell: ({ country }) => country || '–', leaves: 3 },
    { header: 'destination', cell: ({ dst }) => dst, leaves: 5 },
    { header: 'wants', cell: wantedPort },
    { header: 'flags', cell: ({ tcp_flags: flags }) => flagNames(flags).join(' '), shrinkTo: 4, leaves: 2 },
    { header: 'ttl', cell: ({ ttl }) => String(ttl), align: 'right', leaves: 8 },
    { header: 'length', cell: ({ length }) => String(length), align: 'right', leaves: 9 },
  ];
}

const keys = [
  'time',
  'host',
  'prefix',
  'action',
  'direction',
  'in_iface',
  'out_iface',
  'src',
  'dst',
  'proto',
  'src_port',
  'dst_port',
  'length',
  'ttl',
  'ip_id',
  'tcp_flags',
  'window',
  'icmp_type',
  'icmp_code',
  'country',
  'asn',
  'stray',
  'extra',
  'loaded_at',
] as const;

/** The object that `parse` makes of the line, and what the loader knew besides. */
function recordOf(packet: StoredPacket): Record<string, unknown> {
  const { country, asn, stray, loaded_at: loadedAt } = packet;
  return { ...recordToJson(packet), country, asn, stray, loaded_at: isoTime(loadedAt) };
}

function csvRow(packet: StoredPacket, terminal: boolean): string {
  const row = {
    ...packet,
    time: isoTime(packet.time),
    loaded_at: isoTime(packet.loaded_at),
    tcp_flags: flagNames(packet.tcp_flags).join(' '),
  };
  return csvLine(
    keys.map((key) => row[key]),
    terminal,
  );
}
