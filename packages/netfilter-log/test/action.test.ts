import { describe, expect, it } from 'vitest';
import { type Action, ActionMatcher } from '../src/index.ts';

const matcher = new ActionMatcher();

describe('a prefix', () => {
  it.each<[Action, ...string[]]>([
    ['deny', '[UFW BLOCK]', '[UFW LIMIT BLOCK]'],
    ['allow', '[UFW ALLOW]'],
    ['audit', '[UFW AUDIT]', '[UFW AUDIT INVALID]', '[UFW LIMIT]', '[UFW MISC]'],
    [
      'deny',
      'FINAL_REJECT:',
      'STATE_INVALID_DROP:',
      'rpfilter_DROP:',
      'RFC3964_IPv4_REJECT:',
      'filter_IN_public_REJECT:',
      'filter_allow-host-ipv6_DROP:',
      'x_ICMP_BLOCK:',
    ],
    ['deny', 'Shorewall:net2fw:DROP:', 'Shorewall:net-fw:REJECT:', 'Shorewall:~log-accept:DROP:', 'net-fw DROP'],
    ['allow', 'Shorewall:net2fw:ACCEPT:', 'net-fw ACCEPT'],
    [
      'deny',
      'REJECT wan in:',
      'DROP wan out:',
      'reject wan in:',
      'drop wan forward:',
      'drop new in:',
      'drop wan invalid ct state:',
      'DROP(src wan)',
      'REJECT(dest lan)',
    ],
    ['allow', 'accept wan in:'],
    ['audit', 'MSSFIX wan out:'],
    ['deny', 'banIP/inbound/drop/allowlist:'],
    [
      'deny',
      '[ipv4-INP-filter-default-D]',
      '[ipv6-FWD-filter-20-R]',
      '[WAN_LOCAL-default-D]',
      '[WAN_OUT-2000-R]',
      '[WAN_LOCAL-D-2147483647] DESCR="[WAN_LOCAL]Block All Traffic"',
    ],
    ['allow', '[STATE-POLICY-EST-A]', '[WAN_OUT-2000-A]', '[LAN_LOCAL-default-A]', '[LAN_IN-A-2000] DESCR="drop nothing"'],
    ['audit', '[ipv4-FWD-filter-10-C]', '[ipv4-FWD-filter-10-O]'],
    ['unknown', '[ipv4-route-default]'],
    ['deny', 'RULE 3 -- DENY', 'RULE 3 -- REJECT', 'INVALID state -- DENY', 'RULE=3 ACTION=DENY'],
    ['allow', 'RULE 3 -- ACCEPT', 'RULE=3 ACTION=ACCEPT'],
    ['deny', 'SFW2-INext-DROP-DEFLT', 'SFW2-IN-ILL-TARGET', 'SFW2-FWD-ILL-ROUTING', 'SuSE-FW-DROP-DEFAULT'],
    ['allow', 'SFW2-INext-ACC-TCP', 'SFW2-INext-ACC-RELATED'],
    ['deny', '** IN_TCP DROP **', '** SYNFLOOD **', '** RABHIT **'],
    ['audit', '** AUDIT IN **'],
    ['deny', 'Firewall: *TCP_IN Blocked*', 'Firewall: *UDP6OUT Blocked*'],
    ['deny', 'AIF:INET-INPUT denied:', 'AIF:PRIV TCP packet:', 'AIF:Stealth scan? (PRIV):'],
    ['audit', 'AIF:TCP INPUT log:'],
    ['unknown', 'calico-packet:', 'Inbound', 'INBOUND TCP:', '[netfilter-INPUT]', '[Output Log]', '', 'UNACCEPTABLE', 'blockade'],
    ['deny', 'DROP_CTINVALID', 'DROP_INPUT'],
    ['allow', 'FORWARDFW'],
    ['deny', 'tap100i0-IN policy DROP:', 'PVEFW-reject:', 'GUEST REJECT:'],
    ['allow', 'tap100i0-OUT ACCEPT:'],
    ['deny', 'AvxRl gw1 D:'],
    ['allow', 'AvxRl gw1 A:'],
    [
      'deny',
      'iptables denied:',
      'iptables DROP_INPUT:',
      'IPTables-Dropped:',
      'IPTABLES-DROP:',
      'IPTABLES:BLOCKED-CONN:',
      'DROP',
      'DROP:',
      'DENY:',
      'INPUT reject:',
      'nft-dropped:',
      'nft drop:',
      'LOGDROP',
      'NOT-ACCEPTED:',
    ],
    ['allow', 'IPTables-Accepted:', 'ACCEPT', 'pass in'],
    [
      'audit',
      'TRACE: raw:PREROUTING:policy:2',
      'nf_ct_proto_6: invalid packet ignored in state ESTABLISHED',
      'New connection:',
      'packet drop log:',
    ],
  ])('%s: %s', (action, ...prefixes) => {
    expect(prefixes.map((prefix) => [matcher.match(prefix), prefix])).toEqual(prefixes.map((prefix) => [action, prefix]));
  });
});

describe('a rule of the user', () => {
  it.each<[rule: string, prefix: string, matches: boolean]>([
    ['edge-in', 'edge-in', true],
    ['EDGE-in', 'edge-IN', true],
    ['edge', 'edge-in', false],
    ['edge*', 'edge-in', true],
    ['*in', 'edge-in', true],
    ['e*e-*n', 'edge-in', true],
    ['edge?in', 'edge-in', true],
    ['edge??in', 'edge-in', false],
    ['*', '', true],
    ['[x]*', '[x] y', true],
    ['[x]*', 'x y', false],
    ['a*b*c', 'abbbbbbc', true],
    ['a*b*c', 'abbbbbb', false],
  ])('%s and %j: %s', (prefix, text, matches) => {
    expect(new ActionMatcher([{ prefix, action: 'audit' }]).match(text) === 'audit').toBe(matches);
  });

  it('comes before the built-in ones, the first first', () => {
    const own = new ActionMatcher([
      { prefix: '[UFW BLOCK]', action: 'allow' },
      { prefix: '[UFW*', action: 'unknown' },
    ]);
    expect(own.match('[UFW BLOCK]')).toBe('allow');
    expect(own.match('[UFW AUDIT]')).toBe('unknown');
    expect(own.match('DROP')).toBe('deny');
  });
});

it('stays bounded and right when every prefix is another', () => {
  const many = new ActionMatcher();
  for (let i = 0; i < 10_000; i++) expect(many.match(`DROP ${i}`)).toBe('deny');
});
