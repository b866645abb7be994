import { Random } from './random.ts';
import { macAddress } from './addresses.ts';

/** One of our machines: where it is, what it serves and how it logs. Documentation addresses (RFC 5737, RFC 3849). */
export interface OwnHost {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly device: string;
  readonly mac: string;
  /** The router in front of it: every packet from outside carries its address. */
  readonly gatewayMac: string;
  /** TCP ports that are open to everybody. */
  readonly open: readonly number[];
  /** Its rule logs before the rule that accepts: visitors of open ports appear in the log as well. */
  readonly logsBeforeAccept: boolean;
  /** The port that the former owner of the address used for file sharing. */
  readonly formerPeerPort: number;
}

/** Our resolvers, our operator's machine and our monitoring: never an attacker, whatever they send. */
export const resolvers: readonly string[] = ['198.51.100.53', '198.51.100.54'];
export const operator = '198.51.100.7';
export const monitors: readonly string[] = ['198.51.100.80', '198.51.100.81', '198.51.100.82'];

interface Role {
  readonly ipv4: string;
  readonly open: readonly number[];
  readonly device: string;
  readonly logsBeforeAccept: boolean;
}

const roles: Readonly<Record<string, Role>> = {
  'web-1': { ipv4: '192.0.2.10', open: [80, 443], device: 'eth0', logsBeforeAccept: false },
  'web-2': { ipv4: '192.0.2.11', open: [80, 443], device: 'eth0', logsBeforeAccept: true },
  mail: { ipv4: '192.0.2.25', open: [25, 465, 587, 993], device: 'eth0', logsBeforeAccept: false },
  db: { ipv4: '192.0.2.30', open: [], device: 'ens3', logsBeforeAccept: false },
};

/** The hosts that log when nobody says otherwise. */
export const defaultHosts: readonly string[] = Object.keys(roles);

/**
 * Our machines by name. `web-1`, `web-2`, `mail` and `db` have their roles; any other name is a web server at an address of its own.
 * At most 150 hosts, each name once; otherwise a RangeError.
 */
export function ownHosts(names: readonly string[]): readonly OwnHost[] {
  if (names.length === 0 || names.length > 150 || new Set(names).size !== names.length) {
    throw new RangeError(`between 1 and 150 different hosts are needed, got ${names.length}`);
  }
  return names.map((name, index) => {
    const known = Object.hasOwn(roles, name) ? roles[name] : undefined;
    const role = known ?? { ipv4: `192.0.2.${100 + index}`, open: [80, 443], device: 'eth0', logsBeforeAccept: false };
    const random = new Random(0, 'host', name);
    const last = role.ipv4.slice(role.ipv4.lastIndexOf('.') + 1);
    return {
      ...role,
      name,
      ipv6: `2001:0db8:0000:0001:0000:0000:0000:${last.padStart(4, '0')}`,
      mac: macAddress(random),
      gatewayMac: '00:00:5e:00:01:0a',
      formerPeerPort: index % 2 === 0 ? 51413 : 6881,
    };
  });
}

/** Whether a TCP SYN to this port leaves a line: it is denied, or logged before it is accepted. */
export function isLogged(host: OwnHost, port: number): boolean {
  return host.logsBeforeAccept || !host.open.includes(port);
}
