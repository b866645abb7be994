import { column, hex, upperHex, word, type Layer, type Piece } from './piece.ts';

/** In the order of the bits, lowest first. */
const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;
export type TcpFlag = (typeof flagNames)[number];

interface TcpFields {
  readonly from: number;
  readonly to: number;
  readonly flags?: readonly TcpFlag[];
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly urgent?: number;
  /** The three reserved bits with what newer kernels call AE as the lowest. */
  readonly reserved?: number;
  /** A multiple of four bytes. */
  readonly options?: Uint8Array;
  readonly data?: Uint8Array;
}

/** A TCP segment; its checksum is left 0, which no hook before the socket looks at. */
export function tcp(fields: TcpFields): Layer {
  const { from, to, flags = ['SYN'], sequence = 0, acknowledgement = 0, window = 64240, urgent = 0, reserved = 0 } = fields;
  const options = fields.options ?? new Uint8Array();
  const mask = flags.reduce((sum, flag) => sum | (1 << flagNames.indexOf(flag)), 0);
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE(acknowledgement, 8);
  header[12] = ((20 + options.length) << 2) | (reserved & 0xf);
  header[13] = mask;
  header.writeUInt16BE(window, 14);
  header.writeUInt16BE(urgent, 18);
  const flagPieces = [...flagNames]
    .reverse()
    .filter((flag) => flags.includes(flag))
    .map((flag) => column(flag, { tcp_flags: mask }));
  // the kernel's fixed order is CWR ECE URG ACK PSH RST SYN FIN: from the highest bit to the lowest
  return {
    protocol: 6,
    bytes: Buffer.concat([header, options, fields.data ?? new Uint8Array()]),
    print(log, available): Piece[] {
      const pieces = [column('PROTO=TCP', { proto: 'TCP' })];
      if (available < 20) return [...pieces, { text: `INCOMPLETE [${available} bytes]`, last: true }];
      pieces.push(column(`SPT=${from}`, { src_port: from }), column(`DPT=${to}`, { dst_port: to }));
      if (log.tcpSequence === true) pieces.push(word(`SEQ=${sequence}`), word(`ACK=${acknowledgement}`));
      // the bits between data offset and CWR, shifted as if CWR and ECE were still two of them; the lowest is AE by now
      pieces.push(column(`WINDOW=${window}`, { window }), word(`RES=0x${hex((reserved & 0xe) << 2, 2)}`));
      pieces.push(...((reserved & 1) === 1 ? [word('AE')] : []), ...flagPieces, word(`URGP=${urgent}`));
      if (log.tcpOptions !== true || options.length === 0) return pieces;
      const whole = available >= 20 + options.length;
      return [...pieces, whole ? word(`OPT (${upperHex(options)})`) : { text: 'OPT (TRUNCATED)', bare: true, last: true }];
    },
  };
}

interface UdpFields {
  readonly from: number;
  readonly to: number;
  readonly data?: Uint8Array;
  /** What the length field says; default: the truth. */
  readonly length?: number;
  readonly lite?: boolean;
}

/** A UDP or UDP-Lite datagram without checksum. */
export function udp({ from, to, data = new Uint8Array(), length = 8 + data.length, lite = false }: UdpFields): Layer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt16BE(length, 4);
  return {
    protocol: lite ? 136 : 17,
    bytes: Buffer.concat([header, data]),
    print(_log, available): Piece[] {
      const pieces = [column(lite ? 'PROTO=UDPLITE' : 'PROTO=UDP', { proto: lite ? '136' : 'UDP' })];
      if (available < 8) return [...pieces, { text: `INCOMPLETE [${available} bytes]`, last: true }];
      return [...pieces, column(`SPT=${from}`, { src_port: from }), column(`DPT=${to}`, { dst_port: to }), word(`LEN=${length}`)];
    },
  };
}

/** A protocol that the kernel's logger knows only by number. */
export function other(protocol: number, data: Uint8Array = new Uint8Array(8)): Layer {
  return {
    protocol,
    bytes: Buffer.from(data),
    print: () => [column(`PROTO=${protocol}`, { proto: String(protocol) })],
  };
}

const names: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };

/** What follows the header of a later fragment: the middle of something, so only its protocol is printed, by name where there is one. */
export function middle(protocol: number, data: Uint8Array = new Uint8Array(8)): Layer {
  const name = names[protocol] ?? String(protocol);
  return { protocol, bytes: Buffer.from(data), print: () => [column(`PROTO=${name}`, { proto: name })] };
}

/** An IPsec authentication header with nothing after it (IPv4). */
export function ah(spi: number, length = 24): Layer {
  const bytes = Buffer.alloc(24);
  bytes[0] = 59;
  bytes[1] = 4;
  bytes.writeUInt32BE(spi, 4);
  return securityHeader(51, 'AH', 12, spi, bytes.subarray(0, length));
}

/** An IPsec encapsulated payload (IPv4). */
export function esp(spi: number, length = 24): Layer {
  const bytes = Buffer.alloc(24, 0xee);
  bytes.writeUInt32BE(spi, 0);
  return securityHeader(50, 'ESP', 8, spi, bytes.subarray(0, length));
}

function securityHeader(protocol: number, name: string, needed: number, spi: number, bytes: Buffer): Layer {
  return {
    protocol,
    bytes,
    print(_log, available): Piece[] {
      const piece = column(`PROTO=${name}`, { proto: String(protocol) });
      return [piece, word(available < needed ? `INCOMPLETE [${available} bytes]` : `SPI=0x${hex(spi)}`)];
    },
  };
}
