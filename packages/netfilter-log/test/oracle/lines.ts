/** Random packet lines in every shape of the kernel's grammar, each with the record that its parts were made from. */
import * as fc from 'fast-check';
import { addresses4, addresses6, ipv4Address } from './addresses.ts';
import type { BodyRecord } from './oracle.ts';
import { always, decimal, hex, hexDump, maybe, type Word, words } from './words.ts';

/** A line's text after its header, with its parts and its record. */
export interface GeneratedLine {
  readonly prefix: string;
  readonly words: readonly Word[];
  readonly text: string;
  readonly record: BodyRecord;
}

const protocol = (name: string, proto: string): fc.Arbitrary<Word[]> =>
  fc.constant([{ text: `PROTO=${name}`, columns: { proto } }]);
const incomplete = fc.nat(27).map((bytes): Word[] => [{ text: `INCOMPLETE [${bytes} bytes]` }]);

const ports = words(decimal('SPT', 65535, 'src_port'), decimal('DPT', 65535, 'dst_port'));
const flagNames = ['CWR', 'ECE', 'URG', 'ACK', 'PSH', 'RST', 'SYN', 'FIN'] as const;
const flags = fc.subarray([...flagNames]).map((chosen): Word[] => {
  const mask = chosen.reduce((sum, name) => sum | (1 << (7 - flagNames.indexOf(name))), 0);
  return chosen.map((text) => ({ text, columns: { tcp_flags: mask } }));
});
const sequence = words(decimal('SEQ', 4294967295), decimal('ACK', 4294967295));
const wholeTcp = words(
  ports,
  maybe(sequence),
  decimal('WINDOW', 65535, 'window'),
  hex('RES=0x', 63, 2),
  maybe(always('AE')),
  flags,
  decimal('URGP', 65535),
  maybe(hexDump(40).map((dump) => [{ text: `OPT (${dump})` }])),
);
const tcp = words(protocol('TCP', 'TCP'), fc.oneof({ weight: 6, arbitrary: wholeTcp }, { weight: 1, arbitrary: incomplete }));
const udp = words(
  fc.oneof(protocol('UDP', 'UDP'), protocol('UDPLITE', '136')),
  fc.oneof({ weight: 5, arbitrary: words(ports, decimal('LEN', 65535)) }, { weight: 1, arbitrary: incomplete }),
);
const unnamed = fc
  .integer({ min: 0, max: 255 })
  .filter((number) => ![1, 6, 17, 50, 51, 58, 136].includes(number))
  .map((number): Word[] => [{ text: `PROTO=${number}`, columns: { proto: String(number) } }]);
const security = (name: string, proto: string): fc.Arbitrary<Word[]> =>
  words(protocol(name, proto), fc.oneof(hex('SPI=0x', 4294967295, 0), incomplete));

const echo = words(decimal('ID', 65535), decimal('SEQ', 65535));
const typed = (type: number): fc.Arbitrary<Word[]> =>
  words(fc.constant([{ text: `TYPE=${type}`, columns: { icmp_type: type } }]), decimal('CODE', 255, 'icmp_code'));
const quoteOf = (packet: fc.Arbitrary<Word[]>): fc.Arbitrary<Word[]> =>
  packet.map((quoted) => [{ text: `[${quoted.map((word) => word.text).join(' ')} ]` }]);

function icmp(quote: fc.Arbitrary<Word[]> | null): fc.Arbitrary<Word[]> {
  const quoted = quote === null ? fc.constant<Word[]>([]) : quoteOf(quote);
  const messages = [
    words(fc.constantFrom(0, 8).chain(typed), echo),
    words(typed(12), decimal('PARAMETER', 255)),
    words(
      typed(5),
      ipv4Address.map((address) => [{ text: `GATEWAY=${address}` }]),
      quoted,
    ),
    words(fc.constantFrom(4, 11).chain(typed), quoted),
    words(typed(3), quoted),
    words(
      fc.constant<Word[]>([
        { text: 'TYPE=3', columns: { icmp_type: 3 } },
        { text: 'CODE=4', columns: { icmp_code: 4 } },
      ]),
      quoted,
      decimal('MTU', 65535),
    ),
    words(fc.constantFrom(3, 8, 13).chain(typed), incomplete),
    fc.constantFrom(9, 10, 13, 14, 17, 255).chain(typed),
    incomplete,
  ];
  return words(protocol('ICMP', 'ICMP'), fc.oneof(...messages));
}

function icmpv6(quote: fc.Arbitrary<Word[]> | null): fc.Arbitrary<Word[]> {
  const quoted = quote === null ? fc.constant<Word[]>([]) : quoteOf(quote);
  const messages = [
    words(fc.constantFrom(128, 129).chain(typed), echo),
    words(typed(4), hex('POINTER=', 4294967295, 8), quoted),
    words(fc.constantFrom(1, 3).chain(typed), quoted),
    words(typed(2), quoted, decimal('MTU', 4294967295)),
    fc.constantFrom(130, 131, 133, 134, 135, 136, 137, 255).chain(typed),
    incomplete,
  ];
  return words(protocol('ICMPv6', 'ICMPv6'), fc.oneof(...messages));
}

