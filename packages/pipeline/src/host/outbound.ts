import { isUnicast } from './address.ts';
import type { Flow } from './conntrack.ts';
import type { Socket } from './sockets.ts';

/*
 * Which remotes this host has contacted. Whoever is found here is never banned, so the direction must be certain: an inbound connection
 * makes nobody friendly. Three things make an inbound connection look outbound, and each is ruled out:
 * - the kernel forgot a connection and our server's next packet began a new one: it comes from a port that is, or lately was, served here;
 * - an answer of another port (data of FTP and TFTP, ident): the remote has an inbound connection at the same time;
 * - without connection tracking, a socket does not say who began: then only what comes from an ephemeral port counts.
 */

/** What is known of this host when directions are judged. */
export interface Self {
  /** Whether an address is this host's. */
  readonly own: (address: string) => boolean;
  /** Whether a port is listened on, or lately was. */
  readonly served: (proto: 'TCP' | 'UDP', port: number) => boolean;
  /** First and last of the ports the kernel gives to connections that we begin. */
  readonly ephemeral: readonly [number, number];
}

/** Behind address translation is another machine, whose services are not known: every usual system begins its connections from here up or higher. */
const lowestForwarded = 32_768;

/** Collects flows and sockets of one reading, then says whom this host contacted. */
export class Outbound {
  readonly #self: Self;
  readonly #contacted = new Set<string>();
  readonly #inbound = new Set<string>();

  constructor(self: Self) {
    this.#self = self;
  }

  flow({ proto, original, replyDst }: Flow): void {
    const { own, served } = this.#self;
    const { src, dst, srcPort } = original;
    if (own(dst)) {
      this.#inbound.add(src);
      return;
    }
    const ours = own(src);
    // our own, or of a machine or container behind this one, whose answers come to our address
    if (!isUnicast(dst) || !(ours || own(replyDst))) return;
    if (proto === 'tcp' || proto === 'udp') {
      if (ours ? served(proto === 'tcp' ? 'TCP' : 'UDP', srcPort) : srcPort < lowestForwarded) return;
    }
    this.#contacted.add(dst);
  }

  /** A TCP socket that does not listen. */
  socket({ incoming, address, port, remote }: Socket): void {
    const { own, served, ephemeral } = this.#self;
    if (!own(address) || own(remote) || !isUnicast(remote)) return;
    if (incoming || served('TCP', port)) this.#inbound.add(remote);
    else if (port >= ephemeral[0] && port <= ephemeral[1]) this.#contacted.add(remote);
  }

  /** Whom this host contacted, each once. */
  get contacted(): readonly string[] {
    return [...this.#contacted].filter((address) => !this.#inbound.has(address));
  }
}
