import { z } from 'zod';

/** Sections that later versions act on; this one checks their form, so that one file serves a whole fleet. */
const later = 'Checked, not acted on in this version.';

const addresses = (description: string) => z.array(z.string()).default([]).describe(`${description} ${later}`);

export const networksConfig = z.strictObject({
  own: addresses('Addresses, CIDRs and host names that are ours: never banned; hosts add what they know of themselves.'),
  allow: addresses('Addresses, CIDRs and host names that are never banned.'),
  resolvers: addresses('Our resolvers: never banned; their late answers never count.'),
  bannable: addresses('Reserved ranges that may be banned here all the same (an internal firewall, a test).'),
});

export const suggestConfig = z.strictObject({
  mode: z.enum(['propose', 'auto']).default('propose').describe(`Whether bans wait for a person. ${later}`),
  policy: z.record(z.string(), z.unknown()).default({}).describe(`Bars and weights of the policy. ${later}`),
});

export const enforceConfig = z.strictObject({
  enabled: z.boolean().default(false).describe(`Whether this host's firewall is touched at all. ${later}`),
  backend: z
    .enum(['auto', 'nftables', 'ipset', 'iptables'])
    .default('auto')
    .describe(`What holds the bans in the kernel. ${later}`),
  mode: z.enum(['dry-run', 'apply']).default('dry-run').describe(`Whether changes are only shown. ${later}`),
  verdict: z.enum(['drop', 'reject']).default('drop').describe(`What happens to a banned packet. ${later}`),
  cut_established: z.boolean().default(false).describe(`Whether a ban also ends running connections. ${later}`),
  limits: z.record(z.string(), z.unknown()).default({}).describe(`Breakers against mass bans. ${later}`),
});