const tos = fc
  .integer({ min: 0, max: 15 })
  .map((value): Word[] => [{ text: `TOS=0x${(value * 2).toString(16).toUpperCase().padStart(2, '0')}` }]);
const prec = fc
  .integer({ min: 0, max: 7 })
  .map((value): Word[] => [{ text: `PREC=0x${(value * 32).toString(16).toUpperCase().padStart(2, '0')}` }]);
const laterFragment4 = words(
  fc.integer({ min: 1, max: 8191 }).map((offset) => [{ text: `FRAG:${offset}` }]),
  fc.oneof(protocol('TCP', 'TCP'), protocol('UDP', 'UDP'), protocol('ICMP', 'ICMP'), protocol('ESP', '50'), unnamed),
);
const head4 = words(
  addresses4,
  decimal('LEN', 65535, 'length'),
  tos,
  prec,
  decimal('TTL', 255, 'ttl'),
  decimal('ID', 65535, 'ip_id'),
  maybe(always('CE')),
  maybe(always('DF')),
  maybe(always('MF')),
);
const options4 = maybe(hexDump(40).map((dump) => [{ text: `OPT (${dump})` }]));

function ipv4(quote: fc.Arbitrary<Word[]> | null): fc.Arbitrary<Word[]> {
  const next = fc.oneof(tcp, tcp, udp, icmp(quote), unnamed, security('AH', '51'), security('ESP', '50'));
  return words(head4, fc.oneof({ weight: 6, arbitrary: words(options4, next) }, { weight: 1, arbitrary: laterFragment4 }));
}

const head6 = words(
  addresses6,
  fc.integer({ min: 40, max: 65575 }).map((length) => [{ text: `LEN=${length}`, columns: { length } }]),
  decimal('TC', 255),
  decimal('HOPLIMIT', 255, 'ttl'),
  decimal('FLOWLBL', 1048575),
);
const firstFragment6 = words(always('FRAG:0'), maybe(always('INCOMPLETE')), hex('ID:', 4294967295, 8));
/** With the rule's IP options flag a fragment's words stand inside an option list, which is one word here. */
const wrapped = (fragment: fc.Arbitrary<Word[]>): fc.Arbitrary<Word[]> =>
  fragment.map((inside) => [{ text: `OPT ( ${inside.map((word) => word.text).join(' ')} )` }]);
const laterOffset = words(
  fc.integer({ min: 1, max: 8191 }).map((offset) => [{ text: `FRAG:${offset * 8}` }]),
  maybe(always('INCOMPLETE')),
  hex('ID:', 4294967295, 8),
);
const laterFragment6 = words(
  fc.oneof(laterOffset, wrapped(laterOffset)),
  fc.oneof(protocol('TCP', 'TCP'), protocol('UDP', 'UDP'), protocol('ICMPv6', 'ICMPv6'), unnamed),
);
const options6 = fc.array(fc.oneof(always('OPT ( )'), fc.constant<Word[]>([{ text: 'OPT ( AH SPI=0x1f )' }])), { maxLength: 3 });
const ends6 = fc.constant<Word[]>([{ text: 'OPT ( ESP SPI=0xbeef )', columns: { proto: '50' } }]);

function ipv6(quote: fc.Arbitrary<Word[]> | null): fc.Arbitrary<Word[]> {
  const next = fc.oneof(tcp, tcp, udp, icmpv6(quote), unnamed, ends6);
  const plain = words(
    options6.map((lists) => lists.flat()),
    next,
  );
  return words(
    head6,
    fc.oneof({ weight: 5, arbitrary: plain }, words(fc.oneof(firstFragment6, wrapped(firstFragment6)), next), laterFragment6),
  );
}

const device = fc.oneof(
  fc.constantFrom('eth0', 'br-lan', 'ppp0', 'wg0', 'eth0.100', 'veth3f2a@if7', 'fwbr100i0p0', 'a=b', 'lo'),
  // one named `IN=x` could not be told from a prefix that ends in IN=
  fc.stringMatching(/^[a-zA-Z0-9._=-]{1,15}$/).filter((name) => !/IN=|OUT=/.test(name)),
);
const macText = (count: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: count, maxLength: count })
    .map((bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));
const link = fc.oneof(
  fc.constant<Word[]>([]),
  fc.constantFrom(0, 14, 14, 14, 18, 20).chain((count) => macText(count).map((text): Word[] => [{ text: `MAC=${text}` }])),
  words(
    macText(6).map((text) => [{ text: `MACSRC=${text}` }]),
    macText(6).map((text) => [{ text: `MACDST=${text}` }]),
    maybe(words(always('VPROTO=8100'), decimal('VID', 65535))),
    fc.constantFrom('0800', '86dd').map((text) => [{ text: `MACPROTO=${text}` }]),
  ),
);

