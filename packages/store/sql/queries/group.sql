-- What counts as one source; $group stands for it. Parameters: ipv6_bits: 128, or 64 for one per IPv6 /64.
if({ipv6_bits:UInt8} = 64 AND NOT src BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'), IPv6CIDRToRange(src, 64).1, src)
