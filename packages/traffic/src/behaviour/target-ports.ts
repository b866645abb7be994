import { isLogged, type OwnHost } from '../own-hosts.ts';
import type { Random } from '../random.ts';

/** What scanners ask for first. */
export const favourites: readonly number[] = [
  23, 22, 445, 3389, 80, 8080, 443, 6379, 1433, 2323, 5900, 25, 21, 8443, 3306, 81, 5555, 7547, 8888, 2222, 5432, 8081, 9200,
  27017, 2375, 5060, 8000, 110, 143, 139, 135, 53, 111, 993, 995, 465, 587, 1080, 3128, 8123, 8545, 8291, 8088, 8008, 9000, 9090,
  10000, 11211, 37777, 49152, 50070, 60001, 7001, 5984, 5000, 4444, 3000, 2049, 1723, 1521, 873, 631,
];

/** UDP services that answer strangers, with the bytes that a probe carries. */
export const udpServices: readonly (readonly [port: number, data: number])[] = [
  [53, 30],
  [69, 20],
  [111, 40],
  [123, 12],
  [123, 48],
  [137, 50],
  [161, 43],
  [389, 52],
  [443, 1228],
  [500, 192],
  [623, 23],
  [1194, 14],
  [1434, 1],
  [1900, 97],
  [3283, 4],
  [3478, 20],
  [3702, 639],
  [5060, 412],
  [5351, 2],
  [5353, 46],
  [5683, 21],
  [6881, 101],
  [10001, 4],
  [11211, 15],
  [17185, 64],
  [27015, 25],
  [37810, 32],
  [47808, 17],
];

/** What a bot tries: a service's ports with how often each is tried, and how common the family is among bots. */
export const botFamilies: readonly { readonly weight: number; readonly windows: boolean; readonly ports: readonly number[] }[] = [
  { weight: 0.3, windows: false, ports: [23, 23, 23, 23, 23, 23, 23, 23, 23, 2323] },
  { weight: 0.16, windows: false, ports: [22, 22, 22, 22, 2222] },
  { weight: 0.13, windows: true, ports: [445] },
  { weight: 0.12, windows: true, ports: [3389] },
  { weight: 0.06, windows: false, ports: [8080, 80, 8080, 81] },
  { weight: 0.05, windows: true, ports: [1433] },
  { weight: 0.04, windows: false, ports: [6379] },
  { weight: 0.04, windows: false, ports: [5555] },
  { weight: 0.03, windows: false, ports: [7547, 5358] },
  { weight: 0.03, windows: false, ports: [3306] },
  { weight: 0.02, windows: false, ports: [5432] },
  { weight: 0.02, windows: false, ports: [37215, 52869] },
];

/** A walk over many ports: the favourites first (or not), then a fixed stride through all of them. Never a port that leaves no line. */
export function portWalk(random: Random, favouritesFirst: boolean): (host: OwnHost) => number {
  const offset = random.below(65536);
  const stride = random.below(32768) * 2 + 1; // odd, so it meets every port before it repeats one
  const shift = random.below(favourites.length);
  let step = 0;
  return (host) => {
    for (;;) {
      const index = step;
      step += 1;
      const first = favouritesFirst && index < favourites.length;
      const port = first ? favourites[(index * 7 + shift) % favourites.length]! : (offset + index * stride) % 65536;
      if (port !== 0 && isLogged(host, port)) return port;
    }
  };
}
