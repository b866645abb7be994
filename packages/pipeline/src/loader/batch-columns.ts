import { grown, LabelColumn } from './label-column.ts';

/**
 * The integer columns of a row in their order, each with its type in ClickHouse and the greatest value that holds: a larger one would
 * wrap silently (70000 in a UInt16 is stored as 4464).
 */
export const integerColumns = [
  ['src_port', 'UInt16'],
  ['dst_port', 'UInt16'],
  ['length', 'UInt32'],
  ['ttl', 'UInt8'],
  ['ip_id', 'UInt16'],
  ['tcp_flags', 'UInt8'],
  ['window', 'UInt16'],
  ['icmp_type', 'UInt8'],
  ['icmp_code', 'UInt8'],
] as const;
const narrow = { UInt8: Uint8Array, UInt16: Uint16Array, UInt32: Uint32Array } as const;
const addressBytes = 16;
/** What is written behind an address before the next one overwrites it. */
const addressSlack = 8;

/** Action names by their number in the column's Enum8. */
export const actionNames = ['unknown', 'deny', 'allow', 'audit'] as const;
const actionType = `Enum8(${actionNames.map((name, i) => `'${name}' = ${i}`).join(', ')})`;

/**
 * The rows of a batch column by column, and as one block of ClickHouse's Native format, which the database takes at a tenth of
 * the cost of text: nothing is left to parse. Memory is used again for the next batch.
 */
export class BatchColumns {
  rows = 0;
  /** Up to 2⁵³ − 1. */
  position = new Float64Array(0);
  /** Milliseconds since 1970. */
  time = new Float64Array(0);
  action = new Uint32Array(0);
  /** Sixteen bytes each. */
  src = new Uint8Array(addressSlack);
  srcView = new DataView(this.src.buffer);
  dst = new Uint8Array(addressSlack);
  dstView = new DataView(this.dst.buffer);
  integers: Uint32Array[] = integerColumns.map(() => new Uint32Array(0));
  asn = new Uint32Array(0);
  /** Each row's text behind its length, as Native has them. */
  extra = new Uint8Array(0);
  extraView = new DataView(this.extra.buffer);
  extraLength = 0;
  readonly host = new LabelColumn();
  readonly prefix = new LabelColumn();
  readonly inIface = new LabelColumn();
  readonly outIface = new LabelColumn();
  readonly proto = new LabelColumn();
  readonly country = new LabelColumn();
  #block = new Uint8Array(0);
  #length = 0;

  clear(): void {
    this.rows = this.extraLength = 0;
    for (const labels of this.#labels()) labels.clear();
  }

  /** Makes room for so many rows more, with so many bytes of text. */
  reserve(more: number, bytes: number): void {
    const rows = this.rows + more;
    if (rows > this.position.length) {
      this.position = grown(this.position, rows);
      this.time = grown(this.time, rows);
      this.action = grown(this.action, rows);
      this.asn = grown(this.asn, rows);
      this.src = grown(this.src, rows * addressBytes + addressSlack);
      this.srcView = new DataView(this.src.buffer);
      this.dst = grown(this.dst, rows * addressBytes + addressSlack);
      this.dstView = new DataView(this.dst.buffer);
      this.integers = this.integers.map((column) => grown(column, rows));
      for (const labels of this.#labels()) labels.reserve(rows);
    }
    // a length takes at most four bytes, and copies move four bytes at a time
    const extra = this.extraLength + bytes + 8 * (more + 1);
    if (extra > this.extra.length) {
      this.extra = grown(this.extra, extra);
      this.extraView = new DataView(this.extra.buffer);
    }
  }

  /** The block; valid until the next one is made. */
  block(): Uint8Array {
    const { rows } = this;
    this.#length = 0;
    this.#varint(13 + integerColumns.length);
    this.#varint(rows);
    this.#head('position', 'UInt64');
    this.#wide(this.position);
    this.#head('time', "DateTime64(3, 'UTC')");
    this.#wide(this.time);
    this.#label('host', this.host);
    this.#label('prefix', this.prefix);
    this.#head('action', actionType);
    this.#numbers(this.action, 'UInt8');
    this.#label('in_iface', this.inIface);
    this.#label('out_iface', this.outIface);
    this.#head('src', 'IPv6');
    this.#bytes(this.src, rows * addressBytes);
    this.#head('dst', 'IPv6');
    this.#bytes(this.dst, rows * addressBytes);
    this.#label('proto', this.proto);
    for (const [i, [name, type]] of integerColumns.entries()) {
      this.#head(name, type);
      this.#numbers(this.integers[i] as Uint32Array, type);
    }
    this.#head('extra', 'String');
    this.#bytes(this.extra, this.extraLength);
    this.#label('country', this.country);
    this.#head('asn', 'UInt32');
    this.#numbers(this.asn, 'UInt32');
    return this.#block.subarray(0, this.#length);
  }

  #labels(): LabelColumn[] {
    return [this.host, this.prefix, this.inIface, this.outIface, this.proto, this.country];
  }

  #head(name: string, type: string): void {
    for (const text of [name, type]) {
      this.#varint(text.length);
      this.#bytes(Buffer.from(text, 'latin1'), text.length);
    }
  }

  /** One dictionary for the block, then each row's key in as few bytes as do. */
  #label(name: string, labels: LabelColumn): void {
    const { size } = labels;
    this.#head(name, 'LowCardinality(String)');
    const type = size <= 256 ? 'UInt8' : size <= 65_536 ? 'UInt16' : 'UInt32';
    const width = narrow[type].BYTES_PER_ELEMENT >> 1;
    // version; the key's width, "own keys" and "this block's dictionary"; its size
    this.#wide(Float64Array.of(1, 0x600 | width, size), 3);
    for (let key = 0; key < size; key++) {
      const text = labels.textOf(key);
      this.#varint(text.length);
      this.#bytes(text, text.length);
    }
    this.#wide(Float64Array.of(this.rows), 1);
    this.#numbers(labels.keys, type);
  }

  #numbers(values: Uint32Array, type: keyof typeof narrow): void {
    const { rows } = this;
    const Narrow = narrow[type];
    const bytes = rows * Narrow.BYTES_PER_ELEMENT;
    const given = values.subarray(0, rows);
    this.#bytes(new Uint8Array(Narrow === Uint32Array ? given.buffer : new Narrow(given).buffer, 0, bytes), bytes);
  }

  /** Whole numbers of 64 bits. */
  #wide(values: Float64Array, count = this.rows): void {
    this.#room(count * 8);
    const view = new DataView(this.#block.buffer, this.#length, count * 8);
    for (let i = 0; i < count; i++) {
      const value = values[i] as number;
      view.setUint32(8 * i, value >>> 0, true);
      view.setUint32(8 * i + 4, Math.floor(value / 0x1_0000_0000), true);
    }
    this.#length += count * 8;
  }

  #varint(value: number): void {
    this.#room(5);
    this.#length = writeVarint(this.#block, this.#length, value);
  }

  #bytes(bytes: Uint8Array, length: number): void {
    this.#room(length);
    this.#block.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#length);
    this.#length += length;
  }

  #room(bytes: number): void {
    if (this.#length + bytes > this.#block.length) this.#block = grown(this.#block, this.#length + bytes);
  }
}

/** Writes a number below 2²⁸ seven bits at a time, as Native has lengths; returns the offset behind it. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let offset = at;
  while (rest > 127) {
    out[offset++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[offset++] = rest;
  return offset;
}
