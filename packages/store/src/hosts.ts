import type { Connection } from './connection.ts';
import { shortAddress } from './network.ts';
import { escapeText, timeText } from './row-text.ts';
import { statement } from './sql-files.ts';

/** What a host knows about itself, as `KnownFacts` of `@droplens/transport`. */
export interface HostFacts {
  readonly addresses: readonly {
    readonly address: string;
    /** Bits of the address that are fixed: 32 or 128, fewer when a whole range is the host's. */
    readonly bits: number;
    readonly prefix: number;
    readonly interface: string;
  }[];
  readonly gateways: readonly string[];
  readonly resolvers: readonly string[];
  readonly listening: readonly { readonly proto: 'TCP' | 'UDP'; readonly address: string; readonly port: number }[];
  /** Why a fact is missing or not whole. */
  readonly absent: Readonly<Record<string, string>>;
}

/** What a host knew, and from when until when at least. */
export interface HostState extends HostFacts {
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When it was last found to be so. */
  readonly time: number;
}

/** As `HostRow` of `@droplens/transport`: (host, since) identifies its facts, (host, address) a contacted remote. */
export interface HostInsert {
  readonly host: string;
  readonly since: number;
  readonly time: number;
  readonly facts: Omit<HostFacts, 'absent'> & { readonly absent: Readonly<Partial<Record<string, string>>> };
  readonly contacted: readonly { readonly address: string; readonly last: number }[];
}

/** A remote that hosts began a connection to. */
export interface Contacted {
  readonly address: string;
  readonly hosts: readonly string[];
  /** When any of them was last seen to. */
  readonly last: number;
}

/** Stores what hosts know of themselves, and whom they contacted; the same again changes nothing. */
export async function insertHosts(connection: Connection, rows: readonly HostInsert[], now: number): Promise<void> {
  if (rows.length === 0) return;
  const remotes = rows.flatMap(({ host, contacted }) =>
    contacted.map(({ address, last }) => `${escapeText(address)}\t${escapeText(host)}\t${timeText(last)}\n`),
  );
  const parameters = { loaded_at: now };
  if (remotes.length > 0) {
    const what = `inserting ${remotes.length} contacted remotes`;
    await connection.insert(statement('insert-contacted'), Buffer.from(remotes.join('')), parameters, what);
  }
  const facts = rows.map(({ host, since, time, facts: known }) => `${JSON.stringify({ host, since, time, ...known })}\n`);
  await connection.insert(
    statement('insert-hosts'),
    Buffer.from(facts.join('')),
    parameters,
    `inserting facts of ${rows.length} hosts`,
  );
}

/** What each host knew of itself at a moment (milliseconds since 1970), by name; a host that told nothing before then is not in it. */
export async function hostStates(connection: Connection, at: number): Promise<HostState[]> {
  const rows = await connection.rows<Omit<HostState, 'since' | 'time'> & { began: number; seen: number }>('hosts', {
    at: Math.floor(at),
  });
  return rows.map(({ host, began, seen, addresses, gateways, resolvers, listening, absent }) => ({
    host,
    since: began,
    time: seen,
    addresses: addresses.map((own) => ({ ...own, address: shortAddress(own.address) })),
    gateways: gateways.map(shortAddress),
    resolvers: resolvers.map(shortAddress),
    listening: listening.map((port) => ({ ...port, address: shortAddress(port.address) })),
    absent,
  }));
}

/** Whom hosts contacted since a moment, in the addresses' order. */
export async function contactedRemotes(connection: Connection, since: number): Promise<Contacted[]> {
  const rows = await connection.rows<{ address: string; hosts: string[]; seen: number }>('contacted', {
    since: Math.floor(since),
  });
  return rows.map(({ address, hosts, seen }) => ({ address: shortAddress(address), hosts, last: seen }));
}
