import { column, hex, word, type Layer, type Piece } from './piece.ts';

/** An IPv6 address as sixteen bytes; `::` at most once. */
export function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const missing = 8 - groups(head).length - groups(tail ?? '').length;
  const all = tail === undefined ? groups(head) : [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** As the kernel prints it: eight groups of four digits. */
const full = (address: string): string => ipv6Bytes(address).toString('hex').match(/.{4}/g)!.join(':');

export interface Ipv6Fields {
  /** In the form that a record shows (RFC 5952). */
  readonly from: string;
  readonly to: string;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly hopLimit?: number;
  /** Extension headers in order, then the payload. */
  readonly payload: Layer;
  readonly cut?: number;
  readonly quoted?: boolean;
}

/** An IPv6 packet. */
export function ipv6(fields: Ipv6Fields): Layer {
  const { from, to, trafficClass = 0, flowLabel = 0, hopLimit = 64, payload } = fields;
  const cut = fields.cut ?? payload.bytes.length;
  const claimed = fields.quoted === true ? payload.bytes.length : cut;
  const header = Buffer.alloc(40);
  header.writeUInt32BE(((6 << 28) | (trafficClass << 20) | flowLabel) >>> 0, 0);
  header.writeUInt16BE(claimed, 4);
  header[6] = payload.protocol;
  header[7] = hopLimit;
  ipv6Bytes(from).copy(header, 8);
  ipv6Bytes(to).copy(header, 24);
  return {
    protocol: 41,
    bytes: Buffer.concat([header, payload.bytes.subarray(0, cut)]),
    print: (log) => [
      column(`SRC=${full(from)}`, { src: from }),
      column(`DST=${full(to)}`, { dst: to }),
      column(`LEN=${claimed + 40}`, { length: claimed + 40 }),
      word(`TC=${trafficClass}`),
      column(`HOPLIMIT=${hopLimit - (log.hops ?? 0)}`, { ttl: hopLimit - (log.hops ?? 0) }),
      word(`FLOWLBL=${flowLabel}`),
      ...payload.print(log, cut),
    ],
  };
}

/** Hop-by-hop options (0), routing (43) or destination options (60); nothing of their content is printed, only `OPT ( )`. */
export function extension(protocol: 0 | 43 | 60, content: Uint8Array, next: Layer): Layer {
  const bytes = Buffer.concat([Buffer.from([next.protocol, (content.length + 2) / 8 - 1]), content]);
  return {
    protocol,
    bytes: Buffer.concat([bytes, next.bytes]),
    print(log, available): Piece[] {
      if (available < 2) return [{ text: 'TRUNCATED', bare: true, last: true }];
      const wrapped = log.ipOptions === true ? [word('OPT ('), word(')')] : [];
      return [...wrapped, ...next.print(log, available - bytes.length)];
    },
  };
}

interface Fragment {
  readonly id: number;
  /** In bytes, a multiple of eight, as it is printed. */
  readonly offset: number;
  readonly more: boolean;
}

/** A fragment header; a later fragment prints nothing of what follows but a protocol. */
export function fragment({ id, offset, more }: Fragment, next: Layer): Layer {
  const bytes = Buffer.alloc(8);
  bytes[0] = next.protocol;
  bytes.writeUInt16BE(offset | (more ? 1 : 0), 2);
  bytes.writeUInt32BE(id, 4);
  return {
    protocol: 44,
    bytes: Buffer.concat([bytes, next.bytes]),
    print(log, available): Piece[] {
      const opening = log.ipOptions === true ? [word('OPT (')] : [];
      if (available < 8) return [...opening, { text: 'FRAG:TRUNCATED', last: true }];
      const own = [word(`FRAG:${offset}`), ...(more ? [word('INCOMPLETE')] : []), word(`ID:${hex(id, 8)}`)];
      const pieces = log.ipOptions === true ? [...opening, ...own, word(')')] : own;
      const following = next.print(log, available - 8);
      return offset === 0 ? [...pieces, ...following] : [...pieces, ...following.slice(0, 1)];
    },
  };
}

/** An authentication header of IPv6, named only when the rule logs IP options. */
export function authentication(spi: number, next: Layer): Layer {
  const bytes = Buffer.alloc(24);
  bytes[0] = next.protocol;
  bytes[1] = 4;
  bytes.writeUInt32BE(spi, 4);
  return {
    protocol: 51,
    bytes: Buffer.concat([bytes, next.bytes]),
    print(log, available): Piece[] {
      if (log.ipOptions === true && available < 12)
        return [word('OPT ('), word('AH'), word(`INCOMPLETE [${available} bytes]`), { text: ')', bare: true, last: true }];
      const own = log.ipOptions === true ? [word('OPT ('), word('AH'), word(`SPI=0x${hex(spi)}`), word(')')] : [];
      return [...own, ...next.print(log, available - bytes.length)];
    },
  };
}

/** An encapsulated payload of IPv6: the end of the record, known by that; named only when the rule logs IP options. */
export function encapsulation(spi: number, data: Uint8Array = new Uint8Array(16)): Layer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(spi, 0);
  const esp = { columns: { proto: '50' } };
  return {
    protocol: 50,
    bytes: Buffer.concat([bytes, data]),
    print(log, available): Piece[] {
      if (log.ipOptions !== true) return [{ ...esp, text: '', last: true }];
      if (available < 8)
        return [
          word('OPT ('),
          word('ESP'),
          column('', esp.columns),
          word(`INCOMPLETE [${available} bytes]`),
          { text: ')', bare: true, last: true },
        ];
      return [
        word('OPT ('),
        word('ESP'),
        column('', esp.columns),
        word(`SPI=0x${hex(spi)}`),
        { text: ')', last: true, bare: true },
      ];
    },
  };
}

/** Nothing follows. */
export const nothing: Layer = {
  protocol: 59,
  bytes: Buffer.alloc(0),
  print: () => [column('PROTO=59', { proto: '59' })],
};

/** Options of four bytes or more, padded: `extension` needs a length of 8n - 2. */
export function padding(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes[0] = 1; // PadN
  bytes[1] = length - 2;
  return bytes;
}
