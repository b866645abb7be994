import { describe, expect, test } from 'vitest';
import { Outbound, type Self } from '../../src/host/outbound.ts';

const own = '198.18.7.1';
const remote = '192.0.2.9';
const container = '172.17.0.2';
const self: Self = {
  own: (address) => address === own || address === '172.17.0.1',
  served: (proto, port) => (proto === 'TCP' ? [22, 443, 40_022].includes(port) : port === 53),
  ephemeral: [32_768, 60_999],
};

/** `proto src:port > dst:port`, and where answers go when that is not the source. */
function flowOf(text: string): Parameters<Outbound['flow']>[0] {
  const [proto = '', src = '', srcPort = '', dst = '', dstPort = '', replyDst = src] = text.split(/[ :>]+/);
  return { proto, original: { src, dst, srcPort: Number(srcPort), dstPort: Number(dstPort) }, replyDst };
}

describe('tracked connections', () => {
  test.each<[string, string[], string[]]>([
    ['a connection of ours', [`tcp ${own}:50000 > ${remote}:443`], [remote]],
    ['a question of ours', [`udp ${own}:50000 > ${remote}:53`, `icmp ${own}:0 > 192.0.2.8:0`], [remote, '192.0.2.8']],
    ['a connection from a low port of ours', [`udp ${own}:123 > ${remote}:123`], [remote]],
    ['a connection to us', [`tcp ${remote}:50000 > ${own}:22`, `icmp ${remote}:0 > ${own}:0`], []],
    ['what we send from a port that is served: a connection to us that was forgotten', [`tcp ${own}:22 > ${remote}:50000`], []],
    ['a late answer of a service of ours', [`udp ${own}:53 > ${remote}:50000`], []],
    [
      'data that somebody connected to us has asked for',
      [`tcp ${remote}:50000 > ${own}:21`, `tcp ${own}:20 > ${remote}:50001`],
      [],
    ],
    ['the same in the other order', [`udp ${own}:50002 > ${remote}:50001`, `udp ${remote}:50001 > ${own}:69`], []],
    ['a connection of a container behind us', [`tcp ${container}:40000 > ${remote}:443 ${own}`], [remote]],
    ['what a container sends from a service port', [`tcp ${container}:80 > ${remote}:50000 ${own}`], []],
    ['a connection to a container, translated', [`tcp ${remote}:50000 > ${own}:80 ${remote}`], []],
    ['a connection that we pass on and do not translate', [`tcp ${remote}:50000 > 192.0.2.77:80`], []],
    ['a connection to ourselves', [`tcp ${own}:50000 > 172.17.0.1:80`], []],
    ['what goes to a group or to everybody', [`udp ${own}:50000 > 224.0.0.251:5353`, `udp ${own}:68 > 255.255.255.255:67`], []],
  ])('%s', (_, flows, contacted) => {
    const outbound = new Outbound(self);
    for (const flow of flows) outbound.flow(flowOf(flow));
    expect(outbound.contacted).toEqual(contacted);
  });
});

describe('sockets', () => {
  const socket = (port: number, change: Partial<Parameters<Outbound['socket']>[0]> = {}) => ({
    listening: false,
    incoming: false,
    address: own,
    port,
    remote,
    remotePort: 443,
    ...change,
  });
  test.each<[string, Parameters<Outbound['socket']>[0][], string[]]>([
    ['a connection from an ephemeral port', [socket(50_000)], [remote]],
    ['a connection to a service', [socket(22)], []],
    ['a connection to a service at an ephemeral port', [socket(40_022)], []],
    ['a connection to a low port that nobody listens at any more', [socket(8080)], []],
    ['one that is being accepted', [socket(50_000, { incoming: true })], []],
    ['data that somebody connected to us has asked for', [socket(50_000), socket(22)], []],
    ['a connection to a transparent proxy, whose own address is not ours', [socket(50_000, { address: '203.0.113.99' })], []],
    ['a connection within this machine', [socket(50_000, { remote: own })], []],
    ['a connection through loopback', [socket(50_000, { address: '127.0.0.1' })], []],
  ])('%s', (_, sockets, contacted) => {
    const outbound = new Outbound(self);
    for (const one of sockets) outbound.socket(one);
    expect(outbound.contacted).toEqual(contacted);
  });
});
