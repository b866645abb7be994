import { isIP, SocketAddress } from 'node:net';

/** What a record may hold here. */
export type MmdbValue = string | number | { readonly [key: string]: MmdbValue };

/**
 * Writes a small MaxMind database (format 2.0, 24-bit records) from networks and their records, after the format's specification
 * (https://maxmind.github.io/MaxMind-DB/): search tree, 16 zero bytes, records, metadata. For tests: no pointers, no deduplication.
 */
export function mmdb(
  networks: Readonly<Record<string, MmdbValue>>,
  options: { type?: string; ipVersion?: 4 | 6; built?: number } = {},
): Buffer {
  const { type = 'Test-Country', ipVersion = 6, built = 1_790_000_000 } = options;
  // A node is [left, right]; a negative entry −1−n is record n, null is nothing.
  const nodes: (number | null)[][] = [[null, null]];
  const records = Object.values(networks).map(encode);
  Object.keys(networks).forEach((network, record) => {
    const bits = bitsOf(network, ipVersion);
    let node = 0;
    bits.forEach((bit, depth) => {
      const pair = nodes[node] ?? [];
      if (depth === bits.length - 1) {
        pair[bit] = -1 - record;
        return;
      }
      let next = pair[bit] ?? null;
      if (next === null || next < 0) {
        next = nodes.push([next, next]) - 1;
        pair[bit] = next;
      }
      node = next;
    });
  });
  const offsets: number[] = [];
  let offset = 0;
  for (const record of records) {
    offsets.push(offset);
    offset += record.length;
  }
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.forEach((pair, node) => {
    pair.forEach((entry, side) => {
      const value = entry === null ? nodes.length : entry >= 0 ? entry : nodes.length + 16 + (offsets[-1 - entry] ?? 0);
      tree.writeUIntBE(value, node * 6 + side * 3, 3);
    });
  });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: built,
    database_type: type,
    ip_version: ipVersion,
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...records, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const [address = '', length = ''] = network.split('/');
  const bytes = isIP(address) === 4 ? address.split('.').map(Number) : bytesOf(address);
  const bits = bytes.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1)).slice(0, Number(length));
  return ipVersion === 6 && isIP(address) === 4 ? [...Array.from({ length: 96 }, () => 0), ...bits] : bits;
}

function bytesOf(address: string): number[] {
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  const [left = '', right = ''] = canonical.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const head = groups(left);
  const tail = groups(right);
  const middle = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return [...head, ...middle, ...tail].flatMap((group) => [group >> 8, group & 255]);
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, one]) => [encode(key), encode(one)])]);
}

function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}
