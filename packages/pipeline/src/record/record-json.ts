import {
  type ExtraPiece,
  extraPieces,
  hasPorts,
  isHeaderless,
  type NetfilterRecord,
  tcpFlagNames,
} from '@droplens/netfilter-log';

/** A value of the NDJSON object; null: this packet has no such field. */
export type JsonValue = string | number | boolean | null | readonly string[];

/** Keys of `extra` that do not simply become their lower case. */
const names: Readonly<Record<string, string>> = {
  PHYSIN: 'phys_in',
  PHYSOUT: 'phys_out',
  MACSRC: 'mac_src',
  MACDST: 'mac_dst',
  MACPROTO: 'mac_proto',
  'FRAG:': 'frag',
  'ID:': 'frag_id',
  LEN: 'udp_length',
};

/** The columns of a quoted packet under the names of the outer ones. */
const innerNames: Readonly<Record<string, string>> = {
  SRC: 'src',
  DST: 'dst',
  LEN: 'length',
  TTL: 'ttl',
  HOPLIMIT: 'ttl',
  PROTO: 'proto',
  SPT: 'src_port',
  DPT: 'dst_port',
  WINDOW: 'window',
  TYPE: 'icmp_type',
  CODE: 'icmp_code',
};

/** Printed in hexadecimal, with or without `0x`: text even where all digits are decimal, or `88a8` and `8100` were of different types. */
const hexadecimal: ReadonlySet<string> = new Set(['ID:', 'POINTER', 'TOS', 'PREC', 'RES', 'SPI', 'MARK', 'VPROTO', 'MACPROTO']);

const tcpFlagSet: ReadonlySet<string> = new Set(tcpFlagNames);

/**
 * A record as an NDJSON object: the columns of `drops`, time as ISO text, TCP flags as names in the kernel's order, what this packet cannot have as null;
 * then each piece of `extra` under a key of its own (`mac`, `tos`, `df`, `mark`, `phys_in`, `inner_src` …), numbers as numbers, hexadecimal as printed.
 */
export function recordToJson(record: NetfilterRecord): Record<string, JsonValue> {
  const pieces = extraPieces(record.extra);
  const short = isHeaderless(pieces);
  const ports = (hasPorts(record.proto) && !short) || record.src_port !== 0 || record.dst_port !== 0;
  const tcp = record.proto === 'TCP' && !short;
  const icmp = (record.proto === 'ICMP' || record.proto === 'ICMPv6') && !short;
  const json: Record<string, JsonValue> = {
    time: new Date(record.time).toISOString(),
    host: record.host,
    prefix: record.prefix,
    action: record.action,
    direction: record.direction,
    in_iface: record.in_iface,
    out_iface: record.out_iface,
    src: record.src,
    dst: record.dst,
    proto: record.proto,
    src_port: ports ? record.src_port : null,
    dst_port: ports ? record.dst_port : null,
    length: record.length,
    ttl: record.ttl,
    ip_id: record.src.includes(':') ? null : record.ip_id,
    tcp_flags: tcp ? flagNames(record.tcp_flags) : null,
    window: tcp ? record.window : null,
    icmp_type: icmp || record.icmp_type !== 0 ? record.icmp_type : null,
    icmp_code: icmp || record.icmp_code !== 0 ? record.icmp_code : null,
    extra: record.extra,
  };
  addPieces(json, pieces, record.proto === 'TCP');
  return json;
}

/** Names of the bits of a TCP flag mask in the order the kernel prints them. */
export function flagNames(mask: number): string[] {
  return tcpFlagNames.filter((_, bit) => (mask & (1 << bit)) !== 0).toReversed();
}

function addPieces(json: Record<string, JsonValue>, pieces: readonly ExtraPiece[], isTcp: boolean): void {
  let inTcp = false;
  for (const { key, value } of pieces) {
    if (key === '[') addInner(json, value);
    else if (key === 'OPT') json[inTcp ? 'tcp_opt' : 'ip_opt'] ??= value;
    else if (key === 'ID' || (key === 'SEQ' && !isTcp)) json[`icmp_${key.toLowerCase()}`] ??= numeric(value);
    else {
      // Options after the TCP header's own fields are TCP's.
      if (key === 'RES' || key === 'URGP') inTcp = isTcp;
      put(json, names[key] ?? key.toLowerCase(), key, value);
    }
  }
  const mac = json['mac'];
  // An Ethernet header is destination, source, type; the longer one of a VLAN device goes on with the packet itself.
  if (typeof mac === 'string' && /^(?:[0-9a-f]{2}:){13}/.test(mac)) {
    json['mac_dst'] ??= mac.slice(0, 17);
    json['mac_src'] ??= mac.slice(18, 35);
  }
}

/** The quoted packet of an ICMP error, as `inner_…`. */
function addInner(json: Record<string, JsonValue>, text: string): void {
  const flags: string[] = [];
  let isTcp = false;
  let depth = '';
  for (const { key, value } of extraPieces(text)) {
    if (key === 'PROTO') isTcp = value === 'TCP';
    if (isTcp && tcpFlagSet.has(key) && value === '') flags.push(key);
    else if (key === 'ID') json[depth === '' ? 'inner_ip_id' : 'inner_icmp_id'] ??= numeric(value);
    else if (key === 'LEN' && json['inner_length'] !== undefined) json['inner_udp_length'] ??= numeric(value);
    else if (key !== '[') put(json, `inner_${innerNames[key] ?? names[key] ?? key.toLowerCase()}`, key, value);
    if (key === 'TYPE') depth = key;
  }
  if (isTcp) json['inner_tcp_flags'] = flags;
}

/** The first of a name wins; a word is true. */
function put(json: Record<string, JsonValue>, name: string, key: string, value: string): void {
  if (name === '' || Object.hasOwn(json, name)) return;
  json[name] =
    value === '' ? (/^[A-Z]+$/.test(key) && key !== 'MAC' ? true : value) : hexadecimal.has(key) ? value : numeric(value);
}

/** Decimal numbers as numbers, anything else as it stands. */
function numeric(value: string): string | number {
  return /^(?:0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value;
}
