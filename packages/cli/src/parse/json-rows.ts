import { ActionMatcher, canonicalAddress, cleanText, directionOf, type Line } from '@droplens/netfilter-log';
import {
  type Cells,
  cellsOf,
  copyCells,
  copyIpv4,
  copySpan,
  flagNames,
  KnownCells,
  TextCache,
  writeNumber,
  writeThousandths,
} from '@droplens/pipeline';
import { ndjsonLine } from '../output/row-format.ts';
import { writeExtraPieces } from './json-extra.ts';
import type { OutputBytes } from './output-bytes.ts';

/** More than the names, the numbers, the addresses and the time of a row take. */
const fixedBytes = 1024;
/** A byte of `extra` comes in it and in a piece; a piece's name is longer than its key. */
const bytesPerExtraByte = 6;

/**
 * Writes the packets of lines as JSON without making strings of them: addresses and numbers are copied from the line, hosts and prefixes from lines that
 * came before. Knows only what nearly all lines are, TCP, UDP or ICMP in the kernel's own order without a quoted packet, and leaves all others to
 * `RecordLine`; what it writes is what that would write.
 */
export class JsonRows {
  readonly #hosts: KnownCells;
  readonly #heads: KnownCells;
  readonly #noHost: Cells;
  readonly #addresses = new TextCache((text) => canonicalAddress(text) ?? text);
  #minute = Number.NaN;
  #minuteCells = cellsOf('');

  /** `host`: for lines that name none. */
  constructor(host: string) {
    const matcher = new ActionMatcher();
    this.#noHost = cellsOf(`"host":${quoted(host)},`);
    this.#hosts = new KnownCells(({ bytes, hostFrom, hostTo }) => `"host":${quoted(cleanText(bytes, hostFrom, hostTo))},`);
    this.#heads = new KnownCells(({ bytes, prefixFrom, prefixTo, inFrom, inTo, outFrom, outTo }) => {
      const prefix = cleanText(bytes, prefixFrom, prefixTo);
      const input = cleanText(bytes, inFrom, inTo);
      const output = cleanText(bytes, outFrom, outTo);
      const ways = `"action":"${matcher.match(prefix)}","direction":"${directionOf(input, output)}"`;
      return `"prefix":${quoted(prefix)},${ways},"in_iface":${quoted(input)},"out_iface":${quoted(output)},"src":"`;
    });
  }

  /** Writes the row of a scanned line: `opening`, the line's number, the record. False: not one of those known here, nothing was written. */
  write(line: Line, opening: Cells, number: number, out: OutputBytes): boolean {
    const { knownHead, knownHost, proto } = line;
    const names = namesOf(line);
    if (names === null || !line.plain || knownHead === null || (knownHost === null && line.hostTo > line.hostFrom)) return false;
    const head = this.#heads.of(knownHead, line);
    const host = knownHost === null ? this.#noHost : this.#hosts.of(knownHost, line);
    const extraBytes = bytesPerExtraByte * extraLength(line);
    const to = out.reserve(opening.length + host.length + head.length + extraBytes + fixedBytes);
    let p = writeNumber(to, copyCells(to, out.length, opening), number) - 1;
    p = this.#writeTime(to, p, line.time);
    p = copyCells(to, copyCells(to, p, host), head);
    p = this.#writeAddress(to, p, line, line.srcFrom, line.srcTo);
    p = this.#writeAddress(to, copyCells(to, p, dstName), line, line.dstFrom, line.dstTo);
    p = copyCells(to, p, names);
    if (proto === 6 || proto === 17) {
      p = writeNumber(to, p, line.srcPort) - 1;
      p = writeNumber(to, copyCells(to, p, dstPortName), line.dstPort) - 1;
      p = copyCells(to, p, lengthName);
    }
    p = writeNumber(to, p, line.length) - 1;
    p = writeNumber(to, copyCells(to, p, ttlName), line.ttl) - 1;
    p = line.family === 4 ? writeNumber(to, copyCells(to, p, idName), line.id) - 1 : copyCells(to, p, noId);
    if (proto === 6) {
      p = writeNumber(to, copyCells(to, p, flagCells[line.flags]!), line.window) - 1;
      p = copyCells(to, p, extraOfTcp);
    } else if (proto === 17) p = copyCells(to, p, extraOfUdp);
    else {
      p = writeNumber(to, copyCells(to, p, typeName), line.type) - 1;
      p = writeNumber(to, copyCells(to, p, codeName), line.code) - 1;
      p = copyCells(to, p, extraName);
    }
    out.length = writeExtraPieces(to, writeExtra(to, p, line), line);
    return true;
  }

  #writeAddress(to: DataView, at: number, line: Line, from: number, end: number): number {
    if (line.family === 4) return copyIpv4(to, at, line.view, from, end);
    return copyCells(to, at, this.#addresses.find(line.bytes, line.view, from, end));
  }

  /** The time in ISO form; neighbours share all up to the minute. */
  #writeTime(to: DataView, at: number, exact: number): number {
    const time = Math.trunc(exact);
    const minute = Math.floor(time / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#minuteCells = cellsOf(`,"time":"${new Date(minute * 60_000).toISOString().slice(0, -'ss.mmmZ'.length)}`);
    }
    const left = time - minute * 60_000;
    const second = (left / 1000) | 0;
    const p = copyCells(to, copyCells(to, at, this.#minuteCells), secondCells[second]!);
    return copyCells(to, writeThousandths(to, p, left - second * 1000) - 1, endOfTime);
  }
}