/** Prefixes without a word that says what happened, so that the rule table has no part in the comparison. */
export const prefixes = fc.oneof(
  fc.constantFrom(
    '',
    'web ',
    'glued',
    '[a] (b) ',
    'quote " \' ',
    'IN= ',
    'OUT= ',
    'IN= OUT= ',
    'PHYSIN=eth9 ',
    '12:34:56 ',
    '%s%n ',
  ),
  fc.stringMatching(/^[ -~]{0,29}$/).filter((text) => !/[a-z]{2}/i.test(text) && !/^[\s<[{\d(]/.test(text)),
  fc.constantFrom('zurück ', '防火墙 ', 'tab\there ', 'be\u0007ll ', 'bell\u0007 '),
);

const packet = fc.oneof(ipv4(ipv4(null)), ipv6(ipv6(null)));
const optional = (name: string, arbitrary: fc.Arbitrary<string>): fc.Arbitrary<Word[]> =>
  maybe(arbitrary.map((text) => [{ text: `${name}=${text}` }]));

/** Interfaces; ports of a bridge after both, or each after its own as 2.4 kernels had it. */
const interfaces = fc
  .tuple(
    fc.oneof(fc.constant(''), device),
    fc.oneof(fc.constant(''), device),
    optional('PHYSIN', device),
    optional('PHYSOUT', device),
    fc.boolean(),
  )
  .map(([input, output, physIn, physOut, old]): Word[] => {
    const direction = output === '' ? 'in' : input === '' ? 'out' : 'forward';
    const first: Word = { text: `IN=${input}`, columns: { in_iface: input, direction } };
    const second: Word = { text: `OUT=${output}`, columns: { out_iface: output } };
    return old ? [first, ...physIn, second, ...physOut] : [first, second, ...physIn, ...physOut];
  });

const end = words(maybe(words(decimal('UID', 4294967295), decimal('GID', 4294967295))), maybe(hex('MARK=0x', 4294967295, 0)));

/** A record's words and prefix to its line. */
export function assemble(prefix: string, parts: readonly Word[]): GeneratedLine {
  const columns: BodyRecord = Object.assign(
    {
      prefix: '',
      direction: 'in',
      in_iface: '',
      out_iface: '',
      src: '',
      dst: '',
      proto: '',
      src_port: 0,
      dst_port: 0,
      length: 0,
    },
    { ttl: 0, ip_id: 0, tcp_flags: 0, window: 0, icmp_type: 0, icmp_code: 0, extra: '' },
    ...parts.map((word) => word.columns ?? {}),
  );
  const inExtra = (word: Word): boolean => word.columns === undefined || word.text.startsWith('OPT ');
  const extra = parts.filter(inExtra).map((word) => word.text);
  const shown = prefix.replace('\t', '\\x09').replace('\u0007', '\\x07').trim();
  return {
    prefix,
    words: parts,
    text: `${prefix}${parts.map((word) => `${word.text} `).join('')}`,
    record: { ...columns, prefix: shown, extra: extra.join(' ') },
  };
}

/** One line of the kernel's. */
export const kernelLine: fc.Arbitrary<GeneratedLine> = fc
  .tuple(prefixes, words(interfaces, link), packet, end)
  // after ESP the kernel prints nothing more
  .map(([prefix, head, body, tail]) =>
    assemble(prefix, [...head, ...body, ...(body.at(-1)?.text.startsWith('OPT ( ESP') ? [] : tail)]),
  );

/** What ulogd2 writes in imitation of the kernel: a space after the prefix, MAC always, TOS and MARK without 0x, no RES. */
export const imitatedLine: fc.Arbitrary<GeneratedLine> = fc
  .tuple(
    fc.constantFrom('', 'web ', '[a] '),
    words(
      interfaces.map((both) => both.filter((word) => !word.text.startsWith('PHYS'))),
      fc.constantFrom<Word[]>([{ text: 'MAC=' }], [{ text: 'MAC=02:00:5e:00:53:01:02:00:5e:00:53:02:08:00' }]),
      addresses4,
      decimal('LEN', 65535, 'length'),
      fc.constantFrom<Word[]>([{ text: 'TOS=00' }], [{ text: 'TOS=1E' }]),
      prec,
      decimal('TTL', 255, 'ttl'),
      decimal('ID', 65535, 'ip_id'),
      maybe(always('DF')),
      fc.oneof(
        words(protocol('TCP', 'TCP'), ports, sequence, decimal('WINDOW', 65535, 'window'), flags, decimal('URGP', 65535)),
        words(protocol('UDP', 'UDP'), ports, decimal('LEN', 65535)),
        words(protocol('SCTP', '132'), ports),
      ),
      maybe(words(decimal('UID', 4294967295), decimal('GID', 4294967295))),
      hex('MARK=', 4294967295, 0),
    ),
  )
  .map(([prefix, parts]) => assemble(prefix, parts));
