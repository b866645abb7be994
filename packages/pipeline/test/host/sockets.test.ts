import { expect, test } from 'vitest';
import { parseSocket } from '../../src/host/sockets.ts';

const tail = '00000000:00000000 00:00000000 00000000     0        0 39481 1 000000009422f3db 100 0 0 10 0';
test.each([
  ['TCP', `   1: 010712C6:0019 00000000:0000 0A ${tail}`, ['198.18.7.1', 25, '0.0.0.0', 0, true, false]],
  ['TCP', `   2: 010712C6:D446 020712C6:01BB 01 ${tail}`, ['198.18.7.1', 54342, '198.18.7.2', 443, false, false]],
  ['TCP', `   2: 010712C6:0019 020712C6:D446 03 ${tail}`, ['198.18.7.1', 25, '198.18.7.2', 54342, false, true]],
  ['TCP', `   2: 010712C6:0019 020712C6:D446 0C ${tail}`, ['198.18.7.1', 25, '198.18.7.2', 54342, false, true]],
  ['TCP', `   0: ${'0'.repeat(32)}:1F56 ${'0'.repeat(32)}:0000 0A ${tail}`, ['::', 8022, '::', 0, true, false]],
  [
    'TCP',
    `   3: 0000000000000000FFFF0000010712C6:1F56 0000000000000000FFFF0000020712C6:E94E 01 ${tail}`,
    ['198.18.7.1', 8022, '198.18.7.2', 59726, false, false],
  ],
  ['UDP', `14252: 00000000:CA6C 00000000:0000 07 ${tail}`, ['0.0.0.0', 51820, '0.0.0.0', 0, true, false]],
  ['UDP', `10054: 010712C6:BA06 020712C6:0035 01 ${tail}`, ['198.18.7.1', 47622, '198.18.7.2', 53, false, false]],
] as const)('%s %s', (proto, line, [address, port, remote, remotePort, listening, incoming]) => {
  expect(parseSocket(line, proto, true)).toEqual({ address, port, remote, remotePort, listening, incoming });
});

test.each([
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  `   1: 010712C6:0019 00000000:0000 ZZ ${tail}`,
  `   1: 010712C:0019 00000000:0000 0A ${tail}`,
  '   1: 010712C6:0019',
  '',
])('%s is no socket', (line) => {
  expect(parseSocket(line, 'TCP', true)).toBeNull();
});
