import { ipv4Bytes } from './ipv4.ts';
import { checksum, column, hex, word, type Layer, type LogOptions, type Piece } from './piece.ts';

interface IcmpFields {
  readonly type: number;
  readonly code?: number;
  /** The second word of the header: id and sequence, a gateway, an MTU, a pointer. */
  readonly id?: number;
  readonly sequence?: number;
  readonly gateway?: string;
  readonly mtu?: number;
  readonly pointer?: number;
  /** The packet it complains about. */
  readonly quote?: Layer;
  readonly data?: Uint8Array;
  readonly badChecksum?: boolean;
}

const echoes = [0, 8];
const quoting = [3, 4, 5, 11];
/** Bytes without which the logger gives up on a type (nf_log_syslog.c, `required_len`). */
const needed: Readonly<Record<number, number>> = {
  0: 4,
  3: 28,
  4: 28,
  5: 28,
  8: 4,
  11: 28,
  12: 28,
  13: 20,
  14: 20,
  17: 12,
  18: 12,
};

/** An ICMP message. */
export function icmp(fields: IcmpFields): Layer {
  const { type, code = 0, quote } = fields;
  const header = Buffer.alloc(8);
  header[0] = type;
  header[1] = code;
  if (fields.id !== undefined) header.writeUInt16BE(fields.id, 4);
  if (fields.sequence !== undefined) header.writeUInt16BE(fields.sequence, 6);
  if (fields.gateway !== undefined) ipv4Bytes(fields.gateway).copy(header, 4);
  if (fields.mtu !== undefined) header.writeUInt16BE(fields.mtu, 6);
  if (fields.pointer !== undefined) header[4] = fields.pointer;
  const bytes = Buffer.concat([header, quote?.bytes ?? fields.data ?? new Uint8Array()]);
  bytes.writeUInt16BE(fields.badChecksum ? 0xdead : checksum(bytes), 2);
  return {
    protocol: 1,
    bytes,
    print(log, available): Piece[] {
      const pieces = [column('PROTO=ICMP', { proto: 'ICMP' })];
      const incomplete = word(`INCOMPLETE [${available} bytes]`);
      if (available < 8) return [...pieces, incomplete];
      pieces.push(column(`TYPE=${type}`, { icmp_type: type }), column(`CODE=${code}`, { icmp_code: code }));
      if (available < (needed[type] ?? 0)) return [...pieces, incomplete];
      if (echoes.includes(type)) pieces.push(word(`ID=${fields.id ?? 0}`), word(`SEQ=${fields.sequence ?? 0}`));
      if (type === 12) pieces.push(word(`PARAMETER=${fields.pointer ?? 0}`));
      if (type === 5) pieces.push(word(`GATEWAY=${fields.gateway ?? '0.0.0.0'}`));
      if (quoting.includes(type) && quote !== undefined) pieces.push(...quoted(quote, log));
      if (type === 3 && code === 4) pieces.push(word(`MTU=${fields.mtu ?? 0}`));
      return pieces;
    },
  };
}

interface Icmpv6Fields {
  readonly type: number;
  readonly code?: number;
  readonly id?: number;
  readonly sequence?: number;
  /** 32 bit. */
  readonly mtu?: number;
  readonly pointer?: number;
  readonly quote?: Layer;
  readonly data?: Uint8Array;
}

/** An ICMPv6 message; its checksum is left 0, which no hook before the socket looks at. */
export function icmpv6(fields: Icmpv6Fields): Layer {
  const { type, code = 0, quote } = fields;
  const header = Buffer.alloc(8);
  header[0] = type;
  header[1] = code;
  if (fields.id !== undefined) header.writeUInt16BE(fields.id, 4);
  if (fields.sequence !== undefined) header.writeUInt16BE(fields.sequence, 6);
  if (fields.mtu !== undefined) header.writeUInt32BE(fields.mtu, 4);
  if (fields.pointer !== undefined) header.writeUInt32BE(fields.pointer, 4);
  return {
    protocol: 58,
    bytes: Buffer.concat([header, quote?.bytes ?? fields.data ?? new Uint8Array()]),
    print(log, available): Piece[] {
      const pieces = [column('PROTO=ICMPv6', { proto: 'ICMPv6' })];
      if (available < 8) return [...pieces, { text: `INCOMPLETE [${available} bytes]`, last: true }];
      pieces.push(column(`TYPE=${type}`, { icmp_type: type }), column(`CODE=${code}`, { icmp_code: code }));
      if (type === 128 || type === 129) pieces.push(word(`ID=${fields.id ?? 0}`), word(`SEQ=${fields.sequence ?? 0}`));
      if (type === 4) pieces.push(word(`POINTER=${hex(fields.pointer ?? 0, 8)}`));
      if (type >= 1 && type <= 4 && quote !== undefined) pieces.push(...quoted(quote, log));
      if (type === 2) pieces.push(word(`MTU=${fields.mtu ?? 0}`));
      return pieces;
    },
  };
}

/** `[` + the quoted packet + `] `, all of it `extra`; a quoted error is named but what it quotes is not printed. */
function quoted(quote: Layer, log: LogOptions): Piece[] {
  const shown: Piece[] = [];
  let depth = 0;
  for (const { text, bare } of quote.print({ ...log, hops: 0 }, quote.bytes.length)) {
    if (text.startsWith('[')) depth += 1;
    if (depth === 0 && text !== '') shown.push({ text: shown.length === 0 ? `[${text}` : text, bare: bare === true });
    if (text === ']') depth -= 1;
  }
  return [...shown, word(']')];
}
