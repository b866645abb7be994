import { checksum, column, hex, upperHex, word, type Layer, type LogOptions, type Piece } from './piece.ts';

export interface Ipv4Fields {
  readonly from: string;
  readonly to: string;
  readonly tos?: number;
  readonly ttl?: number;
  readonly id?: number;
  /** The reserved bit, which the logger calls CE. */
  readonly reserved?: boolean;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In units of eight bytes. */
  readonly fragment?: number;
  /** A multiple of four bytes. */
  readonly options?: Uint8Array;
  readonly payload: Layer;
  /** Only so many bytes of the payload follow … */
  readonly cut?: number;
  /** … and the header still says the whole length, as in a packet that an ICMP error quotes. */
  readonly quoted?: boolean;
}

/** An IPv4 address as four bytes. */
export function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** An IPv4 packet. */
export function ipv4(fields: Ipv4Fields): Layer {
  const { from, to, tos = 0, ttl = 64, id = 0x1234, fragment = 0, payload, options = new Uint8Array() } = fields;
  const cut = fields.cut ?? payload.bytes.length;
  const length = 20 + options.length + (fields.quoted === true ? payload.bytes.length : cut);
  const header = Buffer.alloc(20);
  header[0] = 0x40 | ((20 + options.length) >> 2);
  header[1] = tos;
  header.writeUInt16BE(length, 2);
  header.writeUInt16BE(id, 4);
  const flags = (fields.reserved ? 0x8000 : 0) | (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0);
  header.writeUInt16BE(flags | fragment, 6);
  header[8] = ttl;
  header[9] = payload.protocol;
  ipv4Bytes(from).copy(header, 12);
  ipv4Bytes(to).copy(header, 16);
  const whole = Buffer.concat([header, options]);
  whole.writeUInt16BE(checksum(whole), 10);
  return {
    protocol: 4,
    bytes: Buffer.concat([whole, payload.bytes.subarray(0, cut)]),
    print: (log) => [
      column(`SRC=${from}`, { src: from }),
      column(`DST=${to}`, { dst: to }),
      column(`LEN=${length}`, { length }),
      word(`TOS=0x${hex(tos & 0x1e, 2).toUpperCase()}`),
      word(`PREC=0x${hex(tos & 0xe0, 2).toUpperCase()}`),
      column(`TTL=${ttl - (log.hops ?? 0)}`, { ttl: ttl - (log.hops ?? 0) }),
      column(`ID=${id}`, { ip_id: id }),
      ...(fields.reserved ? [word('CE')] : []),
      ...(fields.dontFragment ? [word('DF')] : []),
      ...(fields.moreFragments ? [word('MF')] : []),
      ...(fragment > 0 ? [word(`FRAG:${fragment}`)] : []),
      ...(log.ipOptions === true && options.length > 0 ? [word(`OPT (${upperHex(options)})`)] : []),
      ...(fragment > 0 ? laterFragment(payload, log) : payload.print(log, cut)),
    ],
  };
}

/** A later fragment has no header of the next protocol; AH alone is not even named, and so is known by its absence. */
function laterFragment(payload: Layer, log: LogOptions): Piece[] {
  return payload.protocol === 51 ? [column('', { proto: '51' })] : payload.print(log, 20).slice(0, 1);
}
