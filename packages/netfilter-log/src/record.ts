/** What the rule that logged the packet did with it, as far as its prefix tells. Only `deny` and `unknown` count as denied. */
export const actions = ['unknown', 'deny', 'allow', 'audit'] as const;
export type Action = (typeof actions)[number];

/** `in`: OUT is empty (also when both are); `out`: only OUT is set; `forward`: both are set. */
export type Direction = 'in' | 'out' | 'forward';

/**
 * One logged packet. Keys are the columns of `drops`. What the line does not say is 0 or ''.
 * Text never holds control characters or invalid UTF-8: each such byte is shown as `\xNN`.
 */
export interface NetfilterRecord {
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  /** Who logged: the line's host name, or the `host` of the options where the line names none. */
  readonly host: string;
  /** The rule's prefix without spaces around it. */
  readonly prefix: string;
  readonly action: Action;
  readonly direction: Direction;
  readonly in_iface: string;
  readonly out_iface: string;
  /** IPv4 dotted, IPv6 as RFC 5952 has it. Both are of the same family. */
  readonly src: string;
  readonly dst: string;
  /**
   * `TCP`, `UDP`, `ICMP`, `ICMPv6`, or the protocol's number as text whatever the writer calls it: ESP is '50', AH '51', UDPLITE '136',
   * SCTP '132', IGMP '2'. '' where the line does not tell: the header was too short, or a later IPv6 fragment.
   */
  readonly proto: string;
  /** 0..65535; 0 also for a later fragment and a header cut short (`FRAG:`, `INCOMPLETE` in `extra`). */
  readonly src_port: number;
  readonly dst_port: number;
  /** IP length with header, 32 bit (BIG TCP). */
  readonly length: number;
  /** TTL or HOPLIMIT. */
  readonly ttl: number;
  /** The IPv4 identification; an ICMP echo's ID is in `extra`. */
  readonly ip_id: number;
  /** As on the wire: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  readonly tcp_flags: number;
  readonly window: number;
  readonly icmp_type: number;
  readonly icmp_code: number;
  /** Everything else after `IN=` in the line's own words and order, one space between: `MAC=… TOS=0x00 PREC=0x00 DF RES=0x00 URGP=0`. */
  readonly extra: string;
}

/** TCP flags by bit, lowest first. */
export const tcpFlagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;

/** Why a line gave no record. Closed: a metric's label and a column's value; the text is for people. */
export const rejectReasonMeanings = {
  empty: 'nothing but white space',
  'not-a-packet': 'a log line without a packet record',
  'not-kernel': 'looks like a packet record, but the tag, facility or transport says that a program wrote it',
  arp: 'an ARP packet: not routed, has no place in the columns',
  'non-ip': 'a packet that is neither IP nor ARP: interfaces and link header only',
  ebtables: "a line of ebtables' own log watcher",
  audit: 'an audit record (nft `log level audit`)',
  conntrack: 'a connection tracking message without interfaces',
  'xtables-monitor': 'output of xtables-monitor --trace',
  'ulogd-json': "ulogd's JSON output",
  sophos: 'a Sophos packet filter line (id="…" srcip="…")',
  cef: 'a line in Common Event Format',
  'no-interfaces': 'packet fields without IN= or OUT=: the tail of a torn line',
  'truncated-packet': 'the packet was too short to have addresses (TRUNCATED)',
  cut: 'the line ends before the record does, or within a value that might have been longer',
  'malformed-field': 'a field whose value has the wrong form',
  'out-of-range': 'a number that its field cannot hold',
  'bad-address': 'SRC or DST is no address, or they are of different families',
  'duplicate-field': 'a field that the kernel prints once is there twice: two lines in one, or a forged one',
  'unexpected-text': 'text after IN= that no writer of packet records prints',
  'long-prefix': 'more text before IN= than any rule can print (256 bytes)',
  'bad-time': 'a time stamp with an impossible date or clock',
  'time-out-of-range': 'a time more than 20 years before or a day after the reference time',
  'malformed-journal': 'a JSON line of the journal that is not whole, or without a message',
} as const satisfies Record<string, string>;
export type RejectReason = keyof typeof rejectReasonMeanings;
export const rejectReasons = Object.keys(rejectReasonMeanings) as readonly RejectReason[];

/** Why packets or lines are known to be missing. Closed: stored with the count. */
export const undercountCauseMeanings = {
  'kernel-ratelimit': 'the kernel held back messages (`N callbacks suppressed`)',
  'printk-suppressed': 'printk held back messages (`N messages suppressed`)',
  'console-dropped': 'the console driver dropped messages (`N printk messages dropped`)',
  'journald-suppressed': 'journald held back messages of a unit (`Suppressed N messages from …`)',
  'journald-missed': 'journald was too slow for the kernel ring (`Missed N kernel messages`)',
  'rsyslog-ratelimit': "rsyslog's inputs lost messages (`N messages lost due to rate-limiting`)",
  'repeated-line': 'a line that says only how often the one before it came (`last message repeated N times`)',
  'repeat-beyond-bound': 'a line repeated more often than rows are made of it',
  'kmsg-gap': 'the kernel ring overran: a gap in its sequence numbers (found by the kmsg source)',
} as const satisfies Record<string, string>;
export type UndercountCause = keyof typeof undercountCauseMeanings;
export const undercountCauses = Object.keys(undercountCauseMeanings) as readonly UndercountCause[];

/** Something that was never logged, or logged only as a number. */
export interface Undercount {
  readonly cause: UndercountCause;
  /** How many messages; 0 = the line does not say. */
  readonly count: number;
  readonly time: number;
  readonly host: string;
}

/** Where a record's time comes from: the line, the kernel's clock plus the boot time, or the reference time because the line has none. */
export type TimeSource = 'line' | 'boot' | 'reference';

/** What became of a line. `longLine`: it was longer than `maxLineBytes` and only its beginning was read. */
export type ParseResult =
  | {
      readonly ok: true;
      readonly record: NetfilterRecord;
      readonly timeSource: TimeSource;
      /** How many such packets the line stands for (`message repeated N times`): 1..`maxRepeats`. */
      readonly repeated: number;
      /** Packets beyond that bound (`repeat-beyond-bound`), else null. */
      readonly undercount: Undercount | null;
      readonly longLine: boolean;
    }
  | { readonly ok: false; readonly reason: RejectReason; readonly undercount: null; readonly longLine: boolean }
  | { readonly ok: false; readonly reason: null; readonly undercount: Undercount; readonly longLine: boolean };

/** Rows made of one repeated line at most. */
export const maxRepeats = 500;

/** Bytes of a line that are read; the rest is ignored and the line counted as long. */
export const maxLineBytes = 8192;
