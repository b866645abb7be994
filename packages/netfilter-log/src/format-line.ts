import { ipv4End, kernelIPv6 } from './address.ts';
import { type ExtraPiece, extraPieces, isHeaderless, isLaterFragment } from './extra.ts';
import { hasPorts, kernelProtocol } from './protocol.ts';
import { type NetfilterRecord, tcpFlagNames } from './record.ts';
import { encodeText } from './text.ts';

const linkKeys = new Set(['PHYSIN', 'PHYSOUT', 'MAC', 'MACSRC', 'MACDST', 'VPROTO', 'VID', 'MACPROTO', 'TUNNEL']);
const serviceKeys = new Set(['TOS', 'PREC', 'TC']);
const headerKeys = new Set(['FLOWLBL', 'CE', 'DF', 'MF', 'FRAG:', 'ID:', 'OPT']);
const sequenceKeys = new Set(['SEQ', 'ACK']);

/**
 * Shows the line again from its columns, with an ISO stamp: the kernel's order, everything of `extra` where the kernel prints it.
 * Parsing it gives the same record.
 */
export function formatLine(record: NetfilterRecord): string {
  const bytes = encodeText(`${record.src} `);
  const isIPv4 = ipv4End(bytes, 0) > 0;
  const pieces = extraPieces(record.extra);
  const short = isHeaderless(pieces);
  const line: string[] = [new Date(record.time).toISOString()];
  if (record.host !== '') line.push(record.host);
  line.push('kernel:');
  if (record.prefix !== '') line.push(record.prefix);
  let next = 0;
  const take = (fits: (piece: ExtraPiece) => boolean): void => {
    while (next < pieces.length && fits(pieces[next]!)) line.push(pieces[next++]!.text);
  };

  line.push(`IN=${record.in_iface}`, `OUT=${record.out_iface}`);
  take(({ key }) => linkKeys.has(key));
  line.push(`SRC=${kernelAddress(record.src, isIPv4)}`, `DST=${kernelAddress(record.dst, isIPv4)}`, `LEN=${record.length}`);
  take(({ key }) => serviceKeys.has(key));
  line.push(isIPv4 ? `TTL=${record.ttl}` : `HOPLIMIT=${record.ttl}`);
  if (isIPv4) line.push(`ID=${record.ip_id}`);
  // The bare INCOMPLETE of an IPv6 fragment, not the header cut short.
  take(({ key, value }) => headerKeys.has(key) || (key === 'INCOMPLETE' && value === '' && pieces[next - 1]?.key === 'FRAG:'));
  if (record.proto !== impliedProtocol(record, pieces, isIPv4)) line.push(`PROTO=${kernelProtocol(record.proto)}`);

  if ((hasPorts(record.proto) && !short) || record.src_port !== 0) line.push(`SPT=${record.src_port}`);
  if ((hasPorts(record.proto) && !short) || record.dst_port !== 0) line.push(`DPT=${record.dst_port}`);
  const isIcmp = record.proto === 'ICMP' || record.proto === 'ICMPv6';
  if ((isIcmp && !short) || record.icmp_type !== 0) line.push(`TYPE=${record.icmp_type}`);
  if ((isIcmp && !short) || record.icmp_type !== 0 || record.icmp_code !== 0) line.push(`CODE=${record.icmp_code}`);
  if (record.proto === 'TCP') take(({ key }) => sequenceKeys.has(key));
  if ((record.proto === 'TCP' && !short) || record.window !== 0) line.push(`WINDOW=${record.window}`);
  // RES= and a flag that has no bit of its own (AE) come before the flags.
  if (record.proto === 'TCP') take(({ key, text }) => key === 'RES' || /^[A-Z]{2,4}$/.test(text));
  for (let bit = 7; bit >= 0; bit--) if ((record.tcp_flags & (1 << bit)) !== 0) line.push(tcpFlagNames[bit]!);
  take(() => true);
  line.push(''); // the kernel ends every piece with a space
  return line.join(' ');
}

function kernelAddress(address: string, isIPv4: boolean): string {
  if (isIPv4) return address;
  const bytes = encodeText(`${address} `);
  return kernelIPv6(bytes, 0, bytes.length - 1);
}

/** The protocol that a line without PROTO= says by what it ends with, null when it says none. See `judgeWithoutProtocol` in body.ts. */
function impliedProtocol(record: NetfilterRecord, pieces: readonly ExtraPiece[], isIPv4: boolean): string | null {
  const { src_port: srcPort, dst_port: dstPort, icmp_type: type, icmp_code: code, window, tcp_flags: flags } = record;
  if ((srcPort | dstPort | type | code | window | flags) !== 0) return null;
  if (pieces.some(({ key, value }) => key === 'OPT' && value.startsWith('ESP '))) return '50';
  if (pieces.some(({ key, value }) => key === 'TRUNCATED' || key === 'Unknown' || /(?:^|:)TRUNCATED|INCOMPLETE \[/.test(value)))
    return '';
  const last = pieces.at(-1)?.key;
  if (pieces.some(isLaterFragment)) return isIPv4 ? '51' : last === 'ID:' || last === 'OPT' ? '' : null;
  const fragment = pieces.some(({ key, value }) => key === 'FRAG:' || (key === 'OPT' && value.startsWith('FRAG:')));
  const label = pieces.some(({ key }) => key === 'FLOWLBL');
  return !isIPv4 && label && !fragment && (last === 'FLOWLBL' || last === 'OPT') ? '50' : null;
}
