import { canonicalAddress } from './address.ts';

/** A connection the kernel tracks. */
export interface Flow {
  /** As the kernel writes it: `tcp`, `udp`, `icmp`, `icmpv6`. */
  readonly proto: string;
  /** Direction of the packet that began it. */
  readonly original: { readonly src: string; readonly dst: string; readonly srcPort: number; readonly dstPort: number };
  /** Where its answers go, address translation included. */
  readonly replyDst: string;
}

const head = /^ipv[46]\s+\d+\s+(tcp|udp|icmp|icmpv6)\s/;

/** A line of `/proc/net/nf_conntrack`; null for what is no flow, or one of a protocol whose direction says nothing. There may be 100,000s of them: searched by index. */
export function parseFlow(line: string): Flow | null {
  const proto = head.exec(line)?.[1];
  const second = line.indexOf(' src=', line.indexOf(' src=') + 1);
  if (proto === undefined || second < 0) return null;
  const original = line.slice(0, second + 1);
  const src = addressAfter(original, ' src=', 0);
  const dst = addressAfter(original, ' dst=', 0);
  const replyDst = addressAfter(line, ' dst=', second);
  if (src === null || dst === null || replyDst === null) return null;
  const ports = { srcPort: portAfter(original, ' sport='), dstPort: portAfter(original, ' dport=') };
  return { proto, original: { src, dst, ...ports }, replyDst };
}

function addressAfter(line: string, key: string, from: number): string | null {
  const at = line.indexOf(key, from);
  const end = line.indexOf(' ', at + key.length);
  return at < 0 || end < 0 ? null : canonicalAddress(line.slice(at + key.length, end));
}

/** 0 for protocols without ports. */
function portAfter(line: string, key: string): number {
  const at = line.indexOf(key);
  const port = at < 0 ? 0 : Number.parseInt(line.slice(at + key.length, at + key.length + 5), 10);
  return port >= 0 && port <= 65_535 ? port : 0;
}
