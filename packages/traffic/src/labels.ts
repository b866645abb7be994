/**
 * What stands behind a packet:
 * - `malicious`: somebody who looks for a way in; a ban is right.
 * - `research`: scans openly for everybody to see; whether to ban is policy, not truth.
 * - `innocent`: a ban would hit somebody who did nothing.
 * - `forged`: the source address is not the sender's; a ban would hit whoever owns it.
 */
export type Intent = 'malicious' | 'research' | 'innocent' | 'forged';

/** The closed list of traffic classes: who sends, and the share of all lines unless a mix is given. Shares add up to 1. */
export const trafficClasses = {
  'fast-scan': { intent: 'malicious', share: 0.17, meaning: 'one address, many ports within minutes' },
  'slow-scan': {
    intent: 'malicious',
    share: 0.03,
    meaning: 'one address, many ports, one probe every 60 to 300 seconds for hours or days',
  },
  'distributed-scan': { intent: 'malicious', share: 0.05, meaning: 'about 120 addresses of one /24, a few probes each' },
  'udp-scan': { intent: 'malicious', share: 0.05, meaning: 'one address, many UDP services' },
  'ipv6-scan': { intent: 'malicious', share: 0.02, meaning: 'many ports over IPv6, the address changing inside one /64' },
  'one-port-bot': {
    intent: 'malicious',
    share: 0.32,
    meaning: 'an infected machine that tries one service (23, 445, 3389, 22 …) on every host it meets',
  },
  'crafted-flags': {
    intent: 'malicious',
    share: 0.01,
    meaning: 'TCP without flags, FIN alone, or FIN+PSH+URG: no stack sends these',
  },
  'research-scan': {
    intent: 'research',
    share: 0.1,
    meaning: 'ZMap or masscan with their fingerprints, from few networks, day by day',
  },
  backscatter: {
    intent: 'innocent',
    share: 0.05,
    meaning: 'SYN+ACK and RST of a server that is flooded with our address as forged source',
  },
  'stray-reply': {
    intent: 'innocent',
    share: 0.035,
    meaning: 'ACK, FIN+ACK or RST of a server that we talked to, after our connection entry is gone',
  },
  'late-answer': { intent: 'innocent', share: 0.02, meaning: 'DNS, NTP and QUIC answers that come too late' },
  'icmp-error': {
    intent: 'innocent',
    share: 0.015,
    meaning: 'routers that tell us what became of our packets, the packet quoted',
  },
  echo: { intent: 'innocent', share: 0.01, meaning: 'ping' },
  broadcast: { intent: 'innocent', share: 0.03, meaning: 'DHCP, mDNS, SSDP, NetBIOS and IGMP of neighbours' },
  'stale-client': { intent: 'innocent', share: 0.02, meaning: 'users whose connection our firewall has forgotten' },
  'p2p-leftover': {
    intent: 'innocent',
    share: 0.02,
    meaning: 'file sharing peers that look for the former owner of the address',
  },
  'admin-self-test': { intent: 'innocent', share: 0.005, meaning: 'our operator scans our own hosts' },
  'own-outbound': { intent: 'innocent', share: 0.01, meaning: 'our own packets that the firewall denied on their way out' },
  visitor: { intent: 'innocent', share: 0.015, meaning: 'a SYN to an open port of a host that logs before it accepts' },
  monitor: { intent: 'innocent', share: 0.005, meaning: 'availability checks' },
  'spoofed-syn': {
    intent: 'forged',
    share: 0.015,
    meaning: 'SYN with forged sources: in bursts, or (hard mode) slow and repeated like a scanner',
  },
} as const satisfies Record<string, { intent: Intent; share: number; meaning: string }>;

/** The closed union of traffic classes. */
export type Label = keyof typeof trafficClasses;

/** All classes in a fixed order. */
export const labels = Object.keys(trafficClasses) as readonly Label[];
