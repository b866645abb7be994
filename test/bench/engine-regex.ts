/**
 * The peer that droplens must beat: the embedded engine reads the log file itself, with one regular expression, into the same tables.
 * Written to be as cheap as we could make it: one pass, one thread, blocks of a million rows, no country, no ledger, no restart.
 * Usage: engine-regex.ts FILE DIRECTORY YEAR; prints JSON on stdout.
 */
import { openEngine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { Registry } from 'prom-client';
import { ask } from './engine-client.ts';

const [file, directory, year] = process.argv.slice(2) as [string, string, string];

const pattern = [
  String.raw`^(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) kernel: (?:\[ *[\d.]+\] )?(.*?) ?IN=(\S*) OUT=(\S*) `, // 1 time 2 host 3 prefix 4 in 5 out
  String.raw`(MAC=\S* )?SRC=(\S+) DST=(\S+) LEN=(\d+) `, // 6 mac 7 src 8 dst 9 length
  String.raw`(?:(TOS=\S+ PREC=\S+ )TTL=(\d+) ID=(\d+) (DF )?|(TC=\d+ )HOPLIMIT=(\d+) (FLOWLBL=\d+ ))PROTO=(\w+) `, // 10–17 ip and protocol
  String.raw`(?:SPT=(\d+) DPT=(\d+) (?:WINDOW=(\d+) (RES=\S+ )((?:[A-Z]+ )*))?|TYPE=(\d+) CODE=(\d+) )?(.*)$`, // 18–25 the rest
].join('');

const quoted = `'${pattern.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const flag = (name: string, bit: number): string => `(position(g[22], '${name}') > 0) * ${bit}`;
const flags = `if(g[22] = 'SYN ', 2, if(g[22] = '', 0, ${flag('FIN', 1)} + ${flag('SYN', 2)} + ${flag('RST', 4)} + ${flag('PSH', 8)} + ${flag('ACK', 16)} + ${flag('URG', 32)} + ${flag('ECE', 64)} + ${flag('CWR', 128)}))`;

const insert = `
INSERT INTO drops_in (position, loaded_at, time, host, prefix, action, in_iface, out_iface, src, dst, proto, src_port, dst_port, length, ttl,
  ip_id, tcp_flags, window, icmp_type, icmp_code, extra, country, asn)
WITH extractGroups(line, ${quoted}) AS g
SELECT 0, now64(3, 'UTC'), parseDateTime(concat('${year} ', g[1]), '%Y %b %e %H:%i:%s', 'UTC'), g[2], g[3], 'deny', g[4], g[5], toIPv6(g[7]), toIPv6(g[8]), g[17],
  toUInt16OrZero(g[18]), toUInt16OrZero(g[19]), toUInt32(g[9]), toUInt8OrZero(if(g[11] = '', g[15], g[11])), toUInt16OrZero(g[12]),
  ${flags}, toUInt16OrZero(g[20]), toUInt8OrZero(g[23]), toUInt8OrZero(g[24]),
  trimRight(concat(g[6], g[10], g[13], g[14], g[16], g[21], g[25])), '', 0
FROM file('${file}', 'LineAsString', 'line String')
WHERE notEmpty(g)
SETTINGS max_threads = 1, max_insert_threads = 1, parallel_view_processing = 0, optimize_on_insert = 0, max_insert_block_size = 1048449,
  min_insert_block_size_rows = 1048449, min_insert_block_size_bytes = 1073741824, async_insert = 0, max_execution_time = 0`;

const engine = await openEngine({ directory, memory_mb: 8192 });
const reporter = createReporter({ registry: new Registry(), level: 'silent' });
const store = new Store({ url: engine.url, ...engine.writer, reporter });
await store.migrate();
const cpu = process.cpuUsage();
const started = performance.now();
await ask(engine, insert);
const used = process.cpuUsage(cpu);
const wallSeconds = (performance.now() - started) / 1000;
const sums = await ask(
  engine,
  `SELECT count(), countIf(proto = 'TCP'), sum(src_port), sum(dst_port), sum(length) FROM drops FORMAT TSV`,
);
const rollups = await ask(engine, `SELECT (SELECT sum(packets) FROM sources_1h), (SELECT sum(packets) FROM ports_1h) FORMAT TSV`);
const [records, tcp, srcPorts, dstPorts, lengths] = sums.trim().split('\t').map(Number);
process.stdout.write(
  JSON.stringify({
    cpuSeconds: (used.user + used.system) / 1e6,
    wallSeconds,
    rssMiB: process.resourceUsage().maxRSS / 1024,
    found: { records, tcp, srcPorts, dstPorts, lengths },
    rollups: rollups.trim().split('\t').map(Number),
  }),
);
await store.close();
await engine.close();
