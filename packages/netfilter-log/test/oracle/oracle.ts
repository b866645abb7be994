/**
 * What a line must give, found slowly and obviously: regular expressions, splits and tables, written from the kernel's
 * grammar and not from the parser. It reads the text after a syslog header (see `framing.ts` beside it for the headers).
 */
import type { NetfilterRecord, RejectReason } from '../../src/index.ts';

/** Everything a record holds but for what only the header and the rule table know. */
export type BodyRecord = Omit<NetfilterRecord, 'time' | 'host' | 'action'>;

/** `reasons`: every defect that was found; the parser names one of them. */
export type OracleResult =
  | { readonly ok: true; readonly record: BodyRecord }
  | { readonly ok: false; readonly reasons: ReadonlySet<RejectReason> };

const decimal = /^\d+$/;
const hexadecimal = /^(?:0x)?[0-9a-fA-F]+$/;
const mac = /^(?:[0-9a-f]{2}(?::[0-9a-f]{2})*)?$/;

/** Fields that go to `extra`: the form of their value, and the greatest number they hold. */
const extraFields: Readonly<Record<string, readonly [form: RegExp, greatest?: number]>> = {
  'ID=': [decimal, 65535],
  'LEN=': [decimal, 65535],
  'TC=': [decimal, 255],
  'FLOWLBL=': [decimal, 1048575],
  'URGP=': [decimal, 65535],
  'SEQ=': [decimal, 4294967295],
  'ACK=': [decimal, 4294967295],
  'MTU=': [decimal, 4294967295],
  'UID=': [decimal, 4294967295],
  'GID=': [decimal, 4294967295],
  'TOS=': [hexadecimal, 255],
  'PREC=': [hexadecimal, 255],
  'RES=': [hexadecimal, 255],
  'MARK=': [hexadecimal, 4294967295],
  'MAC=': [mac],
  'MACSRC=': [mac],
  'MACDST=': [mac],
  'MACPROTO=': [/^[0-9a-f]{4}$/],
};
const flagBits: Readonly<Record<string, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 };
const bareWords = new Set(['CE', 'DF', 'MF', 'AE', 'TRUNCATED', 'INCOMPLETE']);
const columnKeys = [
  'IN=',
  'OUT=',
  'SRC=',
  'DST=',
  'PROTO=',
  'LEN=',
  'TTL=',
  'HOPLIMIT=',
  'SPT=',
  'DPT=',
  'WINDOW=',
  'TYPE=',
  'CODE=',
];
const protocolNumbers: Readonly<Record<string, string>> = { UDPLITE: '136', AH: '51', ESP: '50', SCTP: '132' };
const named = new Set(['TCP', 'UDP', 'ICMP', 'ICMPv6']);

/** IPv4 as it is; IPv6 as RFC 5952 has it; null for anything else. */
export function canonical(address: string): string | null {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (four !== null) return four.slice(1).every((part) => Number(part) <= 255 && String(Number(part)) === part) ? address : null;
  if (!/^[0-9a-fA-F:]+$/.test(address) || !URL.canParse(`http://[${address}]/`)) return null;
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const bytes = Buffer.from(
    mapped
      .slice(1)
      .map((group) => group.padStart(4, '0'))
      .join(''),
    'hex',
  );
  return `::ffff:${[...bytes].join('.')}`;
}

/** Words apart, but a quoted packet, an option list and a byte count each as one. */
function wordsOf(text: string): string[] {
  const group = [
    String.raw`\[(?:SRC=|TRUNCATED)(?:[^[\]]|\[\d+ bytes\])*\]`, // a quoted packet
    String.raw`OPT \([0-9A-F]+\)`,
    String.raw`OPT \(TRUNCATED\)`,
    String.raw`OPT \( AH INCOMPLETE \[\d+ bytes\] \)`,
    String.raw`OPT \( ESP INCOMPLETE \[\d+ bytes\] \)`,
    String.raw`OPT \( FRAG:TRUNCATED`,
    String.raw`OPT \( (?:FRAG:\d+ (?:INCOMPLETE )?ID:[0-9a-f]{8} |(?:AH|ESP) SPI=0x[0-9a-f]+ )?\)`,
    String.raw`INCOMPLETE \[\d+ bytes\]`,
    String.raw`Unknown Ext Hdr \d+`,
    String.raw`\S+`,
  ];
  return text.match(new RegExp(group.join('|'), 'g')) ?? [];
}

