import type { KnownText } from './known-text.ts';
import type { RejectReason, UndercountCause } from './record.ts';

/** More than any writer leaves between the columns it fills; a line that needs more is refused as `unexpected-text`. */
const maxSpans = 64;

/** Bytes that may be read behind a line's end. */
export const margin = 16;

/** Which fields of the body were there. */
export const seen = {
  in: 1,
  out: 1 << 1,
  src: 1 << 2,
  dst: 1 << 3,
  length: 1 << 4,
  ttl: 1 << 5,
  id: 1 << 6,
  proto: 1 << 7,
  srcPort: 1 << 8,
  dstPort: 1 << 9,
  window: 1 << 10,
  type: 1 << 11,
  code: 1 << 12,
  /** A fragment with an offset: no transport header. */
  laterFragment: 1 << 15,
  /** `INCOMPLETE [n bytes]`: the transport header was cut short. */
  incomplete: 1 << 16,
  /** `TRUNCATED`: the IP header was. */
  truncated: 1 << 17,
  /** An IPv6 section that ends in ESP: no PROTO follows. */
  esp: 1 << 19,
  unknownHeader: 1 << 21,
  fragment: 1 << 22,
} as const;

/** Which fields of those that `extra` keeps were there; each of them once at most. */
export const kept = {
  physIn: 1,
  physOut: 1 << 1,
  mac: 1 << 2,
  macSrc: 1 << 3,
  macDst: 1 << 4,
  macProto: 1 << 5,
  vlanProto: 1 << 6,
  vlan: 1 << 7,
  tunnel: 1 << 8,
  tos: 1 << 9,
  prec: 1 << 10,
  tc: 1 << 11,
  flowLabel: 1 << 12,
  ce: 1 << 13,
  df: 1 << 14,
  mf: 1 << 15,
  /** UDP's own length. */
  length: 1 << 16,
  /** An echo's identification. */
  id: 1 << 17,
  /** A TCP number or that of an echo. */
  seq: 1 << 18,
  ack: 1 << 19,
  /** The reserved bits of a TCP header: who prints them also prints URGP. */
  res: 1 << 20,
  urgp: 1 << 21,
  spi: 1 << 22,
  parameter: 1 << 23,
  pointer: 1 << 24,
  gateway: 1 << 25,
  mtu: 1 << 26,
  uid: 1 << 27,
  gid: 1 << 28,
  mark: 1 << 29,
} as const;

/** What the beginning of a message, its prefix and interfaces, says: offsets from the message's first byte. */
export interface HeadMeaning {
  /** Without the spaces around it. */
  readonly prefixFrom: number;
  readonly prefixTo: number;
  /** Of the `IN=`. */
  readonly start: number;
  readonly inTo: number;
  readonly outTo: number;
}

/**
 * What one line says, as numbers and as spans of `bytes`: reused for every line, so that reading allocates nothing.
 * A span is [From, To); it is valid until the next line is scanned.
 */
export class Line {
  /** What the spans point into: the chunk, or a buffer with the decoded line. */
  bytes: Uint8Array = new Uint8Array(1);
  /** The same bytes for four-byte access; at least `margin` bytes follow the line in it. */
  view: DataView = new DataView(new ArrayBuffer(1));
  /** Why there is no record; meaningful when the scanner said `rejected`. */
  reason: RejectReason = 'empty';
  /** What is missing; meaningful when the scanner said `undercount`. */
  cause: UndercountCause = 'kernel-ratelimit';
  count = 0;
  /** Packets that the line stands for. */
  repeated = 1;
  /** Longer than `maxLineBytes`, only its beginning was read. */
  long = false;

  time = 0;
  /** 0 the line, 1 the kernel's clock and the boot time, 2 the reference time. */
  timeSource = 0;
  /** Empty where the line names none. */
  hostFrom = 0;
  hostTo = 0;
  /** The host's text with the tag behind it, when it came before; null does not say that it did not. */
  knownHost: KnownText<number> | null = null;
  prefixFrom = 0;
  prefixTo = 0;
  /** The prefix' text with the interfaces behind it, when it came before. */
  knownHead: KnownText<HeadMeaning> | null = null;

  /** Bits of `seen`. */
  seen = 0;
  /** Bits of `kept`. */
  kept = 0;
  inFrom = 0;
  inTo = 0;
  outFrom = 0;
  outTo = 0;
  /** 4 or 6. */
  family = 0;
  srcFrom = 0;
  srcTo = 0;
  dstFrom = 0;
  dstTo = 0;
  length = 0;
  ttl = 0;
  id = 0;
  /** Protocol number, -1 unknown. */
  proto = -1;
  srcPort = 0;
  dstPort = 0;
  window = 0;
  flags = 0;
  type = 0;
  code = 0;
  /** Everything else of the body: `spans[2i]` to `spans[2i + 1]` for i < spanCount, to be joined by single spaces. */
  readonly spans = new Int32Array(2 * maxSpans);
  spanCount = 0;
  /** Every span is printable ASCII without a backslash; false: that is not known. */
  plain = false;

  /** Forgets the body, not the framing. */
  clearBody(): void {
    this.seen = 0;
    this.kept = 0;
    this.inFrom = this.inTo = this.outFrom = this.outTo = 0;
    this.family = 0;
    this.length = this.ttl = this.id = 0;
    this.proto = -1;
    this.srcPort = this.dstPort = this.window = this.flags = 0;
    this.type = this.code = 0;
    this.spanCount = 0;
    this.plain = false;
  }

  /** Keeps one of the few pieces of the kernel's own order. */
  add(from: number, to: number): void {
    const at = 2 * this.spanCount++;
    this.spans[at] = from;
    this.spans[at + 1] = to;
  }

  /** Keeps a piece of the body as it stands. Pieces a single space apart become one. False: too many. */
  keep(from: number, to: number): boolean {
    const last = 2 * this.spanCount - 1;
    if (last > 0 && this.spans[last] === from - 1 && this.bytes[from - 1] === 0x20) {
      this.spans[last] = to;
      return true;
    }
    if (this.spanCount === maxSpans) return false;
    this.spans[last + 1] = from;
    this.spans[last + 2] = to;
    this.spanCount++;
    return true;
  }

  /** Sets why there is no record. */
  reject(reason: RejectReason): false {
    this.reason = reason;
    return false;
  }
}
