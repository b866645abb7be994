import { readHost } from '@droplens/pipeline';
import type { Configuration } from '../config/schema.ts';
import { ok, unknown, type Finding } from './finding.ts';

const names = {
  addresses: 'own addresses',
  gateways: 'gateways',
  resolvers: 'resolvers',
  listening: 'listening ports',
  contacted: 'contacted remotes',
} as const;

/** What this host can find out about itself, which is never to be banned, and what it cannot, and why. `root` other than `/` is for tests. */
export async function checkHostKnowledge({ host_facts: config }: Configuration, root = '/'): Promise<readonly Finding[]> {
  if (!config.enabled) return [ok('this host finds out nothing about itself (host_facts.enabled is false)')];
  const { facts, contacted, method } = await readHost({ contacted: config.contacted, root });
  const counts = (['addresses', 'gateways', 'resolvers', 'listening'] as const).map(
    (fact) => `${facts[fact].length} ${names[fact]}`,
  );
  if (method !== 'none') counts.push(`${contacted.length} ${names.contacted} right now (${method})`);
  const missing = Object.entries(facts.absent) as [keyof typeof names, string][];
  return [
    ok(`this host knows ${counts.join(', ')}`),
    ...missing.map(([fact, why]) => unknown(`not known, or not all of them: ${names[fact]} of this host; ${why}`)),
  ];
}
