import { expect, test } from 'vitest';
import { parseFlow } from '../../src/host/conntrack.ts';

const end = 'mark=0 zone=0 use=2';
test.each([
  [
    `ipv4     2 tcp      6 431998 ESTABLISHED src=198.18.7.2 dst=198.18.7.1 sport=59726 dport=8022 src=198.18.7.1 dst=198.18.7.2 sport=8022 dport=59726 [ASSURED] ${end}`,
    ['tcp', '198.18.7.2', '198.18.7.1', 59726, 8022, '198.18.7.2'],
  ],
  [
    `ipv4     2 tcp      6 99 SYN_SENT packets=1 bytes=60 src=172.17.0.2 dst=192.0.2.9 sport=40000 dport=443 [UNREPLIED] src=192.0.2.9 dst=198.18.7.1 sport=443 dport=40000 packets=0 bytes=0 ${end}`,
    ['tcp', '172.17.0.2', '192.0.2.9', 40000, 443, '198.18.7.1'],
  ],
  [
    `ipv4     2 udp      17 28 src=198.18.7.1 dst=198.18.7.2 sport=47622 dport=53 [UNREPLIED] src=198.18.7.2 dst=198.18.7.1 sport=53 dport=47622 secctx=a:b ${end}`,
    ['udp', '198.18.7.1', '198.18.7.2', 47622, 53, '198.18.7.1'],
  ],
  [
    `ipv4     2 icmp     1 28 src=198.18.7.1 dst=198.18.7.2 type=8 code=0 id=0 src=198.18.7.2 dst=198.18.7.1 type=0 code=0 id=0 ${end}`,
    ['icmp', '198.18.7.1', '198.18.7.2', 0, 0, '198.18.7.1'],
  ],
  [
    `ipv6     10 icmpv6   58 28 src=2001:0db8:0007:0000:0000:0000:0000:0001 dst=2001:0db8:0007:0000:0000:0000:0000:0002 type=128 code=0 id=1 src=2001:0db8:0007:0000:0000:0000:0000:0002 dst=2001:0db8:0007:0000:0000:0000:0000:0001 type=129 code=0 id=1 ${end}`,
    ['icmpv6', '2001:db8:7::1', '2001:db8:7::2', 0, 0, '2001:db8:7::1'],
  ],
])('%s', (line, [proto, src, dst, srcPort, dstPort, replyDst]) => {
  expect(parseFlow(line)).toEqual({ proto, original: { src, dst, srcPort, dstPort }, replyDst });
});

test.each([
  `ipv4     2 gre      47 28 src=192.0.2.1 dst=192.0.2.2 srckey=0x0 dstkey=0x0 src=192.0.2.2 dst=192.0.2.1 srckey=0x0 dstkey=0x0 ${end}`,
  `ipv4     2 unknown  50 28 src=192.0.2.1 dst=192.0.2.2 src=192.0.2.2 dst=192.0.2.1 ${end}`,
  `ipv4     2 udp      17 28 src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 ${end}`,
  `ipv4     2 udp      17 28 src=192.0.2.1 src=192.0.2.2 dst=192.0.2.2 dst=192.0.2.1 ${end}`,
  `ipv4     2 udp      17 28 src=192.0.2.1 dst=192.0.2.999 sport=1 dport=2 src=192.0.2.2 dst=192.0.2.1 sport=1 dport=2 ${end}`,
  '',
])('%s says nothing', (line) => {
  expect(parseFlow(line)).toBeNull();
});
