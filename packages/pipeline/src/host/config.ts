import { z } from 'zod';

/** What a host tells about itself. */
export const hostFactsConfig = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'Whether this host finds out its own addresses, gateways, resolvers, listening ports and the remotes it contacted, and stores them: what must never be banned. `false`: nothing is read or stored.',
    ),
  interval_seconds: z
    .int()
    .min(5)
    .max(3600)
    .default(60)
    .describe('How often it looks. What changed is published at most once a minute, and all of it once an hour.'),
  contacted: z
    .enum(['conntrack', 'sockets', 'none'])
    .default('conntrack')
    .describe(
      'How it finds the remotes this host contacted: by the kernel’s connection tracking where that is readable (else as `sockets`), by the TCP connections that are open when it looks, or not at all.',
    ),
  remember_days: z
    .int()
    .min(1)
    .max(90)
    .default(7)
    .describe('Days for which a contacted remote is remembered after it was last seen; at most 20,000 are.'),
});

export type HostFactsConfig = z.infer<typeof hostFactsConfig>;
