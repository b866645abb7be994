import { z } from 'zod';

/** Where country and AS number of an address come from. */
export const geoConfig = z.strictObject({
  country: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Path of a MaxMind database (.mmdb) with countries: GeoLite2 or DB-IP Country or City, IPinfo. Default: the bundled one',
    ),
  asn: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a MaxMind database (.mmdb) with AS numbers: GeoLite2 or DB-IP ASN, IPinfo. Default: none, so `asn` is 0'),
});

export type GeoConfig = z.infer<typeof geoConfig>;
