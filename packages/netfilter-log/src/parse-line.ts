import { ActionMatcher, type ActionRule } from './action.ts';
import { canonicalIPv6 } from './address.ts';
import type { Line } from './line.ts';
import { protocolName } from './protocol.ts';
import type { Direction, NetfilterRecord, ParseResult, TimeSource } from './record.ts';
import { LineScanner, scanned } from './scanner.ts';
import { ascii, cleanText, encodeText } from './text.ts';

/** What a line does not say about itself. */
export interface ParseOptions {
  /** Milliseconds since 1970: stamps without a year are placed by it, lines without a time get it. Default: now. */
  readonly referenceTime?: number | undefined;
  /** IANA name, `UTC` or `+02:00`, for stamps without a zone. Default UTC. */
  readonly timeZone?: string | undefined;
  /** For lines that name no host. Default ''. */
  readonly host?: string | undefined;
  /** Milliseconds since 1970 when the machine booted: turns the kernel's own stamps into wall time. */
  readonly bootTime?: number | undefined;
  /** Rules from prefix to action, tried in order before the built-in ones. */
  readonly actions?: readonly ActionRule[] | undefined;
}

/** One line, without or with its line end, to a record or a reason. Never throws because of the line; throws RangeError for an unknown time zone. */
export function parseLine(text: string, options: ParseOptions = {}): ParseResult {
  return parseBytes(encodeText(text), options);
}

/** The same for bytes, which need not be UTF-8. */
export function parseBytes(bytes: Uint8Array, options: ParseOptions = {}): ParseResult {
  const { scanner, matcher } = readerFor(options);
  const to = bytes[bytes.length - 1] === 0x0a ? bytes.length - 1 : bytes.length;
  const result = scanner.scan(bytes, 0, to, options.referenceTime ?? Date.now());
  const line = scanner.line;
  const longLine = line.long;
  if (result === scanned.rejected) return { ok: false, reason: line.reason, undercount: null, longLine };
  const host = hostOf(line, options.host ?? '');
  const undercount =
    line.count > 0 || result === scanned.undercount ? { cause: line.cause, count: line.count, time: line.time, host } : null;
  if (result === scanned.undercount) return { ok: false, reason: null, undercount: undercount!, longLine };
  return {
    ok: true,
    record: recordOf(line, host, matcher),
    timeSource: timeSources[line.timeSource]!,
    repeated: line.repeated,
    undercount,
    longLine,
  };
}

const timeSources: readonly TimeSource[] = ['line', 'boot', 'reference'];

/** The scanner and matcher of the options used last: building them for every line would cost more than the line. */
let reader: { scanner: LineScanner; matcher: ActionMatcher; timeZone: unknown; bootTime: unknown; actions: unknown } | undefined;

function readerFor({ timeZone, bootTime, actions }: ParseOptions): { scanner: LineScanner; matcher: ActionMatcher } {
  if (reader === undefined || reader.timeZone !== timeZone || reader.bootTime !== bootTime || reader.actions !== actions) {
    reader = {
      scanner: new LineScanner({ timeZone, bootTime }),
      matcher: new ActionMatcher(actions),
      timeZone,
      bootTime,
      actions,
    };
  }
  return reader;
}

function hostOf(line: Line, otherwise: string): string {
  return line.hostTo > line.hostFrom ? cleanText(line.bytes, line.hostFrom, line.hostTo) : otherwise;
}

/** Copies what the scanner found into a record. */
function recordOf(line: Line, host: string, matcher: ActionMatcher): NetfilterRecord {
  const bytes = line.bytes;
  const prefix = cleanText(bytes, line.prefixFrom, line.prefixTo);
  const inIface = cleanText(bytes, line.inFrom, line.inTo);
  const outIface = cleanText(bytes, line.outFrom, line.outTo);
  return {
    time: line.time,
    host,
    prefix,
    action: matcher.match(prefix),
    direction: directionOf(inIface, outIface),
    in_iface: inIface,
    out_iface: outIface,
    src: address(bytes, line.srcFrom, line.srcTo, line.family),
    dst: address(bytes, line.dstFrom, line.dstTo, line.family),
    proto: protocolName(line.proto, line.family),
    src_port: line.srcPort,
    dst_port: line.dstPort,
    length: line.length,
    ttl: line.ttl,
    ip_id: line.id,
    tcp_flags: line.flags,
    window: line.window,
    icmp_type: line.type,
    icmp_code: line.code,
    extra: extraOf(line),
  };
}

/** Where a packet was going, by the interfaces that its line names. */
export function directionOf(inIface: string, outIface: string): Direction {
  return outIface === '' ? 'in' : inIface === '' ? 'out' : 'forward';
}

function address(bytes: Uint8Array, from: number, to: number, family: number): string {
  return family === 4 ? ascii(bytes, from, to) : canonicalIPv6(bytes, from, to);
}

function extraOf(line: Line): string {
  let extra = '';
  for (let i = 0; i < line.spanCount; i++) {
    if (i > 0) extra += ' ';
    extra += cleanText(line.bytes, line.spans[2 * i]!, line.spans[2 * i + 1]!);
  }
  return extra;
}
