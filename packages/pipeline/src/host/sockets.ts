import { wordAddress } from './address.ts';

/** One socket of this network namespace. */
export interface Socket {
  /** `TCP`: waits for connections; `UDP`: bound and not connected. */
  readonly listening: boolean;
  /** True for one that was accepted and is not yet known to its program: certainly inbound. */
  readonly incoming: boolean;
  readonly address: string;
  readonly port: number;
  readonly remote: string;
  readonly remotePort: number;
}

// include/net/tcp_states.h; an unconnected UDP socket is printed as TCP_CLOSE
const state = { synReceived: 3, close: 7, listen: 10, newSynReceived: 12 } as const;

const socketLine = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) /;

/** A line of `/proc/net/tcp`, `tcp6`, `udp`, `udp6`; null for the head and for what is no socket. */
export function parseSocket(line: string, proto: 'TCP' | 'UDP', littleEndian: boolean): Socket | null {
  const match = socketLine.exec(line);
  if (match === null) return null;
  const [local = '', localPort = '', far = '', farPort = '', stateText = ''] = match.slice(1);
  const address = wordAddress(local, littleEndian);
  const remote = wordAddress(far, littleEndian);
  if (address === null || remote === null) return null;
  const remotePort = Number.parseInt(farPort, 16);
  const number = Number.parseInt(stateText, 16);
  return {
    listening: proto === 'TCP' ? number === state.listen : number === state.close && remotePort === 0,
    incoming: number === state.synReceived || number === state.newSynReceived,
    address,
    port: Number.parseInt(localPort, 16),
    remote,
    remotePort,
  };
}
