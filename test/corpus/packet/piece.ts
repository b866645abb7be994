/**
 * What the kernel is known to print for a field of a packet that we built, and what a record holds of it. The expected
 * records of the captured corpus come from these pieces, so from what was sent, never from the line that came back.
 */
export interface Piece {
  /** The words on the line, without the space after them. */
  readonly text: string;
  /** The columns it fills; without any, the words belong to `extra`. */
  readonly columns?: Columns;
  /** The kernel prints no UID, no MARK and nothing else after it. */
  readonly last?: boolean;
  /** The kernel prints no space after it. */
  readonly bare?: boolean;
}

/** The columns that come from the packet itself. */
export interface Columns {
  src?: string;
  dst?: string;
  proto?: string;
  src_port?: number;
  dst_port?: number;
  length?: number;
  ttl?: number;
  ip_id?: number;
  tcp_flags?: number;
  window?: number;
  icmp_type?: number;
  icmp_code?: number;
}

/** What the rule was asked to log besides the common fields, and what the path did to the packet before it was logged. */
export interface LogOptions {
  readonly tcpSequence?: boolean;
  readonly tcpOptions?: boolean;
  readonly ipOptions?: boolean;
  readonly uid?: boolean;
  readonly macDecode?: boolean;
  /** How much the hop took from TTL or HOPLIMIT: forwarding decrements before its hook. */
  readonly hops?: number;
}

/** A header with all that follows it. */
export interface Layer {
  /** Its number in the header before it. */
  readonly protocol: number;
  readonly bytes: Buffer;
  /** What is printed when `available` of its bytes are there. */
  print(log: LogOptions, available: number): Piece[];
}

/** A column's piece. */
export function column(text: string, columns: Columns): Piece {
  return { text, columns };
}

/** A piece of `extra`. */
export function word(text: string): Piece {
  return { text };
}

export const hex = (value: number, digits = 0): string => value.toString(16).padStart(digits, '0');
export const upperHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

/** The Internet checksum (RFC 1071). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
}
