import { digitsEnd, equals, space, startsWith } from './ascii.ts';

/** What a message without a body is: one pass over its `=` signs. */
export function classify(
  b: Uint8Array,
  from: number,
  end: number,
): 'empty' | 'cef' | 'audit' | 'sophos' | 'conntrack' | 'no-interfaces' | 'xtables-monitor' | 'not-a-packet' {
  let p = from;
  while (p < end && b[p]! <= space) p++;
  if (p >= end) return 'empty';
  if (startsWith(b, p, 'CEF:')) return 'cef';
  if (startsWith(b, p, 'TRACE: ') && digitsEnd(b, p + 7) > p + 7) return 'xtables-monitor';
  const conntrack = startsWith(b, p, 'nf_ct_') || startsWith(b, p, 'nf_conntrack');
  for (p += 3; p < end; p++) {
    if (b[p] !== equals) continue;
    if (startsWith(b, p - 3, 'SRC') || (p - 5 >= from && startsWith(b, p - 5, 'PROTO')))
      return conntrack ? 'conntrack' : 'no-interfaces';
    if (p - 5 >= from && startsWith(b, p - 5, 'saddr')) return 'audit';
    if (p - 5 >= from && startsWith(b, p - 5, 'srcip')) return 'sophos';
  }
  return 'not-a-packet';
}
