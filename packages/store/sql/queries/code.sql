-- What a packet asked for as one number, as the sets of `sources_1h` have it: protocol number × 65536 + port (for ICMP and ICMPv6 + type);
-- $code stands for it.
toUInt32(toUInt8OrZero(transform(proto, ['TCP', 'UDP', 'ICMP', 'ICMPv6'], ['6', '17', '1', '58'], proto)) * 65536 + dst_port + icmp_type)
