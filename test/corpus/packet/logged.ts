import type { Action, Direction, NetfilterRecord, RejectReason } from '@droplens/netfilter-log';
import type { Columns, Layer, LogOptions, Piece } from './piece.ts';

/** Where a packet meets the rule that logs it. */
export interface Path {
  readonly in: string;
  readonly out: string;
  /** What is printed between OUT= and SRC=: bridge ports and the link header. */
  readonly link: readonly string[];
}

/** A rule's way of logging. */
export interface Rule {
  readonly prefix: string;
  readonly action: Action;
  readonly log: LogOptions;
  readonly uid?: number;
  readonly gid?: number;
  readonly mark?: number;
}

/** What a captured line must give; `line` is what we think the kernel prints, which the capture compares with what it printed. */
export interface Expectation {
  readonly line: string;
  readonly record?: Omit<NetfilterRecord, 'time' | 'host'>;
  readonly reason?: RejectReason;
}

function directionOf(path: Path): Direction {
  if (path.out === '') return 'in';
  return path.in === '' ? 'out' : 'forward';
}

/** The kernel's way: a space after each piece, but for a few that it leaves bare. */
function onOneLine(pieces: readonly Piece[]): string {
  return pieces.map(({ text, bare }) => (text === '' || bare === true ? text : `${text} `)).join('');
}

/** The expected record of a packet that we built, on a path that we built, logged by a rule that we wrote. */
export function expectation(packet: Layer, path: Path, rule: Rule): Expectation {
  const pieces: Piece[] = packet.print(rule.log, packet.bytes.length);
  if (pieces.at(-1)?.last !== true) {
    if (rule.log.uid === true && rule.uid !== undefined)
      pieces.push({ text: `UID=${rule.uid}` }, { text: `GID=${rule.gid ?? 0}` });
    if (rule.mark !== undefined) pieces.push({ text: `MARK=0x${rule.mark.toString(16)}` });
  }
  const columns: Required<Columns> = Object.assign(
    { src: '', dst: '', proto: '', src_port: 0, dst_port: 0, length: 0, ttl: 0, ip_id: 0 },
    { tcp_flags: 0, window: 0, icmp_type: 0, icmp_code: 0 },
    ...pieces.map((piece) => piece.columns ?? {}),
  );
  const link = path.link.map((text) => ({ text }));
  const interfaces = [{ text: `IN=${path.in}` }, { text: `OUT=${path.out}` }];
  return {
    line: rule.prefix + onOneLine([...interfaces, ...link, ...pieces]),
    record: {
      prefix: rule.prefix.trim(),
      action: rule.action,
      direction: directionOf(path),
      in_iface: path.in,
      out_iface: path.out,
      src: columns.src,
      dst: columns.dst,
      proto: columns.proto,
      src_port: columns.src_port,
      dst_port: columns.dst_port,
      length: columns.length,
      ttl: columns.ttl,
      ip_id: columns.ip_id,
      tcp_flags: columns.tcp_flags,
      window: columns.window,
      icmp_type: columns.icmp_type,
      icmp_code: columns.icmp_code,
      extra: onOneLine([...link, ...pieces.filter((piece) => piece.columns === undefined)]).trimEnd(),
    },
  };
}
