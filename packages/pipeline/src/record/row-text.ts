import { actions, type Action, canonicalAddress, directionOf, type NetfilterRecord } from '@droplens/netfilter-log';
import { rowColumns } from './columns.ts';

/** A row read back. */
export interface Row {
  /** Where its line ends in its source. */
  readonly position: number;
  readonly record: NetfilterRecord;
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' };

/** Reads one row of row text (with or without its line end); null when it has not the columns of `rowColumns`. Addresses come out canonical. */
export function readRow(text: string): Row | null {
  const cells = text.replace(/\n$/, '').split('\t');
  if (cells.length !== rowColumns.length) return null;
  const cell = (name: (typeof rowColumns)[number]): string => unescapeCell(cells[rowColumns.indexOf(name)]!);
  const number = (name: (typeof rowColumns)[number]): number => Number(cells[rowColumns.indexOf(name)]);
  const action = cell('action');
  const src = canonicalAddress(cell('src'));
  const dst = canonicalAddress(cell('dst'));
  if (src === null || dst === null || !isAction(action)) return null;
  const inIface = cell('in_iface');
  const outIface = cell('out_iface');
  const record: NetfilterRecord = {
    time: Math.round(number('time') * 1000),
    host: cell('host'),
    prefix: cell('prefix'),
    action,
    direction: directionOf(inIface, outIface),
    in_iface: inIface,
    out_iface: outIface,
    src,
    dst,
    proto: cell('proto'),
    src_port: number('src_port'),
    dst_port: number('dst_port'),
    length: number('length'),
    ttl: number('ttl'),
    ip_id: number('ip_id'),
    tcp_flags: number('tcp_flags'),
    window: number('window'),
    icmp_type: number('icmp_type'),
    icmp_code: number('icmp_code'),
    extra: cell('extra'),
  };
  const position = number('position');
  return Object.values(record).every((value) => value === value) && position === position ? { position, record } : null;
}

function isAction(text: string): text is Action {
  return (actions as readonly string[]).includes(text);
}

function unescapeCell(cell: string): string {
  if (!cell.includes('\\')) return cell;
  return cell.replace(/\\(.)/g, (_, escaped: string) => escapes[escaped] ?? escaped);
}