const quoted = (text: string): string => ndjsonLine(text).slice(0, -1);

/** What stands between the destination and the first number, null for a protocol that is not known here. */
function namesOf({ family, proto }: Line): Cells | null {
  if (proto === 6) return tcpNames;
  if (proto === 17) return udpNames;
  return proto === 1 && family === 4 ? icmpNames : proto === 58 && family === 6 ? icmpv6Names : null;
}

function extraLength({ spans, spanCount }: Line): number {
  let length = 0;
  for (let i = 0; i < 2 * spanCount; i += 2) length += spans[i + 1]! - spans[i]! + 1;
  return length;
}

/** The `extra` itself and the quote behind it. */
function writeExtra(to: DataView, at: number, { spans, spanCount, view }: Line): number {
  let p = at;
  for (let i = 0; i < 2 * spanCount; i += 2) {
    p = copySpan(to, p, view, spans[i]!, spans[i + 1]!);
    to.setInt8(p++, 0x20);
  }
  if (spanCount > 0) p--;
  to.setInt8(p, 0x22);
  return p + 1;
}

const endOfTime = cellsOf('Z",');
const secondCells = Array.from({ length: 60 }, (_, second) => cellsOf(`${String(second).padStart(2, '0')}.`));
const dstName = cellsOf('","dst":"');
const tcpNames = cellsOf('","proto":"TCP","src_port":');
const udpNames = cellsOf('","proto":"UDP","src_port":');
const icmpNames = cellsOf('","proto":"ICMP","src_port":null,"dst_port":null,"length":');
const icmpv6Names = cellsOf('","proto":"ICMPv6","src_port":null,"dst_port":null,"length":');
const dstPortName = cellsOf(',"dst_port":');
const lengthName = cellsOf(',"length":');
const ttlName = cellsOf(',"ttl":');
const idName = cellsOf(',"ip_id":');
const noId = cellsOf(',"ip_id":null');
const flagCells = Array.from({ length: 256 }, (_, mask) => cellsOf(`,"tcp_flags":${JSON.stringify(flagNames(mask))},"window":`));
const typeName = cellsOf(',"tcp_flags":null,"window":null,"icmp_type":');
const codeName = cellsOf(',"icmp_code":');
const extraName = cellsOf(',"extra":"');
const extraOfTcp = cellsOf(',"icmp_type":null,"icmp_code":null,"extra":"');
const extraOfUdp = cellsOf(',"tcp_flags":null,"window":null,"icmp_type":null,"icmp_code":null,"extra":"');
