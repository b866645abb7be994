import { arriving, fromAttacker, type Group, sendToWan, v4Type } from './groups.ts';
import type { Machines } from './machines.ts';
import { ipv4 } from './packet/ipv4.ts';
import { expectation, type Rule } from './packet/logged.ts';
import { tcp } from './packet/transport.ts';

const from = '203.0.113.72';
const to = '198.51.100.1';
const syn = ipv4({ from, to, payload: tcp({ from: 40001, to: 22 }), dontFragment: true });
const plain = (prefix: string, action: Rule['action'] = 'unknown'): Rule => ({ prefix, action, log: {} });

/** A whole record, as an attacker who controls part of a prefix might write it. */
const forged = 'IN=eth9 OUT= MAC= SRC=192.0.2.66 DST=192.0.2.1 LEN=40 TOS=0x00 PREC=0x00 TTL=1 ID=1 PROTO=UDP SPT=1 DPT=2 LEN=8 ';

/** Prefixes as people write them, with what they say happened. */
const prefixes: readonly (readonly [string, Rule['action']])[] = [
  ['', 'unknown'],
  ['[UFW BLOCK] ', 'deny'],
  ['[UFW ALLOW] ', 'allow'],
  ['[UFW AUDIT] ', 'audit'],
  ['[UFW LIMIT BLOCK] ', 'deny'],
  ['Shorewall:net2fw:DROP:', 'deny'],
  ['net-fw DROP ', 'deny'],
  ['[WAN_LOCAL-default-D]', 'deny'],
  ['SFW2-INext-DROP-DEFLT ', 'deny'],
  ['SFW2-INext-ACC-TCP ', 'allow'],
  ['filter_IN_public_REJECT: ', 'deny'],
  ['Firewall: *TCP_IN Blocked* ', 'deny'],
  ['** IN_TCP DROP ** ', 'deny'],
  ['reject wan in: ', 'deny'],
  ['RULE 3 -- DENY ', 'deny'],
  ['glued', 'unknown'],
  ['12345678901234567890123456789', 'unknown'],
  [' spaces  inside  ', 'unknown'],
  ['quotes "and" \'apostrophes\' ', 'unknown'],
  ['[brackets] (and) {braces} ', 'unknown'],
  ['back\\slash \\x41 ', 'unknown'],
  ['tab\there ', 'unknown'],
  ['verworfen: größer ✓ ', 'unknown'],
  ['percent %s %d%n ', 'unknown'],
  ['key=value SRC=1.2.3.4 ', 'unknown'],
  ['PHYSIN=eth0 ', 'unknown'],
  ['IN= OUT= ', 'unknown'],
  ['x'.repeat(127), 'unknown'],
  [`a ${'long '.repeat(25)}`, 'unknown'],
  [forged.slice(0, 127), 'unknown'],
  ['y IN=a OUT=b SRC=192.0.2.1 DST=192.0.2.2 LEN=1 PROTO=2 ', 'unknown'],
  ['<script>alert(1)</script> ', 'unknown'],
  ["'; DROP TABLE drops; -- ", 'deny'],
];

/** /dev/kmsg shows every byte outside printable ASCII, and the backslash, as `\xNN`. */
const escaped = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) =>
      byte < 32 || byte > 126 || byte === 92 ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte),
    )
    .join('');

/** What a record shows of a prefix: control characters as `\xNN`, without spaces around it. */
const shown = (text: string): string => text.replace('\t', '\\x09').trim();

function prefixGroup(machines: Machines, [prefix, action]: readonly [string, Rule['action']]): Group {
  const base = expectation(syn, arriving(v4Type), plain(prefix, action));
  // by JSON, because nft's own language has no way to write a quote inside a string
  const rules = [
    { table: { family: 'ip', name: 'corpus' } },
    { chain: { family: 'ip', table: 'corpus', name: 'c', type: 'filter', hook: 'prerouting', prio: -300, policy: 'accept' } },
    {
      rule: {
        family: 'ip',
        table: 'corpus',
        chain: 'c',
        expr: [
          { match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'dlwan0' } },
          prefix === '' ? { log: null } : { log: { prefix } },
          { drop: null },
        ],
      },
    },
  ];
  return {
    name: `prefix ${JSON.stringify(prefix.length > 60 ? `${prefix.slice(0, 60)}…` : prefix)}`,
    install: async () => {
      await machines.router.run('nft', '-j', JSON.stringify({ nftables: rules.map((add) => ({ add })) }));
    },
    shots: [
      {
        name: 'TCP',
        send: async () => await sendToWan(machines, v4Type, syn.bytes),
        expected: [{ line: escaped(base.line), record: { ...base.record!, prefix: shown(prefix) } }],
      },
    ],
  };
}

/** Longer than iptables' 29 characters is refused by iptables; exactly 29 is the most. */
function iptablesPrefix(machines: Machines, tool: string): Group {
  const prefix = 'exactly 29 characters, so:   ';
  return {
    name: `${tool} prefix of 29 characters`,
    install: async () => {
      await machines.router.run(tool, '-A', 'INPUT', '-i', 'dlwan0', '-j', 'LOG', '--log-prefix', prefix);
      await machines.router.run(tool, '-A', 'INPUT', '-i', 'dlwan0', '-j', 'DROP');
    },
    shots: fromAttacker(machines, v4Type, [{ name: 'TCP', packet: syn }], arriving(v4Type), plain(prefix)),
  };
}

/** The same packet behind prefixes of every kind. */
export function prefixGroups(machines: Machines): Group[] {
  return [
    ...prefixes.map((prefix) => prefixGroup(machines, prefix)),
    iptablesPrefix(machines, 'iptables'),
    iptablesPrefix(machines, 'iptables-legacy'),
  ];
}
