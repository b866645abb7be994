import { extraPieces, hasPorts, isHeaderless, type NetfilterRecord } from '@droplens/netfilter-log';
import { flagNames, recordToJson } from '@droplens/pipeline';
import { ndjsonLine } from '../output/row-format.ts';

/** What the `extra` of a record adds to its line. */
interface ExtraText {
  /** Whether the packet had no transport header of its own. */
  readonly short: boolean;
  /** From the value of `extra` to the end of the line; null: a key of it comes before the columns, so that only the slow way gets it right. */
  readonly text: string | null;
}

/** So many texts of one kind are kept, then all are forgotten: an echo's sequence number makes an `extra` of its own of every packet. */
const kept = 4096;
/** A longer one hardly comes twice. */
const longestKept = 512;
/** How an ISO time ends: what `toISOString` says after the minute. */
const isoTailLength = 'ss.mmmZ'.length;

/**
 * `ndjsonLine(recordToJson(record))`, several times faster: no object for each record, but its text, from texts that came before.
 * Only the columns are known here; what becomes of `extra` is asked of `recordToJson` when that `extra` comes first.
 */
export class RecordLine {
  readonly #quoted = new Map<string, string>();
  readonly #extras = new Map<string, ExtraText>();
  /** A TCP record's `extra` is read otherwise: its SEQ is none of ICMP's, options after its fields are TCP's. */
  readonly #tcpExtras = new Map<string, ExtraText>();
  #minute = Number.NaN;
  #minuteText = '';

  /** The line, with its line end and without its opening brace. */
  textOf(record: NetfilterRecord): string {
    const { proto, src, src_port: srcPort, dst_port: dstPort, icmp_type: type, icmp_code: code } = record;
    // A quoted packet hardly comes twice.
    if (record.extra.includes('[')) return slowText(record);
    const { short, text } = this.#extraOf(record);
    if (text === null) return slowText(record);
    const ports = (hasPorts(proto) && !short) || srcPort !== 0 || dstPort !== 0;
    const icmp = (proto === 'ICMP' || proto === 'ICMPv6') && !short;
    const transport =
      proto === 'TCP' && !short ? `${flagTexts[record.tcp_flags]},"window":${record.window}` : 'null,"window":null';
    // Addresses, times and numbers hold nothing that JSON would escape; neither do the words of `action` and `direction`.
    return (
      `"time":"${this.#isoTime(record.time)}","host":${this.#quote(record.host)},"prefix":${this.#quote(record.prefix)}` +
      `,"action":"${record.action}","direction":"${record.direction}"` +
      `,"in_iface":${this.#quote(record.in_iface)},"out_iface":${this.#quote(record.out_iface)}` +
      `,"src":"${src}","dst":"${record.dst}","proto":"${proto}"` +
      (ports ? `,"src_port":${srcPort},"dst_port":${dstPort}` : ',"src_port":null,"dst_port":null') +
      `,"length":${record.length},"ttl":${record.ttl},"ip_id":${src.includes(':') ? 'null' : record.ip_id}` +
      `,"tcp_flags":${transport}` +
      (icmp || type !== 0 ? `,"icmp_type":${type}` : ',"icmp_type":null') +
      (icmp || code !== 0 ? `,"icmp_code":${code}` : ',"icmp_code":null') +
      `,"extra":${text}`
    );
  }

  #isoTime(exact: number): string {
    const time = Math.trunc(exact);
    const minute = Math.floor(time / 60_000);
    if (minute !== this.#minute) {
      this.#minuteText = new Date(minute * 60_000).toISOString().slice(0, -isoTailLength);
      this.#minute = minute;
    }
    const left = time - minute * 60_000;
    const milliseconds = left % 1000;
    const text = `${this.#minuteText}${twoDigits[(left - milliseconds) / 1000]}.`;
    return milliseconds === 0 ? `${text}000Z` : `${text}${String(milliseconds).padStart(3, '0')}Z`;
  }

  #quote(text: string): string {
    return this.#quoted.get(text) ?? remember(this.#quoted, text, ndjsonLine(text).slice(0, -1));
  }

  #extraOf(record: NetfilterRecord): ExtraText {
    const known = record.proto === 'TCP' ? this.#tcpExtras : this.#extras;
    return known.get(record.extra) ?? remember(known, record.extra, extraTextOf(record));
  }
}

function slowText(record: NetfilterRecord): string {
  return ndjsonLine(recordToJson(record)).slice(1);
}

function extraTextOf(record: NetfilterRecord): ExtraText {
  const entries = Object.entries(recordToJson(record));
  const at = entries.findIndex(([key]) => key === 'extra');
  // A key that is a number comes first in any object.
  const text = entries[0]![0] === 'time' ? ndjsonLine(Object.fromEntries(entries.slice(at))).slice('{"extra":'.length) : null;
  // Few say either word; the others are not taken apart a second time.
  return { short: saysHeaderless.test(record.extra) && isHeaderless(extraPieces(record.extra)), text };
}

function remember<Text>(known: Map<string, Text>, key: string, text: Text): Text {
  if (key.length > longestKept) return text;
  if (known.size >= kept) known.clear();
  known.set(key, text);
  return text;
}

/** What every `extra` holds of which `isHeaderless` is true. */
const saysHeaderless = /FRAG:|INCOMPLETE/;
const twoDigits: readonly string[] = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const flagTexts: readonly string[] = Array.from({ length: 256 }, (_, mask) => JSON.stringify(flagNames(mask)));