/** What is wrong with a word of `extra`. Keys that nobody knows may be a newer kernel's; other unknown words no writer prints. */
function defectOf(word: string, key: string): RejectReason | null {
  const [form, greatest = Infinity] = extraFields[key] ?? [];
  if (form !== undefined) {
    const value = word.slice(key.length);
    if (!form.test(value)) return 'malformed-field';
    return (form === decimal ? Number(value) : Number.parseInt(value, 16)) > greatest ? 'out-of-range' : null;
  }
  if (bareWords.has(word) || key.endsWith('=') || /^(?:FRAG|ID):/.test(word)) return null;
  return /^(?:OPT \(|INCOMPLETE \[|Unknown Ext Hdr |\[SRC=|\[TRUNCATED)/.test(word) ? null : 'unexpected-text';
}

/** Fields that may stand twice: UDP has a length of its own, an echo an ID; what the columns hold comes first. */
function mayRepeat(key: string, proto: string, words: readonly string[]): boolean {
  if (key === 'LEN=') return proto === 'UDP' || proto === '136';
  return key === 'ID=' && proto === 'ICMP' && words.some((word) => /^TYPE=[08]$/.test(word));
}

/** The protocol: what PROTO= says, or what its absence says. */
function protocolOf(words: readonly string[], six: boolean): string {
  const said = words.find((word) => word.startsWith('PROTO='))?.slice('PROTO='.length);
  if (said !== undefined) return named.has(said) ? said : (protocolNumbers[said] ?? said);
  const last = words.at(-1) ?? '';
  if (!six) return words.some((word) => word.startsWith('FRAG:')) ? '51' : '';
  if (last.startsWith('OPT ( ESP') || /^(?:FLOWLBL=|OPT \( \)|OPT \( AH SPI)/.test(last)) return '50';
  return '';
}

/** Reads a body: `text` begins with IN=. */
function readBody(text: string, prefix: string): OracleResult {
  const defects = new Set<RejectReason>();
  const words = wordsOf(text);
  const outside = words.filter((word) => !word.startsWith('[') && !word.startsWith('OPT ('));
  const valueOf = (key: string): string | undefined => outside.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const src = canonical(valueOf('SRC') ?? '');
  const dst = canonical(valueOf('DST') ?? '');
  if (valueOf('SRC') === undefined || valueOf('DST') === undefined)
    return {
      ok: false,
      reasons: new Set(outside.includes('TRUNCATED') ? ['truncated-packet'] : ['cut', 'non-ip', 'malformed-field']),
    };
  if (src === null || dst === null || src.includes(':') !== dst.includes(':')) defects.add('bad-address');
  const six = src?.includes(':') ?? false;
  const proto = protocolOf(words, six);
  const number = (key: string, greatest: number): number => {
    const value = valueOf(key);
    if (value === undefined) return 0;
    if (!decimal.test(value)) defects.add('malformed-field');
    else if (Number(value) > greatest) defects.add('out-of-range');
    return Number(value);
  };
  if (!/^(?:TCP|UDP|ICMP|ICMPv6|\d*)$/.test(proto)) defects.add('malformed-field');
  if (/^\d+$/.test(proto) && Number(proto) > 255) defects.add('out-of-range');
  const seen = new Map<string, number>();
  let flags = 0;
  const extra: string[] = [];
  for (const word of words) {
    const key = /^[A-Z]+=/.exec(word)?.[0] ?? word;
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    const isColumn = columnKeys.includes(key) || word in flagBits || (key === 'ID=' && !six);
    if (!key.startsWith('OPT (') && (before > 1 || (before === 1 && !mayRepeat(key, proto, outside))))
      defects.add('duplicate-field');
    if (isColumn && before === 0) flags |= flagBits[word] ?? 0;
    else {
      const defect = defectOf(word, key);
      if (defect !== null) defects.add(defect);
      extra.push(word);
    }
  }
  const record: BodyRecord = {
    prefix,
    direction: outwards(valueOf('IN') ?? '', valueOf('OUT') ?? ''),
    in_iface: valueOf('IN') ?? '',
    out_iface: valueOf('OUT') ?? '',
    src: src ?? '',
    dst: dst ?? '',
    proto,
    src_port: number('SPT', 65535),
    dst_port: number('DPT', 65535),
    length: number('LEN', 4294967295),
    ttl: number(six ? 'HOPLIMIT' : 'TTL', 255),
    ip_id: six ? 0 : number('ID', 65535),
    tcp_flags: flags,
    window: number('WINDOW', 65535),
    icmp_type: number('TYPE', 255),
    icmp_code: number('CODE', 255),
    extra: extra.join(' '),
  };
  return defects.size === 0 ? { ok: true, record } : { ok: false, reasons: defects };
}

function outwards(input: string, output: string): NetfilterRecord['direction'] {
  if (output === '') return 'in';
  return input === '' ? 'out' : 'forward';
}

/** A prefix as a record shows it. */
export function shownPrefix(text: string): string {
  const shown = Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  });
  return shown.join('').trim();
}

/** Where a body may begin: at both interfaces, or (writers that imitate the kernel) at only one of them. */
const bothInterfaces = /(?=(?<!PHYS)IN=[^ ]{0,15} +(?:PHYSIN=\S+ +)?OUT=[^ ]{0,15}(?: |$))/g;
const oneInterface = /(?=(?<!PHYS)(?:IN|OUT)=[^ ]{0,15} )/g;

/** The text of a kernel message to what it must give: the body starts at the last place from which a record can be read. */
export function oracle(text: string): OracleResult {
  const starts = [oneInterface, bothInterfaces].flatMap((form) => [...text.matchAll(form)].map((match) => match.index));
  let reasons: ReadonlySet<RejectReason> = new Set(['not-a-packet', 'no-interfaces', 'cut']);
  for (const start of starts.reverse()) {
    const result = readBody(text.slice(start), shownPrefix(text.slice(0, start)));
    if (result.ok) return result;
    if (start === starts.at(-1)) ({ reasons } = result);
  }
  return { ok: false, reasons };
}
