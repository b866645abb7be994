import type { Behaviour } from '../behaviour.ts';
import type { Label } from '../labels.ts';
import { onePortBot, p2pLeftover, spoofedSyn } from './bots.ts';
import { adminSelfTest, monitor, ownOutbound, visitor } from './friends.ts';
import { echo, icmpError } from './icmp.ts';
import { broadcast } from './neighbours.ts';
import { backscatter, lateAnswer, staleClient, strayReply } from './replies.ts';
import { craftedFlags, distributedScan, fastScan, ipv6Scan, researchScan, slowScan, udpScan } from './scanners.ts';

/** How each class of traffic behaves. */
export const behaviours: Readonly<Record<Label, Behaviour>> = {
  'fast-scan': fastScan,
  'slow-scan': slowScan,
  'distributed-scan': distributedScan,
  'udp-scan': udpScan,
  'ipv6-scan': ipv6Scan,
  'one-port-bot': onePortBot,
  'crafted-flags': craftedFlags,
  'research-scan': researchScan,
  backscatter,
  'stray-reply': strayReply,
  'late-answer': lateAnswer,
  'icmp-error': icmpError,
  echo,
  broadcast,
  'stale-client': staleClient,
  'p2p-leftover': p2pLeftover,
  'admin-self-test': adminSelfTest,
  'own-outbound': ownOutbound,
  visitor,
  monitor,
  'spoofed-syn': spoofedSyn,
};
